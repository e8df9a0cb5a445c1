/* Goal: nothing a broker says counts unless it is proved, and a person is told once, with evidence.
 *
 * Method: a settled world, in which the model broker begins to lie in one way; then it is honest
 * again and everything must arrive. Also here: copies of a data folder, a broker that forgot, keys
 * that are frozen, statements that can never be taken. */
#include "harness.h"
#include "world.h"

#include "base/file.h"
#include "base/log.h"
#include "party/alarm.h"
#include "party/tables.h"
#include "party/witness.h"

#define WARD 1

static char folder[200];
static struct world *world;

static void begin(void)
{
    test_folder(folder, sizeof(folder));
    world = world_new_model(folder, 4711);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 1;"), NG_OK);
    CU_ASSERT_EQUAL(world_author(world, 0, "*", "office 1;"), NG_OK);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 2;"), NG_OK);
    CU_ASSERT_FATAL(world_settle(world, 60000));
}

static void end(void)
{
    CU_ASSERT_EQUAL(world->failed, NG_OK);
    CU_ASSERT_FALSE(world->model->fails);
    world_destroy(&world);
    test_remove_folder(folder);
}

static enum ng_err note_alarm(void *context, int64_t at_ms, const char *text)
{
    (void)at_ms;
    (void)snprintf(context, 512, "%s", text);
    return NG_OK;
}

/* The ward's alarms: exactly one, whose text contains this. */
static void expect_alarm(const char *part)
{
    char text[512] = "";
    CU_ASSERT_EQUAL(world_status(world, WARD).alarm_count, 1);
    CU_ASSERT_EQUAL(party_alarms(world->parties[WARD].party, note_alarm, text), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
}

/* While the broker lies the ward's statement stays in the outbox; afterwards it is delivered. */
static void survives(enum model_lie lie, const char *alarm)
{
    begin();
    world_cut(world, WARD);
    world->model->lie = lie;
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 3;"), NG_OK);
    world_pass(world, 60000);
    struct party_status s = world_status(world, WARD);
    struct party_own own;
    CU_ASSERT_EQUAL(s.outbox, 1);
    CU_ASSERT_EQUAL(party_own_get(world->parties[WARD].party, 3, &own, NULL, NULL), NG_OK);
    CU_ASSERT_FALSE(own.delivered);
    expect_alarm(alarm);
    world->model->lie = MODEL_HONEST;
    CU_ASSERT(world_settle(world, 30 * 60000));
    s = world_status(world, WARD);
    CU_ASSERT_EQUAL(s.outbox, 0);
    CU_ASSERT_EQUAL(s.alarm_count, 1);
    end();
}

static void witness_refuses_a_receipt_with_a_wrong_proof(void)
{
    survives(MODEL_WRONG_INCLUSION, "receipt");
}

static void witness_refuses_a_receipt_for_another_leaf(void)
{
    survives(MODEL_OTHER_LEAF, "receipt");
}

static void witness_refuses_an_unsigned_head(void)
{
    survives(MODEL_WRONG_SIGNATURE, "did not sign");
}

static void witness_refuses_a_head_that_does_not_extend_the_last(void)
{
    survives(MODEL_WRONG_CONSISTENCY, "does not continue");
}

static void uplink_accuses_a_broker_that_forgot_what_it_acknowledged(void)
{
    survives(MODEL_LOW_WATER, "gave receipts for");
}

/* The office says something to everyone while the broker's clock is off by so much. */
static uint32_t alarms_with_a_clock_off(size_t reader, int64_t off_ms)
{
    begin();
    world_pass(world, 60000);
    world->broker_clock_ms = off_ms;
    world_pass(world, 30 * 60000); /* what it dated before is not later than what it dates now */
    CU_ASSERT_EQUAL(world_author(world, 0, "*", "office 2;"), NG_OK);
    CU_ASSERT(world_settle(world, 60000));
    world_pass(world, 60000);
    const uint32_t count = world_status(world, reader).alarm_count;
    if (count > 0) {
        char text[512] = "";
        CU_ASSERT_EQUAL(party_alarms(world->parties[reader].party, note_alarm, text), NG_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "more than five minutes"));
    }
    end();
    return count;
}

