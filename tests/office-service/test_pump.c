/* Goal: every owed verdict and every tick is written once, whatever restarts; ticks come only when
 * no other leaf brought the day. Method: a mirror fed with the kit's leaves and a real outbox; what
 * the pump authors is read back from the outbox. */
#include "kit.h"

#include "base/day.h"
#include "office-service/mirror.h"
#include "office-service/pump.h"
#include "party/party.h"
#include "party/tables.h"

static char folder[200];
static struct kit k;
static struct mirror *mirror;
static struct party *party;

static void begin(void)
{
    struct key_pair log;
    struct store *store;
    uint8_t seed[32] = {1};
    struct identity id = {.party = {"OFFICE"},
                          .epoch = 1,
                          .origin = "nganam.example/log",
                          .endpoint = "tcp://127.0.0.1:5570"};
    test_folder(folder, sizeof folder);
    key_from_seed(seed, &log);
    id.log_key = log.public_key;
    statement_log_id(id.origin, id.log_id);
    identity_new_keys(&id);
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT_EQUAL_FATAL(tables_open(folder, true, &store), NG_OK);
    store_close(&store);
    CU_ASSERT_EQUAL_FATAL(party_open(folder, &party), NG_OK);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    kit_set(&k, KIT_YEAR, "ward", "I,,field,x,,10,points,,,\n");
}

static void end(void)
{
    party_close(&party);
    mirror_close(&mirror);
    kit_close(&k);
    test_remove_folder(folder);
}

static void feed(void)
{
    const struct party_reader *reader = mirror_reader(mirror);
    struct tree_edge edge;
    struct note_head head = {.size = k.count};
    CU_ASSERT_EQUAL_FATAL(reader->position(reader->context, &edge), NG_OK);
    uint64_t from = edge.size;
    for (uint64_t i = from; i < k.count; i++) {
        struct hash hash = leaf_hash(k.leaves[i]);
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
    }
    CU_ASSERT_EQUAL_FATAL(
        reader->apply(reader->context, k.leaves + from, k.count - from, &edge, &head), NG_OK);
}

static size_t turn(struct pump *p, int64_t now)
{
    size_t count;
    CU_ASSERT_EQUAL_FATAL(pump_turn(p, mirror, party, now, &count), NG_OK);
    return count;
}

/* The outbox's statement of this number. */
static struct statement said(uint64_t seq, struct buf *bytes)
{
    struct party_own own;
    struct statement s = {0};
    struct buf receipt = BUF_INIT(RECEIPT_SIZE_MAX);
    buf_clear(bytes);
    CU_ASSERT_EQUAL_FATAL(party_own_get(party, seq, &own, bytes, &receipt), NG_OK);
    CU_ASSERT_EQUAL_FATAL(statement_decode(buf_bytes(bytes), &s), NG_OK);
    buf_fini(&receipt);
    return s;
}

static void each_owed_verdict_is_written_once(void)
{
    begin();
    uint64_t first = kit_value(&k, "P1", "I", "4");
    uint64_t second = kit_value(&k, "P1", "I", "11");
    feed();
    struct pump p = {0};
    CU_ASSERT_EQUAL(turn(&p, k.now), 2);
    CU_ASSERT_EQUAL(turn(&p, k.now), 0);
    struct pump restarted = {0};
    CU_ASSERT_EQUAL(turn(&restarted, k.now), 0);
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        struct wire_acts *acts = NULL;
        struct statement s = said(seq, &bytes);
        CU_ASSERT_EQUAL(s.kind, WIRE_KIND_VERDICT);
        CU_ASSERT_STRING_EQUAL(s.to.text, "P1");
        CU_ASSERT_EQUAL_FATAL(wire_acts_decode(s.payload, &acts), NG_OK);
        CU_ASSERT_EQUAL(acts->acts[0].u.verdict.index, seq == 1 ? first : second);
        CU_ASSERT_EQUAL(acts->acts[0].u.verdict.accepted, seq == 1 ? 1 : 0);
        CU_ASSERT_EQUAL(acts->to_seq, seq);
        wire_acts_destroy(&acts);
    }
    /* Back from the log it is owed no more. */
    struct statement s = said(1, &bytes);
    kit_payload(&k, "OFFICE", WIRE_KIND_VERDICT, s.payload);
    uint64_t owed;
    CU_ASSERT_EQUAL_FATAL(verdict_row_owed(&k.memory.kv, 0, &owed), NG_OK);
    CU_ASSERT_EQUAL(owed, second);
    buf_fini(&bytes);
    end();
}

