/* Goal: whoever holds the log's key cannot bring an old statement back: a leaf that the log's rules
 * forbid is not folded, by the service or by a rebuild, and the words say what was expected.
 *
 * Method: a true log, made by the ledger itself, is fed to a mirror as the party would feed it.
 * Then comes what a dishonest broker would add, each leaf truly signed and in its place in the
 * tree; the head is the party's business (tests/party). */
#include "../ledger/kit.h"

#include "base/buf.h"
#include "ledger/registry.h"
#include "office-service/mirror_in.h"
#include "office-service/mirror_marks.h"
#include "office-service/state.h"

#define LEAVES_MAX 64u

static char folder[200];
static struct kit k;
static struct kit_author office, ward;
static struct mirror *mirror;
static struct buf leaves[LEAVES_MAX]; /* the log as it is told to the mirror */
static uint64_t count;

static void add_bytes(struct bytes leaf)
{
    CU_ASSERT_TRUE_FATAL(count < LEAVES_MAX);
    buf_init(&leaves[count], LEAF_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(buf_add(&leaves[count++], leaf.data, leaf.size), NG_OK);
}

/* What the honest log has more than we. */
static void copy_log(void)
{
    struct store_txn *t = NULL;
    const uint64_t size = kit_size(&k);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(k.ledger), &t), NG_OK);
    for (uint64_t index = count; index < size; index++) {
        struct bytes leaf;
        CU_ASSERT_EQUAL_FATAL(ledger_leaf(k.ledger, t, index, &leaf), NG_OK);
        add_bytes(leaf);
    }
    store_end_read(&t);
}

static enum ng_err feed(void)
{
    const struct party_reader *reader = mirror_reader(mirror);
    struct bytes batch[LEAVES_MAX];
    struct tree_edge edge;
    struct note_head head = {.origin = KIT_ORIGIN, .size = count};
    CU_ASSERT_EQUAL_FATAL(reader->position(reader->context, &edge), NG_OK);
    const uint64_t from = edge.size;
    for (uint64_t i = from; i < count; i++) {
        batch[i - from] = buf_bytes(&leaves[i]);
        const struct hash hash = leaf_hash(batch[i - from]);
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
    }
    return reader->apply(reader->context, batch, count - from, &edge, &head);
}

static uint64_t folded(void)
{
    struct mirror_view v;
    struct state_meta meta = {0};
    CU_ASSERT_EQUAL_FATAL(mirror_view_begin(mirror, &v), NG_OK);
    CU_ASSERT_EQUAL(state_meta_get(mirror_view_state(&v), &meta), NG_OK);
    CU_ASSERT_EQUAL(v.edge.size, meta.applied);
    mirror_view_end(&v);
    return meta.applied;
}

/* The ward has reported three times, and the mirror has read it. */
static void begin(void)
{
    test_folder(folder, sizeof folder);
    kit_begin_with_ward(&k, &office, &ward);
    for (unsigned i = 0; i < 3; i++) {
        (void)kit_report(&k, &ward, 40);
    }
    count = 0;
    copy_log();
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_WRITE, &mirror), NG_OK);
    CU_ASSERT_EQUAL_FATAL(feed(), NG_OK);
    CU_ASSERT_EQUAL(folded(), count);
}

static void end(void)
{
    mirror_close(&mirror);
    while (count > 0) {
        buf_fini(&leaves[--count]);
    }
    kit_end(&k);
    test_remove_folder(folder);
}

static struct leaf newest(void)
{
    struct leaf leaf = {.index = 0};
    CU_ASSERT_EQUAL_FATAL(leaf_decode(buf_bytes(&leaves[count - 1]), &leaf), NG_OK);
    return leaf;
}

/* The broker appends a leaf of its own. */
static void add(struct leaf leaf)
{
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    leaf.index = count;
    CU_ASSERT_EQUAL_FATAL(leaf_encode(&leaf, &encoded), NG_OK);
    add_bytes(buf_bytes(&encoded));
    buf_fini(&encoded);
}

static struct leaf leaf_of(const struct kit_statement *s, const struct kit_author *a)
{
    return (struct leaf){.received_at = newest().received_at,
                         .key = a->key.public_key,
                         .statement = {s->bytes, s->size},
                         .signature = s->signature};
}

