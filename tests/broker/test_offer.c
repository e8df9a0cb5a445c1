/* Goal: a desk whose log is behind says what it wants, takes it from whoever is enrolled, and then
 * asks every party anew before it takes a new statement. Method: the desk with a real log (world.h)
 * whose data file is replaced by an older one; what was lost is read from a copy kept aside.
 */
#include "world.h"

#include "base/file.h"
#include "ledger/ledger_offer.h"

static struct world w;
static struct actor ward, other, office;
static struct line line, other_line, office_line;

enum { LOST = 6 };
static struct lost {
    uint8_t statement[4096];
    size_t size;
    char receipt[RECEIPT_SIZE_MAX];
} lost[LOST]; /* leaves of the ward and the other, in turn */
static struct ledger_head newest;
static uint64_t old_size;

static void report(struct actor *a, struct line *l)
{
    struct buf statement;
    uint8_t signature[64];
    world_write(&w, a, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, l, &statement, signature, NULL), 0);
    buf_fini(&statement);
}

/* What its author keeps of a leaf. */
static void remember(uint64_t index, struct lost *to)
{
    struct store_txn *t = NULL;
    struct tree_proof proof;
    struct bytes encoded;
    struct leaf leaf;
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(w.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_leaf(w.ledger, t, index, &encoded), NG_OK);
    CU_ASSERT_EQUAL_FATAL(leaf_decode(encoded, &leaf), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_inclusion(w.ledger, t, index, newest.head.size, &proof), NG_OK);
    CU_ASSERT_EQUAL_FATAL(
        receipt_format(encoded.data, leaf.signature, index,
                       (struct bytes){proof.hashes[0].bytes, proof.count * HASH_SIZE},
                       (struct bytes){(const uint8_t *)newest.note, newest.note_size}, &text),
        NG_OK);
    CU_ASSERT_FATAL(leaf.statement.size <= sizeof(to->statement));
    memcpy(to->statement, leaf.statement.data, leaf.statement.size);
    to->size = leaf.statement.size;
    (void)snprintf(to->receipt, sizeof(to->receipt), "%s", buf_text(&text));
    buf_fini(&text);
    store_end_read(&t);
}

/* An old data file under the desk; six leaves are gone, and the floor with them. */
static void start(void)
{
    struct buf data = BUF_INIT(1u << 28);
    char path[300];
    world_start(&w, 0, 0);
    memset(&ward, 0, sizeof(ward));
    memset(&other, 0, sizeof(other));
    memset(&office, 0, sizeof(office));
    world_enrol(&w, &office, "office", WIRE_ROLE_OFFICE);
    world_enrol(&w, &ward, "P1", WIRE_ROLE_WARD);
    world_enrol(&w, &other, "P2", WIRE_ROLE_WARD);
    world_join(&w, &line, &ward);
    world_join(&w, &other_line, &other);
    old_size = world_size(&w);
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", w.folder);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &data), NG_OK);
    for (unsigned i = 0; i < LOST; i++) {
        report(i % 2 ? &other : &ward, i % 2 ? &other_line : &line);
    }
    CU_ASSERT_EQUAL_FATAL(ledger_head(w.ledger, &newest), NG_OK);
    for (unsigned i = 0; i < LOST; i++) {
        remember(old_size + i, &lost[i]);
    }
    desk_destroy(&w.desk);
    ledger_close(&w.ledger);
    CU_ASSERT_EQUAL_FATAL(file_write(path, data.data, data.size, 0600), NG_OK);
    buf_fini(&data);
    (void)snprintf(path, sizeof(path), "%s/head", w.folder);
    CU_ASSERT_EQUAL_FATAL(unlink(path), 0);
    world_restart(&w);
}

/* Joins, showing this head or none; what the Welcome wants. */
static uint64_t join(struct line *l, const struct actor *a, const char *note, uint64_t *ret_to)
{
    world_connect_as(&w, l, a);
    if (note[0] != '\0' && world_size(&w) >= newest.head.size) {
        l->head = newest.head; /* what the Welcome is proved from, once it can be */
    }
    uint64_t id = world_hello(&w, l, note);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, l, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL_FATAL(m->kind, WIRE_WELCOME);
    const uint64_t from = m->u.welcome.wanted_from;
    *ret_to = m->u.welcome.wanted_to;
    wire_from_broker_destroy(&m);
    return from;
}

static uint64_t offer(struct line *l, unsigned which)
{
    const struct wire_kept kept = {.statement = {lost[which].statement, lost[which].size},
                                   .receipt = lost[which].receipt};
    struct wire_to_broker m = {.kind = WIRE_OFFER};
    m.u.offer.kept = &kept;
    m.u.offer.count = 1;
    return world_send(&w, l, &m);
}

/* Offers; how far the log wants after it. */
static uint64_t offered(struct line *l, unsigned which)
{
    uint64_t id = offer(l, which);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, l, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL_FATAL(m->kind, WIRE_OFFERED);
    const uint64_t to = m->u.offered.to;
    CU_ASSERT_EQUAL(m->u.offered.from, to > 0 ? old_size : 0);
    wire_from_broker_destroy(&m);
    return to;
}