/* A report of 20,000 wrong components: 79 parts, more than a turn takes. */
static void each_part_of_a_long_verdict_is_written_once(void)
{
    static struct wire_act acts[WIRE_ACTS_MAX];
    begin();
    for (size_t i = 0; i < WIRE_ACTS_MAX; i++) {
        acts[i] = (struct wire_act){.kind = WIRE_ACT_REPORT};
        acts[i].u.report = (struct wire_report){.year = KIT_YEAR + (uint32_t)i, .code = "X"};
    }
    for (uint32_t part = 1; part <= 79; part++) {
        struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
        const struct wire_acts all = {.acts = acts,
                                      .count = WIRE_ACTS_MAX,
                                      .has_part = true,
                                      .part_number = part,
                                      .part_count = 79};
        CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&all, &payload), NG_OK);
        kit_payload(&k, "P1", WIRE_KIND_REPORT, buf_bytes(&payload));
        buf_fini(&payload);
    }
    uint64_t next = kit_value(&k, "P1", "I", "4");
    feed();
    struct pump p = {0};
    CU_ASSERT_EQUAL(turn(&p, k.now), 64);
    CU_ASSERT_EQUAL(turn(&p, k.now), 16);
    CU_ASSERT_EQUAL(turn(&p, k.now), 0);
    struct pump restarted = {0};
    CU_ASSERT_EQUAL(turn(&restarted, k.now), 0);
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    for (uint64_t seq = 1; seq <= 80; seq++) {
        struct wire_acts *said_acts = NULL;
        struct statement s = said(seq, &bytes);
        CU_ASSERT_EQUAL_FATAL(wire_acts_decode(s.payload, &said_acts), NG_OK);
        const struct wire_verdict *v = &said_acts->acts[0].u.verdict;
        CU_ASSERT_EQUAL(v->index, seq <= 79 ? next - 1 : next);
        CU_ASSERT_EQUAL(v->part, seq <= 79 ? seq - 1 : 0);
        CU_ASSERT_EQUAL(v->more, seq < 79);
        wire_acts_destroy(&said_acts);
    }
    buf_fini(&bytes);
    end();
}

static void many_verdicts_are_written_turn_by_turn(void)
{
    begin();
    for (int i = 0; i < 150; i++) {
        char value[8];
        (void)snprintf(value, sizeof value, "%d", i % 10);
        kit_value(&k, "P1", "I", value);
    }
    feed();
    struct pump p = {0};
    size_t count = 0;
    size_t turns = 0;
    for (size_t n; (n = turn(&p, k.now)) > 0; turns++) {
        count += n;
    }
    CU_ASSERT_EQUAL(count, 150);
    CU_ASSERT_TRUE(turns > 1);
    end();
}

static void a_tick_is_due_only_when_no_leaf_brought_the_day(void)
{
    int32_t day = day_of_date(2026, 3, 10);
    int64_t midnight = day_start_ms(day + 1);
    CU_ASSERT_EQUAL(pump_tick_day(day, midnight - 1), DAY_NONE);
    CU_ASSERT_EQUAL(pump_tick_day(day, midnight), DAY_NONE); /* the broker's clock may be behind */
    CU_ASSERT_EQUAL(pump_tick_day(day, midnight + 10000), day);
    CU_ASSERT_EQUAL(pump_tick_day(day + 1, midnight + 10000), DAY_NONE);
    CU_ASSERT_EQUAL(pump_tick_day(day, midnight + 5 * DAY_MS + 10000), day + 5);
    CU_ASSERT_EQUAL(pump_tick_day(DAY_NONE, midnight), DAY_NONE);
}