static void a_receipt_or_leaf_that_is_dated_off_is_told(void)
{
    static const size_t readers[] = {0, WARD}; /* by its receipt; by its inbox */
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(alarms_with_a_clock_off(readers[i], 0), 0);
        CU_ASSERT_EQUAL(alarms_with_a_clock_off(readers[i], 240000), 0);
        CU_ASSERT_EQUAL(alarms_with_a_clock_off(readers[i], -240000), 0);
        CU_ASSERT_EQUAL(alarms_with_a_clock_off(readers[i], 420000), 1);
        CU_ASSERT_EQUAL(alarms_with_a_clock_off(readers[i], -420000), 1);
    }
}

static void witness_refuses_an_altered_inbox_leaf(void)
{
    begin();
    const uint64_t before = world_status(world, WARD).inbox_next;
    uint64_t index = 0;
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    world->model->lie = MODEL_ALTERED_LEAF;
    CU_ASSERT_EQUAL(world_author(world, 0, "phuong1", "office 2;"), NG_OK);
    world_pass(world, 60000);
    CU_ASSERT_EQUAL(world_status(world, WARD).inbox_next, before);
    CU_ASSERT_EQUAL(party_inbox_next(world->parties[WARD].party, before, &index, &leaf),
                    NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(world_status(world, WARD).alarm_count, 1);
    world->model->lie = MODEL_HONEST;
    CU_ASSERT(world_settle(world, 30 * 60000));
    CU_ASSERT_EQUAL(party_inbox_next(world->parties[WARD].party, before, &index, &leaf), NG_OK);
    buf_fini(&leaf);
    end();
}

static void witness_refuses_a_logged_leaf_that_its_author_did_not_sign(void)
{
    begin();
    const uint64_t before = world_status(world, WARD).inbox_next;
    model_append_unsigned(world->model, "in the tree, but not signed");
    world_pass(world, 60000);
    CU_ASSERT_EQUAL(world_status(world, WARD).inbox_next, before);
    expect_alarm("not signed by its author");
    end();
}

/* A second log under the same key, with another history. */
static struct model *other_history(size_t leaves)
{
    const struct model *honest = world->model;
    struct model *m = model_new(honest->origin, (uint8_t)4711);
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        (void)model_add_party(m, honest->parties[n].code.text, 1, &honest->parties[n].key);
    }
    m->parties[WARD].high_water = honest->parties[WARD].high_water;
    m->parties[WARD].prev = honest->parties[WARD].prev;
    while (m->count < leaves) {
        model_append(m, "another history");
    }
    return m;
}

static void forked_history(size_t leaves, const char *alarm)
{
    begin();
    world_kill(world, WARD);
    struct model *honest = world->model, *other = other_history(leaves);
    world->model = world->broker.self = other;
    world_start(world, WARD);
    world_pass(world, 60000);
    expect_alarm(alarm);
    CU_ASSERT_EQUAL(world_status(world, WARD).head.size, honest->count);
    world->model = world->broker.self = honest;
    model_destroy(&other);
    end();
}

static void witness_finds_two_logs_of_one_size(void)
{
    forked_history(4, "two different logs of 4");
}

static void witness_finds_a_log_that_became_shorter(void)
{
    forked_history(3, "4 were proved before");
}

static void witness_finds_a_longer_log_with_another_past(void)
{
    forked_history(6, "does not continue");
}

static void alarms_keep_what_the_broker_signed(void)
{
    begin();
    world_cut(world, WARD);
    world->model->lie = MODEL_WRONG_CONSISTENCY;
    CU_ASSERT_EQUAL(world_author(world, 0, "", "office 2;"), NG_OK);
    world_pass(world, 60000);
    struct store_txn *t = NULL;
    struct alarm a;
    struct bytes note;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(party_store(world->parties[WARD].party), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(alarm_get(t, 0, &a), NG_OK);
    CU_ASSERT_EQUAL_FATAL(tables_get_bytes(t, TABLES_HEAD, &note), NG_OK);
    CU_ASSERT(a.evidence.size > note.size);
    CU_ASSERT_EQUAL(memcmp(a.evidence.data, note.data, note.size), 0);
    store_end_read(&t);
    end();
}

/* ---- Copies, freezes, void ---- */

static void copy_party(size_t n, const char *to)
{
    char path[400];
    struct identity id;
    CU_ASSERT_EQUAL_FATAL(file_make_folder(to), NG_OK);
    CU_ASSERT_EQUAL_FATAL(identity_load(world->parties[n].folder, &id), NG_OK);
    CU_ASSERT_EQUAL_FATAL(identity_save(to, &id), NG_OK);
    (void)snprintf(path, sizeof(path), "%s/party", to);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(path), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_copy(party_store(world->parties[n].party), path), NG_OK);
}