/* The mirror names the leaf that was added in this place among the new ones, changes nothing, and
 * goes on when the broker thinks better of it. */
static void expect_refused(size_t accused, const char *words)
{
    const struct party_reader *reader = mirror_reader(mirror);
    const uint64_t before = folded();
    CU_ASSERT_EQUAL(feed(), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), words));
    if (strstr(err_detail(), words) == NULL) {
        (void)fprintf(stderr, "said: %s\n", err_detail());
    }
    CU_ASSERT_EQUAL(reader->accused(reader->context), accused);
    CU_ASSERT_EQUAL(folded(), before);
    CU_ASSERT_EQUAL(mirror_check(mirror), NG_OK);
    while (count > before) {
        buf_fini(&leaves[--count]);
    }
    static struct kit_statement s;
    kit_write(&k, &office, 22, "xa-a", "verdict", 7, &s);
    CU_ASSERT_EQUAL(kit_append(&k, &s).refusal, REFUSAL_OK);
    copy_log();
    CU_ASSERT_EQUAL(feed(), NG_OK);
    CU_ASSERT_EQUAL(reader->accused(reader->context), SIZE_MAX);
}

static void an_old_statement_again_is_refused(void)
{
    begin();
    add(newest());
    expect_refused(0, "statement 4 of xa-a into the log where number 5 was expected");
    for (uint64_t index = 0; index < 8; index++) { /* whatever it is, whoever said it */
        struct leaf leaf;
        CU_ASSERT_EQUAL_FATAL(leaf_decode(buf_bytes(&leaves[index]), &leaf), NG_OK);
        leaf.received_at = newest().received_at;
        add(leaf);
        expect_refused(0, index == 0 ? "statement 1 of log" : "was expected");
    }
    end();
}

static void a_gap_and_a_changed_order_are_refused(void)
{
    static struct kit_statement first, second;
    begin();
    struct kit_author a = ward;
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &first);
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "two", 3, &second);
    add(leaf_of(&second, &ward));
    expect_refused(0, "statement 6 of xa-a into the log where number 5 was expected");
    add(leaf_of(&second, &ward));
    add(leaf_of(&first, &ward));
    expect_refused(0, "where number 5 was expected");
    add(leaf_of(&first, &ward));
    add(leaf_of(&first, &ward));
    expect_refused(1, "statement 5 of xa-a into the log where number 6 was expected");
    end();
}

/* Two statements were written under one number, and the broker keeps the one it likes. */
static void a_statement_that_follows_another_one_is_refused(void)
{
    static struct kit_statement s;
    begin();
    struct kit_author a = ward;
    a.prev.bytes[0] ^= 1;
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &s);
    add(leaf_of(&s, &ward));
    expect_refused(0, "does not name the statement before it");
    end();
}

static void another_key_and_an_unknown_author_are_refused(void)
{
    static struct kit_statement s;
    begin();
    struct kit_author a = ward;
    a.key = office.key;
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &s);
    add(leaf_of(&s, &a));
    expect_refused(0, "another key");
    a = ward;
    (void)snprintf(a.code.text, sizeof a.code.text, "xa-b");
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &s);
    add(leaf_of(&s, &a));
    expect_refused(0, "(author)");
    end();
}

static void an_older_time_is_refused(void)
{
    static struct kit_statement s;
    begin();
    struct kit_author a = ward;
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &s);
    struct leaf leaf = leaf_of(&s, &a);
    leaf.received_at--;
    add(leaf);
    expect_refused(0, "received before");
    end();
}

static void a_key_that_is_over_says_nothing_more(void)
{
    static struct kit_statement s;
    begin();
    struct kit_author old = ward;
    kit_party(&k, &office, "xa-a", WIRE_ROLE_WARD, 11, &ward);
    copy_log();
    CU_ASSERT_EQUAL(feed(), NG_OK);
    struct kit_author a = old;
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &s);
    add(leaf_of(&s, &old));
    expect_refused(0, "(old_epoch)");
    /* The new one goes on from its own first. */
    (void)kit_report(&k, &ward, 3);
    copy_log();
    CU_ASSERT_EQUAL(feed(), NG_OK);
    end();
}