static int try_report(struct actor *a, struct line *l)
{
    struct buf statement;
    uint8_t signature[64];
    struct actor as_now = *a;
    world_write(&w, &as_now, 16, "", (struct bytes){(const uint8_t *)"y", 1}, &statement,
                signature);
    int refusal = world_try(&w, l, &statement, signature, NULL);
    buf_fini(&statement);
    return refusal;
}

static void offers_bring_the_log_back_and_then_every_party_is_asked_anew(void)
{
    uint64_t to = 0;
    start();
    CU_ASSERT_EQUAL(join(&office_line, &office, "", &to), 0); /* nobody knows of anything yet */
    CU_ASSERT_EQUAL(to, 0);
    CU_ASSERT_EQUAL(join(&line, &ward, newest.note, &to), old_size);
    CU_ASSERT_EQUAL(to, newest.head.size);
    const uint64_t parked = world_fetch(&w, &office_line, WIRE_SCOPE_INBOX, old_size, 60000);
    world_turn(&w);
    for (unsigned i = LOST; i-- > 1;) {
        CU_ASSERT_EQUAL(offered(&line, i), newest.head.size);
        CU_ASSERT_EQUAL(offered(&line, i), newest.head.size);
        CU_ASSERT_EQUAL(try_report(&ward, &line), REFUSAL_READ_ONLY);
    }
    CU_ASSERT_EQUAL(world_size(&w), old_size);
    CU_ASSERT_EQUAL(offered(&line, 0), 0);
    struct ledger_head head;
    CU_ASSERT_EQUAL(ledger_head(w.ledger, &head), NG_OK);
    CU_ASSERT_STRING_EQUAL(head.note, newest.note);
    CU_ASSERT_PTR_NULL(ledger_read_only(w.ledger));
    CU_ASSERT_EQUAL(world_error(&w, &office_line, parked), WIRE_ERROR_HELLO_FIRST);
    CU_ASSERT_EQUAL(desk_session_count(w.desk), 0);
    /* Not before all three have shown that they know of no later one. */
    CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk));
    (void)join(&line, &ward, newest.note, &to);
    (void)join(&other_line, &other, newest.note, &to);
    CU_ASSERT_EQUAL(to, 0);
    CU_ASSERT_EQUAL(try_report(&ward, &line), REFUSAL_READ_ONLY);
    world_restart(&w); /* a start anew does not forget it */
    CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk));
    (void)join(&line, &ward, newest.note, &to);
    (void)join(&other_line, &other, newest.note, &to);
    (void)join(&office_line, &office, newest.note, &to);
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    CU_ASSERT_EQUAL(try_report(&ward, &line), 0);
    world_end(&w);
}

static void offers_are_judged_like_every_request(void)
{
    static struct line invited, stranger;
    struct actor guest = {0};
    uint64_t to = 0;
    start();
    world_invite(&w, &guest, "P3", WIRE_ROLE_WARD);
    old_size = world_size(&w); /* the invite is a leaf: the log has gone on beside the lost one */
    world_connect(&w, &stranger, "P1/1");
    uint64_t id = offer(&stranger, 0);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &stranger, id), WIRE_ERROR_HELLO_FIRST);
    world_connect(&w, &invited, "+P3");
    (void)world_hello(&w, &invited, "");
    world_turn(&w);
    id = offer(&invited, 0);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &invited, id), WIRE_ERROR_FORBIDDEN);
    (void)join(&line, &ward, newest.note, &to);
    CU_ASSERT_EQUAL(to, newest.head.size);
    uint64_t ids[WIRE_ASKS_MAX + 1];
    for (unsigned i = 0; i < WIRE_ASKS_MAX + 1; i++) {
        ids[i] = offer(&line, 1 + i % (LOST - 1));
    }
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &line, ids[WIRE_ASKS_MAX - 1]), 0);
    CU_ASSERT_EQUAL(world_error(&w, &line, ids[WIRE_ASKS_MAX]), WIRE_ERROR_BUSY);
    /* All offered that can be: the leaf beside the lost one is there, so the two never meet. */
    for (unsigned i = 1; i < LOST; i++) {
        id = offer(&line, i);
        world_turn(&w);
        struct wire_from_broker *m = world_answer(&w, &line, id);
        wire_from_broker_destroy(&m);
    }
    CU_ASSERT_EQUAL(world_size(&w), old_size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(w.ledger));
    CU_ASSERT_PTR_NOT_NULL(strstr(ledger_read_only(w.ledger), "two different logs"));
    (void)join(&other_line, &other, newest.note, &to);
    CU_ASSERT_EQUAL(to, 0);
    CU_ASSERT_EQUAL(try_report(&ward, &line), REFUSAL_READ_ONLY);
    world_end(&w);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(offers_bring_the_log_back_and_then_every_party_is_asked_anew),
        TEST_CASE(offers_are_judged_like_every_request),
        {0},
    };
    return test_main("offer", cases, argc, argv);
}