static void uplink_of_an_old_copy_sends_nothing_and_says_enrol_again(void)
{
    begin();
    char copy[300];
    (void)snprintf(copy, sizeof(copy), "%s/copy", folder);
    copy_party(WARD, copy);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 3;"), NG_OK);
    CU_ASSERT(world_settle(world, 60000));
    world_kill(world, WARD);
    (void)snprintf(world->parties[WARD].folder, sizeof(world->parties[WARD].folder), "%s", copy);
    world_start(world, WARD);
    const size_t before = world->model->count;
    world_pass(world, 60000);
    expect_alarm("old copy");
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 other;"), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "enrol again"));
    /* it still hears what the office says */
    CU_ASSERT_EQUAL(world_author(world, 0, "phuong1", "office 2;"), NG_OK);
    CU_ASSERT(world_settle(world, 60000));
    CU_ASSERT_EQUAL(world->model->count, before + 1);
    /* and is still mute after a restart */
    world_kill(world, WARD);
    world_start(world, WARD);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 other;"), NG_ERR_REFUSED);
    end();
}

/* A copy that wrote on its own before it met the broker: the broker has the same number with other
 * bytes, calls it a fork and freezes the key. */
static void uplink_of_a_fork_goes_mute(void)
{
    begin();
    char copy[300];
    (void)snprintf(copy, sizeof(copy), "%s/copy", folder);
    copy_party(WARD, copy);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 3;"), NG_OK);
    CU_ASSERT(world_settle(world, 60000));
    world_kill(world, WARD);
    (void)snprintf(world->parties[WARD].folder, sizeof(world->parties[WARD].folder), "%s", copy);
    world_start(world, WARD);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 other 3;"), NG_OK);
    world_pass(world, 60000);
    CU_ASSERT_EQUAL(world_status(world, WARD).outbox, 1);
    CU_ASSERT_EQUAL(world_status(world, WARD).delivered, 2);
    expect_alarm("fork");
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 other 4;"), NG_ERR_REFUSED);
    end();
}

static void uplink_speaks_again_when_the_freeze_is_lifted(void)
{
    begin();
    world_cut(world, WARD);
    world->model->parties[WARD].frozen = true;
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 3;"), NG_OK);
    world_pass(world, 60000);
    expect_alarm("frozen");
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 4;"), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(world_status(world, WARD).outbox, 1);
    world->model->parties[WARD].frozen = false;
    CU_ASSERT(world_settle(world, UPLINK_FROZEN_MS + 60000));
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 4;"), NG_OK);
    CU_ASSERT(world_settle(world, 60000));
    end();
}

static void uplink_stops_at_a_statement_that_is_void(void)
{
    begin();
    world->model->refuse = REFUSAL_TO;
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 3;"), NG_OK);
    world_pass(world, 60000);
    expect_alarm("statement 3");
    CU_ASSERT_EQUAL(exchange_uplink(world->parties[WARD].exchange)->state, UPLINK_MUTE);
    /* what is written meanwhile stays safe */
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 4;"), NG_OK);
    CU_ASSERT_EQUAL(world_status(world, WARD).outbox, 2);
    world->model->refuse = REFUSAL_OK;
    end();
}

static void uplink_tells_a_person_when_its_party_was_replaced(void)
{
    begin();
    world_cut(world, WARD);
    world->model->parties[WARD].epoch = 2;
    world_pass(world, 60000);
    expect_alarm("old copy");
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 3;"), NG_ERR_REFUSED);
    end();
}

static void uplink_takes_over_what_the_broker_had_before_the_answer_was_lost(void)
{
    begin();
    world->drop = 1000; /* the frame arrives nowhere from here on … */
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 3;"), NG_OK);
    world_pass(world, 1000);
    CU_ASSERT_EQUAL(world->model->parties[WARD].high_water, 2);
    world->drop = 0;
    world_cut(world, WARD);
    for (int i = 0; i < 100000 && world->model->parties[WARD].high_water < 3; i++) {
        world_pass(world, 1); /* … until the statement is logged; its answer is on the way */
    }
    CU_ASSERT_EQUAL(world_status(world, WARD).delivered, 2);
    world_kill(world, WARD);
    world_start(world, WARD);
    CU_ASSERT(world_settle(world, 60000));
    CU_ASSERT_EQUAL(world_status(world, WARD).delivered, 3);
    CU_ASSERT_EQUAL(world->model->count, 5);
    end();
}

/* A log of one signed leaf under its own head, and a frame that brings a leaf of it. */
struct one_leaf {
    struct witness witness;
    struct buf leaf;
    struct wire_entry entry;
    struct wire_from_broker frame;
};

