/* Goal: a unit belongs to its group by dates: boards of earlier years stay as they were, tasks of a
 * group follow the membership on their days. Method: stories told as leaves on given days. */
#include "kit.h"

#include "office-service/explain.h"
#include "par/reason.h"

static const char set_lines[] = "1,,field,A,,6,points,,,\n"
                                "2,,field,B,,4,tasks,>=100:4|>=50:2|:0,none=rescale,\n";

static void say(struct kit *k, uint32_t year, const char *unit, const char *value)
{
    const struct wire_act act = {.kind = WIRE_ACT_REPORT,
                                 .u.report = {.year = year, .code = "1", .value = value}};
    CU_ASSERT_EQUAL(kit_reason(k, kit_act(k, unit, WIRE_KIND_REPORT, act)), REASON_FINE);
}

/* Sets of 2024 to 2027 for two groups; P1 and P2 are wards. */
static void open_town(struct kit *k)
{
    kit_open(k);
    for (uint32_t year = 2024; year <= 2027; year++) {
        kit_set(k, year, "ward", set_lines);
        kit_set(k, year, "department", set_lines);
    }
    kit_unit(k, "P1", "ward", "", "");
    kit_unit(k, "P2", "ward", "", "");
}

#define BOARD(year, group) kit_board_of(&k, year, group, BASIS_LIVE)
#define TASKS(year, group, unit) kit_tasks_of(&k, year, group, unit)

static void a_change_without_a_date_holds_from_its_day(void)
{
    struct kit k;
    open_town(&k);
    say(&k, 2025, "P1", "5");
    kit_day(&k, "2026-07-10");
    kit_unit(&k, "P1", "department", "", "");
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "ward"), "1 P1 5/6 complete; - P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "department"), "");
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "ward"), "- P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "department"), "- P1 missing");
    say(&k, 2025, "P1", "4"); /* a late correction of last year finds last year's board */
    say(&k, 2026, "P1", "3");
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "ward"), "1 P1 4/6 complete; - P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "department"), "1 P1 3/6 complete");
    kit_unit(&k, "P1", "ward", "", ""); /* a slip of the pen, mended the same day */
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "department"), "");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_change_with_a_date_holds_from_that_date(void)
{
    struct kit k;
    open_town(&k);
    kit_unit(&k, "P1", "department", "2025-03-01", "");
    CU_ASSERT_STRING_EQUAL(BOARD(2024, "ward"), "- P1 missing; - P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "ward"), "- P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "department"), "- P1 missing");
    kit_unit(&k, "P1", "department", "2026-01-01", ""); /* corrected */
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "ward"), "- P1 missing; - P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "department"), "- P1 missing");
    kit_unit(&k, "P1", "ward", "2027-01-01", ""); /* announced for next year */
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "department"), "- P1 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2027, "ward"), "- P1 missing; - P2 missing");
    kit_unit(&k, "P1", "ward", "2020-01-01", ""); /* it was a ward all the time */
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "ward"), "- P1 missing; - P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "department"), "");
    kit_assert_replays(&k);
    kit_close(&k);
}

/* The last day that was said in July lies before the change of July, and was a mistake. */
static void a_last_day_that_is_corrected_rewrites_no_earlier_year(void)
{
    struct kit k;
    open_town(&k);
    kit_day(&k, "2026-07-10");
    kit_unit(&k, "P1", "department", "", "");
    kit_unit(&k, "P1", "department", "", "2026-06-30");
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "ward"), "- P1 missing; - P2 missing");
    kit_unit(&k, "P1", "department", "", "2027-12-31");
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "ward"), "- P1 missing; - P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "department"), "");
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "department"), "- P1 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2027, "department"), "- P1 missing");
    kit_assert_replays(&k);
    kit_close(&k);
}

/* 2025: eight communes became three. The old units end, `parent` names their successor; the new one
 * begins the day after. */