/* An enrolment brings a key: one that no invite stands for would be the broker's own. */
static void an_enrolment_without_an_invite_is_refused(void)
{
    static struct kit_statement s;
    begin();
    kit_invite(&k, &office, "xa-c", WIRE_ROLE_WARD, k.now + 86400000, 20, &s);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &s).refusal, REFUSAL_OK);
    copy_log();
    CU_ASSERT_EQUAL(feed(), NG_OK);
    struct kit_author a = {.epoch = 0};
    kit_enrol(&k, &a, "xa-c", 21, 30, &s);
    add(leaf_of(&s, &a));
    expect_refused(0, "(invite)");
    a = (struct kit_author){.epoch = 0};
    kit_enrol(&k, &a, "xa-c", 20, 31, &s);
    CU_ASSERT_EQUAL(kit_append(&k, &s).refusal, REFUSAL_OK);
    copy_log();
    CU_ASSERT_EQUAL(feed(), NG_OK);
    end();
}

/* Of the kinds that this program knows; a later one may bring others. */
static void what_a_role_may_not_write_is_refused(void)
{
    static const struct {
        const char *to, *words;
        uint32_t kind;
    } wrong[] = {{"", "(kind)", 17}, {"", "(kind)", 2}, {"office", "(to)", 16}};
    static struct kit_statement s;
    begin();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct kit_author a = ward;
        kit_write(&k, &a, wrong[i].kind, wrong[i].to, "x", 1, &s);
        add(leaf_of(&s, &ward));
        expect_refused(0, wrong[i].words);
    }
    struct kit_author a = ward;
    kit_write(&k, &a, 63, "", "x", 1, &s);
    add(leaf_of(&s, &ward));
    CU_ASSERT_EQUAL(feed(), NG_OK);
    end();
}

static enum ng_err log_accuses(uint64_t index, const struct kit_statement *said)
{
    struct wire_fork fork = {.index = index, .statement = {said->bytes, said->size}};
    const struct party_code nobody = {""};
    struct buf payload = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    uint64_t at = 0;
    memcpy(fork.signature, said->signature, sizeof fork.signature);
    CU_ASSERT_EQUAL(wire_fork_encode(&fork, &payload), NG_OK);
    const enum ng_err err =
        ledger_author_log(k.ledger, STATEMENT_FORK, &nobody, buf_bytes(&payload), k.now, &at);
    buf_fini(&payload);
    return err;
}

/* The ward's own word against it, once in its place and once ahead of it. */
static void evidence_of_a_fork_that_proves_none_is_refused(void)
{
    static struct kit_statement s;
    for (int ahead = 0; ahead < 2; ahead++) {
        begin();
        struct kit_author a = ward;
        kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &s);
        if (!ahead) {
            CU_ASSERT_EQUAL_FATAL(kit_append(&k, &s).refusal, REFUSAL_OK);
        }
        CU_ASSERT_EQUAL_FATAL(log_accuses(3, &s), NG_OK);
        copy_log();
        CU_ASSERT_EQUAL(feed(), NG_ERR_VERIFY);
        CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "proves none"));
        end();
    }
}

/* Of an older number than the newest the leaf is looked up: its own bytes, and another number's,
 * prove nothing; other bytes under its number do. */
static void evidence_of_a_fork_further_back_is_held_against_its_leaf(void)
{
    static struct kit_statement said, twin, later;
    for (int i = 0; i < 3; i++) {
        begin();
        struct kit_author a = ward;
        struct kit_author b = ward;
        const uint64_t at = kit_size(&k);
        kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &said);
        kit_write(&k, &b, STATEMENT_FIELD_FIRST, "", "two", 3, &twin);
        kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "three", 5, &later);
        CU_ASSERT_EQUAL_FATAL(kit_append(&k, &said).refusal, REFUSAL_OK);
        CU_ASSERT_EQUAL_FATAL(kit_append(&k, &later).refusal, REFUSAL_OK);
        CU_ASSERT_EQUAL_FATAL(log_accuses(i == 1 ? at + 1 : at, i == 0 ? &said : &twin), NG_OK);
        copy_log();
        CU_ASSERT_EQUAL(feed(), i == 2 ? NG_OK : NG_ERR_VERIFY);
        end();
    }
}

