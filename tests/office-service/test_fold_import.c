/* Goal: imports in parts take effect once, at the part that completes them, in any order; what
 * contradicts itself is refused; what stays unfinished is bounded. */
#include "kit.h"

#include "office-service/verdict_row.h"
#include "par/reason.h"

struct part {
    uint8_t id;
    uint32_t number, count;
};

static uint64_t say_part(struct kit *k, struct part part, const char *unit)
{
    const struct wire_act act = {.kind = WIRE_ACT_UNIT,
                                 .u.unit = {.code = unit, .name = unit, .group = "ward"}};
    struct wire_acts acts = {.acts = &act,
                             .count = 1,
                             .has_part = true,
                             .part_number = part.number,
                             .part_count = part.count};
    memset(acts.import_id, part.id, sizeof acts.import_id);
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
    uint64_t index = kit_payload(k, "OFFICE", WIRE_KIND_UNITS, buf_bytes(&payload));
    buf_fini(&payload);
    return index;
}

static void open_town(struct kit *k)
{
    kit_open(k);
    kit_set(k, KIT_YEAR, "ward", "I,,field,Một,,10,points,,,\n");
}

static size_t records(const struct kit *k, enum state_table table)
{
    struct state_key key = state_key(table);
    struct kv_walk w;
    struct bytes found;
    struct bytes value;
    size_t count = 0;
    kv_walk_begin(&w, &k->memory.kv, STATE_KEY(key));
    while (kv_walk_next(&w, &found, &value) == NG_OK) {
        count++;
    }
    return count;
}

static void parts_take_effect_at_the_last_in_any_order(void)
{
    struct kit k;
    open_town(&k);
    CU_ASSERT_EQUAL(kit_reason(&k, say_part(&k, (struct part){1, 3, 3}, "P3")), -1);
    CU_ASSERT_EQUAL(kit_reason(&k, say_part(&k, (struct part){1, 1, 3}, "P1")), -1);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "");
    CU_ASSERT_EQUAL(kit_reason(&k, say_part(&k, (struct part){1, 2, 3}, "P2")), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE),
                           "- P1 missing; - P2 missing; - P3 missing");
    CU_ASSERT_EQUAL(records(&k, STATE_IMPORT) + records(&k, STATE_IMPORT_PART), 0);
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_part_twice_changes_nothing_and_another_in_its_place_is_refused(void)
{
    struct kit k;
    open_town(&k);
    say_part(&k, (struct part){1, 1, 2}, "P1");
    CU_ASSERT_EQUAL(kit_reason(&k, say_part(&k, (struct part){1, 1, 2}, "P1")), -1);
    CU_ASSERT_EQUAL(kit_reason(&k, say_part(&k, (struct part){1, 1, 2}, "P4")),
                    REASON_IMPORT_INCOMPLETE);
    CU_ASSERT_EQUAL(kit_reason(&k, say_part(&k, (struct part){1, 2, 3}, "P4")),
                    REASON_IMPORT_INCOMPLETE);
    CU_ASSERT_EQUAL(kit_reason(&k, say_part(&k, (struct part){1, 2, 2}, "P2")), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "- P1 missing; - P2 missing");
    kit_close(&k);
}

static void impossible_parts_are_refused(void)
{
    struct kit k;
    open_town(&k);
    static const struct part wrong[] = {
        {1, 0, 2}, {1, 3, 2}, {1, 1, 0}, {1, 1, 1025}, {1, UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int reason = kit_reason(&k, say_part(&k, wrong[i], "P1"));
        CU_ASSERT_TRUE(reason == REASON_IMPORT_INCOMPLETE || reason == REASON_UNREADABLE);
    }
    CU_ASSERT_EQUAL(records(&k, STATE_IMPORT) + records(&k, STATE_IMPORT_PART), 0);
    kit_close(&k);
}

static void unfinished_imports_are_bounded_the_oldest_goes(void)
{
    struct kit k;
    open_town(&k);
    for (uint8_t id = 1; id <= 20; id++) {
        say_part(&k, (struct part){id, 1, 2}, "P1");
    }
    CU_ASSERT_EQUAL(records(&k, STATE_IMPORT), 8);
    CU_ASSERT_EQUAL(records(&k, STATE_IMPORT_PART), 8);
    CU_ASSERT_EQUAL(kit_reason(&k, say_part(&k, (struct part){20, 2, 2}, "P2")), REASON_FINE);
    kit_assert_replays(&k);
    kit_close(&k);
}

/* A set whose nodes come in two statements. */
static void a_set_may_come_in_parts(void)
{
    struct kit k;
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    const struct wire_act first[] = {
        {.kind = WIRE_ACT_CRITERIA,
         .u.criteria = {.set = "X", .year = KIT_YEAR, .group = "ward", .rounding = 2, .nodes = 2}},
        {.kind = WIRE_ACT_NODE,
         .u.node = {.code = "I",
                    .level = "field",
                    .name_vi = "x",
                    .max_points = "4",
                    .method = "points"}}};
    const struct wire_act second[] = {{.kind = WIRE_ACT_NODE,
                                       .u.node = {.code = "II",
                                                  .level = "field",
                                                  .name_vi = "y",
                                                  .max_points = "6",
                                                  .method = "points"}}};
    struct wire_acts acts = {
        .acts = first, .count = 2, .has_part = true, .part_number = 1, .part_count = 2};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
    uint64_t index = kit_payload(&k, "OFFICE", WIRE_KIND_CRITERIA, buf_bytes(&payload));
    CU_ASSERT_EQUAL(kit_reason(&k, index), -1);
    acts.acts = second;
    acts.count = 1;
    acts.part_number = 2;
    buf_clear(&payload);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
    index = kit_payload(&k, "OFFICE", WIRE_KIND_CRITERIA, buf_bytes(&payload));
    CU_ASSERT_EQUAL(kit_reason(&k, index), REASON_FINE);
    kit_value(&k, "P1", "II", "3");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/10 partial");
    buf_fini(&payload);
    kit_assert_replays(&k);
    kit_close(&k);
}

static uint64_t say_report_part(struct kit *k, uint32_t number, const struct wire_act *acts,
                                size_t count)
{
    struct wire_acts part = {
        .acts = acts, .count = count, .has_part = true, .part_number = number, .part_count = 2};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&part, &payload), NG_OK);
    uint64_t index = kit_payload(k, "P1", WIRE_KIND_REPORT, buf_bytes(&payload));
    buf_fini(&payload);
    return index;
}