static void a_merged_unit_keeps_its_years_and_the_new_one_begins(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2025", "2025-05-20", "");
    kit_task(&k, "T2", "@ward", "2025", "2025-11-20", "");
    const struct wire_act acts[] = {
        {.kind = WIRE_ACT_UNIT,
         .u.unit = {.code = "P1",
                    .name = "P1",
                    .group = "ward",
                    .parent = "P3",
                    .valid_to = "2025-06-30"}},
        {.kind = WIRE_ACT_UNIT,
         .u.unit = {.code = "P2",
                    .name = "P2",
                    .group = "ward",
                    .parent = "P3",
                    .valid_to = "2025-06-30"}},
        {.kind = WIRE_ACT_UNIT,
         .u.unit = {.code = "P3", .name = "P3", .group = "ward", .valid_from = "2025-07-01"}},
    };
    CU_ASSERT_EQUAL(kit_reason(&k, kit_acts(&k, "OFFICE", WIRE_KIND_UNITS, acts, 3)), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(BOARD(2024, "ward"), "- P1 missing; - P2 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2025, "ward"), "- P1 missing; - P2 missing; - P3 missing");
    CU_ASSERT_STRING_EQUAL(BOARD(2026, "ward"), "- P3 missing");
    CU_ASSERT_STRING_EQUAL(TASKS(2025, "ward", "P1"), "0/1/1"); /* May is theirs, November is not */
    CU_ASSERT_STRING_EQUAL(TASKS(2025, "ward", "P3"), "0/1/1"); /* the other way round */
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_group_s_tasks_follow_the_membership_on_their_days(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026", "2026-03-10", "");
    kit_task(&k, "T2", "@ward", "2026", "2026-09-10", "");
    kit_task(&k, "T2", "@department", "2026", "2026-10-10", "");
    kit_task(&k, "T3", "@department", "2026", "2026-03-10", "");
    kit_task(&k, "T4", "@department", "2026", "continuous", "");
    kit_day(&k, "2026-03-11");
    kit_progress(&k, "P1", "T1", 100); /* late */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/2");
    kit_day(&k, "2026-07-01");
    kit_unit(&k, "P1", "department", "", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "department", "P1"), "0/1/3"); /* T1, T2 and T4 */
    CU_ASSERT_EQUAL(kit_reason(&k, kit_progress(&k, "P1", "T1", 100)), REASON_FINE);
    kit_day(&k, "2026-09-11");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "department", "P1"), "0/1/3");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/2/2");
    kit_unit(&k, "P1", "department", "2026-02-01", ""); /* it had been one since February */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "department", "P1"), "0/1/3"); /* T3, not T1 */
    kit_assert_replays(&k);
    kit_close(&k);
}

/* Closed in May as we hear in June: nothing was due after that. */
static void what_fell_due_after_the_last_day_does_not_count(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026", "every:month:25", "");
    kit_task(&k, "T2", "P1", "2026", "2026-06-01", "");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-06-26");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/7/13");
    kit_unit(&k, "P1", "ward", "", "2026-05-24");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/4/4");
    kit_unit(&k, "P1", "ward", "", "2026-06-25");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/7/7");
    kit_unit(&k, "P1", "ward", "", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/7/13");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void an_explanation_is_of_the_board_of_its_year(void)
{
    struct kit k;
    struct explain e;
    open_town(&k);
    say(&k, 2025, "P1", "5");
    kit_unit(&k, "P1", "department", "", "");
    CU_ASSERT_EQUAL_FATAL(
        explain_make(&k.memory.kv, fold_sets(k.fold), "P1", NULL, 2025, BASIS_LIVE, &e), NG_OK);
    CU_ASSERT_STRING_EQUAL(e.board.group, "ward");
    explain_fini(&e);
    kit_close(&k);
}

static const struct test_case cases[] = {
    TEST_CASE(a_change_without_a_date_holds_from_its_day),
    TEST_CASE(a_change_with_a_date_holds_from_that_date),
    TEST_CASE(a_last_day_that_is_corrected_rewrites_no_earlier_year),
    TEST_CASE(a_merged_unit_keeps_its_years_and_the_new_one_begins),
    TEST_CASE(a_group_s_tasks_follow_the_membership_on_their_days),
    TEST_CASE(what_fell_due_after_the_last_day_does_not_count),
    TEST_CASE(an_explanation_is_of_the_board_of_its_year),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fold_member", cases, argc, argv);
}