static void make_one_leaf(struct one_leaf *o, const char *to)
{
    struct key_pair key;
    const uint8_t seed[32] = {7};
    uint8_t signature[KEY_SIGNATURE_SIZE];
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    struct statement s = {
        .author = {"office"}, .epoch = 1, .kind = STATEMENT_FIELD_FIRST, .seq = 1};
    (void)snprintf(s.to.text, sizeof(s.to.text), "%s", to);
    *o = (struct one_leaf){.leaf = BUF_INIT(LEAF_SIZE_MAX)};
    key_from_seed(seed, &key);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &bytes), NG_OK);
    key_sign(&key, buf_bytes(&bytes), signature);
    const struct leaf leaf = {.received_at = 1000,
                              .key = key.public_key,
                              .statement = buf_bytes(&bytes),
                              .signature = signature};
    CU_ASSERT_EQUAL_FATAL(leaf_encode(&leaf, &o->leaf), NG_OK);
    buf_fini(&bytes);
    o->witness.head.size = 1;
    o->witness.head.root = leaf_hash(buf_bytes(&o->leaf));
    o->entry.leaf = buf_bytes(&o->leaf);
    o->frame.u.entries.entries = &o->entry;
    o->frame.u.entries.count = 1;
    o->frame.u.entries.next_index = 1;
}

static void witness_refuses_log_entries_that_are_not_under_the_signed_head(void)
{
    struct one_leaf o;
    struct tree_edge edge = {.size = 0};
    size_t first = 9;
    make_one_leaf(&o, "phuong1");
    o.leaf.data[31] ^= 1; /* the lowest byte of received_at: the signature still holds */
    CU_ASSERT_EQUAL(witness_log(&o.witness, &o.frame, &edge, &first), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(edge.size, 0);
    o.leaf.data[31] ^= 1;
    CU_ASSERT_EQUAL(witness_log(&o.witness, &o.frame, &edge, &first), NG_OK);
    CU_ASSERT(edge.size == 1 && first == 0);
    buf_fini(&o.leaf);
}

static void witness_takes_into_an_inbox_only_what_is_addressed_to_it(void)
{
    static const struct {
        const char *to;
        enum ng_err expected;
    } rows[] = {{"phuong1", NG_OK}, {"*", NG_OK}, {"phuong2", NG_ERR_VERIFY}, {"", NG_ERR_VERIFY}};
    const struct party_code own = {"phuong1"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct one_leaf o;
        size_t first = 9;
        make_one_leaf(&o, rows[i].to);
        CU_ASSERT_EQUAL(witness_inbox(&o.witness, &own, &o.frame, 0, &first), rows[i].expected);
        buf_fini(&o.leaf);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(witness_refuses_a_receipt_with_a_wrong_proof),
        TEST_CASE(witness_refuses_a_receipt_for_another_leaf),
        TEST_CASE(witness_refuses_an_unsigned_head),
        TEST_CASE(witness_refuses_a_head_that_does_not_extend_the_last),
        TEST_CASE(uplink_accuses_a_broker_that_forgot_what_it_acknowledged),
        TEST_CASE(a_receipt_or_leaf_that_is_dated_off_is_told),
        TEST_CASE(witness_refuses_an_altered_inbox_leaf),
        TEST_CASE(witness_refuses_a_logged_leaf_that_its_author_did_not_sign),
        TEST_CASE(witness_refuses_log_entries_that_are_not_under_the_signed_head),
        TEST_CASE(witness_takes_into_an_inbox_only_what_is_addressed_to_it),
        TEST_CASE(witness_finds_two_logs_of_one_size),
        TEST_CASE(witness_finds_a_log_that_became_shorter),
        TEST_CASE(witness_finds_a_longer_log_with_another_past),
        TEST_CASE(alarms_keep_what_the_broker_signed),
        TEST_CASE(uplink_of_an_old_copy_sends_nothing_and_says_enrol_again),
        TEST_CASE(uplink_of_a_fork_goes_mute),
        TEST_CASE(uplink_speaks_again_when_the_freeze_is_lifted),
        TEST_CASE(uplink_stops_at_a_statement_that_is_void),
        TEST_CASE(uplink_tells_a_person_when_its_party_was_replaced),
        TEST_CASE(uplink_takes_over_what_the_broker_had_before_the_answer_was_lost),
        {NULL, NULL}};
    log_init("test_liars", LOG_ERROR + 1);
    return test_main("liars", cases, argc, argv);
}