/* One verdict, on the leaf of the last part; acts are counted through all parts. */
static void a_report_in_parts_is_judged_once_at_its_last(void)
{
    struct kit k;
    open_town(&k);
    kit_unit(&k, "P1", "ward", "", "");
    struct wire_act acts[2] = {{.kind = WIRE_ACT_REPORT}, {.kind = WIRE_ACT_REPORT}};
    acts[0].u.report = (struct wire_report){.year = KIT_YEAR, .code = "I", .value = "4"};
    acts[1].u.report = (struct wire_report){.year = KIT_YEAR, .code = "none", .value = "4"};
    uint64_t first = say_report_part(&k, 1, acts, 2);
    CU_ASSERT_EQUAL(kit_reason(&k, first), -1);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "- P1 missing");
    uint64_t last = say_report_part(&k, 2, &acts[1], 1);
    CU_ASSERT_EQUAL(kit_reason(&k, first), -1);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 4/10 complete");

    struct verdict_row row;
    struct wire_acts *said = NULL;
    CU_ASSERT_EQUAL_FATAL(verdict_row_get(&k.memory.kv, last, 0, &row), NG_OK);
    CU_ASSERT_EQUAL_FATAL(wire_acts_decode(row.payload, &said), NG_OK);
    const struct wire_verdict *verdict = &said->acts[0].u.verdict;
    CU_ASSERT_EQUAL(verdict->accepted, 1);
    CU_ASSERT_EQUAL_FATAL(verdict->finding_count, 2);
    CU_ASSERT_EQUAL(verdict->findings[0].act, 2);
    CU_ASSERT_EQUAL(verdict->findings[1].act, 3);
    wire_acts_destroy(&said);
    kit_assert_replays(&k);
    kit_close(&k);
}

/* 300 of 512 acts refused: a verdict of two parts, each owed until the log has it. */
static void a_verdict_of_many_findings_comes_in_parts(void)
{
    struct kit k;
    open_town(&k);
    kit_unit(&k, "P1", "ward", "", "");
    struct wire_act acts[WIRE_ACTS_MAX];
    char codes[WIRE_ACTS_MAX][8];
    for (uint32_t i = 0; i < WIRE_ACTS_MAX; i++) {
        (void)snprintf(codes[i], sizeof codes[i], "n%lu", (unsigned long)i);
        acts[i] = (struct wire_act){.kind = WIRE_ACT_REPORT};
        acts[i].u.report = (struct wire_report){.year = KIT_YEAR, .code = codes[i], .value = "4"};
    }
    acts[0].u.report.code = "I";
    (void)say_report_part(&k, 1, acts, WIRE_ACTS_MAX);
    uint64_t last = say_report_part(&k, 2, &acts[1], 45);
    static const struct {
        uint32_t accepted, first, findings;
    } wanted[] = {{0, 2, 256}, {1, 258, 44}};
    for (uint32_t part = 0; part < 2; part++) {
        struct verdict_row row;
        struct wire_acts *said = NULL;
        uint64_t owed;
        CU_ASSERT_EQUAL_FATAL(verdict_row_get(&k.memory.kv, last, part, &row), NG_OK);
        CU_ASSERT_EQUAL_FATAL(wire_acts_decode(row.payload, &said), NG_OK);
        const struct wire_verdict *v = &said->acts[0].u.verdict;
        CU_ASSERT_EQUAL(v->part, part);
        CU_ASSERT_EQUAL(v->more, part == 0);
        CU_ASSERT_EQUAL(v->accepted, wanted[part].accepted);
        CU_ASSERT_EQUAL(v->finding_count, wanted[part].findings);
        CU_ASSERT_EQUAL(v->findings[0].act, wanted[part].first);
        CU_ASSERT_EQUAL(verdict_row_owed(&k.memory.kv, last, &owed), NG_OK);
        CU_ASSERT_EQUAL(kit_act(&k, "OFFICE", WIRE_KIND_VERDICT, said->acts[0]), k.count - 1);
        CU_ASSERT_EQUAL(verdict_row_owed(&k.memory.kv, last, &owed),
                        part == 0 ? NG_OK : NG_ERR_NOT_FOUND);
        wire_acts_destroy(&said);
    }
    kit_assert_replays(&k);
    kit_close(&k);
}

static const struct test_case cases[] = {
    TEST_CASE(parts_take_effect_at_the_last_in_any_order),
    TEST_CASE(a_part_twice_changes_nothing_and_another_in_its_place_is_refused),
    TEST_CASE(impossible_parts_are_refused),
    TEST_CASE(unfinished_imports_are_bounded_the_oldest_goes),
    TEST_CASE(a_set_may_come_in_parts),
    TEST_CASE(a_report_in_parts_is_judged_once_at_its_last),
    TEST_CASE(a_verdict_of_many_findings_comes_in_parts),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fold_import", cases, argc, argv);
}