static enum ng_err spoil_leaf(struct store_txn *t, void *context)
{
    const struct store_key_u64 key = store_key_u64(*(const uint64_t *)context);
    return store_put(t, MIRROR_LEAVES, STORE_KEY(key),
                     (struct bytes){(const uint8_t *)"spoilt", 6});
}

/* A leaf that this machine's disk has lost proves nothing against the broker. */
static void damage_here_accuses_nobody(void)
{
    static struct kit_statement said, twin, later;
    begin();
    struct kit_author a = ward;
    struct kit_author b = ward;
    uint64_t at = kit_size(&k);
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "one", 3, &said);
    kit_write(&k, &b, STATEMENT_FIELD_FIRST, "", "two", 3, &twin);
    kit_write(&k, &a, STATEMENT_FIELD_FIRST, "", "three", 5, &later);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &said).refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &later).refusal, REFUSAL_OK);
    copy_log();
    CU_ASSERT_EQUAL_FATAL(feed(), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_write(mirror->store, spoil_leaf, &at), NG_OK);
    CU_ASSERT_EQUAL_FATAL(log_accuses(at, &twin), NG_OK);
    copy_log();
    CU_ASSERT_EQUAL(feed(), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(mirror->accused, SIZE_MAX);
    end();
}

static enum wire_role folded_role(const char *code)
{
    struct mirror_view v;
    struct state_party party = {WIRE_ROLE_NONE, false, 0};
    CU_ASSERT_EQUAL_FATAL(mirror_view_begin(mirror, &v), NG_OK);
    CU_ASSERT_EQUAL(state_party_get(mirror_view_state(&v), code, &party), NG_OK);
    mirror_view_end(&v);
    return party.role;
}

/* Who has a key would else hold the new rights without a new key, and without a confirmation. */
static void a_slip_that_nobody_used_gives_no_role(void)
{
    static struct kit_statement s;
    begin();
    kit_invite(&k, &office, "xa-a", WIRE_ROLE_DEPARTMENT, k.now + 86400000, 20, &s);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &s).refusal, REFUSAL_OK);
    copy_log();
    CU_ASSERT_EQUAL(feed(), NG_OK);
    CU_ASSERT_EQUAL(folded_role("xa-a"), WIRE_ROLE_WARD);
    struct kit_author a = {.epoch = 1};
    kit_enrol(&k, &a, "xa-a", 20, 30, &s);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &s).refusal, REFUSAL_OK);
    copy_log();
    CU_ASSERT_EQUAL(feed(), NG_OK);
    CU_ASSERT_EQUAL(folded_role("xa-a"), WIRE_ROLE_DEPARTMENT);
    end();
}

/* What an earlier program let in is found by whoever folds again. */
static void a_rebuild_judges_too(void)
{
    begin();
    mirror_close(&mirror);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
    add(newest());
    CU_ASSERT_EQUAL(feed(), NG_OK);
    mirror_close(&mirror);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_WRITE, &mirror), NG_OK);
    CU_ASSERT_EQUAL(mirror_check(mirror), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "where number 5 was expected"));
    CU_ASSERT_EQUAL(mirror_rebuild(mirror), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "where number 5 was expected"));
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(an_old_statement_again_is_refused),
    TEST_CASE(a_gap_and_a_changed_order_are_refused),
    TEST_CASE(a_statement_that_follows_another_one_is_refused),
    TEST_CASE(another_key_and_an_unknown_author_are_refused),
    TEST_CASE(an_older_time_is_refused),
    TEST_CASE(a_key_that_is_over_says_nothing_more),
    TEST_CASE(an_enrolment_without_an_invite_is_refused),
    TEST_CASE(what_a_role_may_not_write_is_refused),
    TEST_CASE(evidence_of_a_fork_that_proves_none_is_refused),
    TEST_CASE(evidence_of_a_fork_further_back_is_held_against_its_leaf),
    TEST_CASE(damage_here_accuses_nobody),
    TEST_CASE(a_slip_that_nobody_used_gives_no_role),
    TEST_CASE(a_rebuild_judges_too),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("judge", cases, argc, argv);
}