static void each_night_has_one_tick(void)
{
    begin();
    kit_day(&k, "2026-03-10");
    kit_tick(&k);
    feed();
    int64_t midnight = day_start_ms(day_of_date(2026, 3, 11));
    struct pump p = {0};
    CU_ASSERT_EQUAL(turn(&p, midnight - 1), 0);
    CU_ASSERT_EQUAL(turn(&p, midnight + 11000), 1);
    CU_ASSERT_EQUAL(turn(&p, midnight + 12000), 0);
    struct pump restarted = {0};
    CU_ASSERT_EQUAL(turn(&restarted, midnight + 13000), 0);
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    struct wire_acts *acts = NULL;
    struct statement s = said(1, &bytes);
    CU_ASSERT_EQUAL(s.kind, WIRE_KIND_TICK);
    CU_ASSERT_EQUAL_FATAL(wire_acts_decode(s.payload, &acts), NG_OK);
    CU_ASSERT_STRING_EQUAL(acts->acts[0].u.tick_day, "2026-03-10");
    wire_acts_destroy(&acts);
    buf_fini(&bytes);
    /* The broker's clock was behind: the day has not turned an hour later. */
    CU_ASSERT_EQUAL(turn(&p, midnight + 3600000 + 13000), 1);
    k.now = midnight + 3600000 + 14000; /* now it has */
    kit_tick(&k);
    feed();
    CU_ASSERT_EQUAL(turn(&p, midnight + 2 * 3600000 + 20000), 0);
    CU_ASSERT_EQUAL(turn(&p, midnight + DAY_MS + 11000), 1); /* the next night */
    end();
}

static void it_rests_after_it_wrote(void)
{
    struct pump p = {0};
    const struct mono now = {1000};
    CU_ASSERT_EQUAL(pump_wait_ms(&p, now, 0), 0); /* what an earlier process left owed */
    pump_rest(&p, now, 7, 1);
    CU_ASSERT_EQUAL(pump_wait_ms(&p, now, 8), PUMP_REST_MS); /* the next leaf's verdict waits */
    CU_ASSERT_EQUAL(pump_wait_ms(&p, clock_after(now, PUMP_REST_MS - 1), 30), 1);
    CU_ASSERT_EQUAL(pump_wait_ms(&p, clock_after(now, PUMP_REST_MS), 30), 0);
    /* Nothing new: the clock alone makes it look. */
    CU_ASSERT_EQUAL(pump_wait_ms(&p, clock_after(now, PUMP_REST_MS), 7),
                    PUMP_LOOK_MS - PUMP_REST_MS);
    CU_ASSERT_EQUAL(pump_wait_ms(&p, clock_after(now, PUMP_LOOK_MS), 7), 0);
    /* It found nothing owed: the next leaf's verdict is written at once. */
    pump_rest(&p, now, 8, 0);
    CU_ASSERT_EQUAL(pump_wait_ms(&p, now, 8), PUMP_LOOK_MS);
    CU_ASSERT_EQUAL(pump_wait_ms(&p, now, 9), 0);
}

static void it_does_not_rest_with_a_full_batch_behind(void)
{
    struct pump p = {0};
    const struct mono now = {1000};
    pump_rest(&p, now, 7, 64);
    CU_ASSERT_EQUAL(pump_wait_ms(&p, now, 7), 0);
    pump_rest(&p, now, 7, 63);
    CU_ASSERT_EQUAL(pump_wait_ms(&p, now, 7), PUMP_LOOK_MS);
}

static const struct test_case cases[] = {
    TEST_CASE(each_owed_verdict_is_written_once),
    TEST_CASE(each_part_of_a_long_verdict_is_written_once),
    TEST_CASE(many_verdicts_are_written_turn_by_turn),
    TEST_CASE(a_tick_is_due_only_when_no_leaf_brought_the_day),
    TEST_CASE(each_night_has_one_tick),
    TEST_CASE(it_rests_after_it_wrote),
    TEST_CASE(it_does_not_rest_with_a_full_batch_behind),
    {0},
};

int main(int argc, char **argv)
{
    if (key_init()) {
        return EXIT_FAILURE;
    }
    return test_main("pump", cases, argc, argv);
}
