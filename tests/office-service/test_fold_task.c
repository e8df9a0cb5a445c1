/* Goal: tasks fall due when their day has ended, on time or late as the rules of fold_time.h say,
 * and components scored from tasks follow. Method: stories told as leaves on given days. */
#include "kit.h"
#include "office-service/due_row.h"
#include "office-service/kv_memory.h"
#include "office-service/tally_row.h"

#include "par/reason.h"

/* 10 points, of which 4 come from tasks: all on time 4, at least half 2, else 0. */
static const char set_lines[] = "I,,field,Một,,10,sum,,,\n"
                                "1,I,component,A,,6,points,,,\n"
                                "2,I,component,B,,4,tasks,>=100:4|>=50:2|:0,none=rescale,\n";

static void open_town(struct kit *k)
{
    kit_open(k);
    kit_unit(k, "P1", "ward", "", "");
    kit_unit(k, "P2", "ward", "", "");
    CU_ASSERT_EQUAL(kit_reason(k, kit_set(k, KIT_YEAR, "ward", set_lines)), REASON_FINE);
    kit_value(k, "P1", "1", "3");
}

static void nothing_due_is_nothing_arose(void)
{
    struct kit k;
    open_town(&k);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/6 complete; - P2 missing");
    kit_task(&k, "T1", "@ward", "2026", "2026-03-10", "");
    kit_task(&k, "T2", "P1", "2026", "continuous", "");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/6 complete; - P2 missing");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/2");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/0/1");
    kit_close(&k);
}

static uint64_t assign(struct kit *k, const char *author, const char *code, const char *unit)
{
    const struct wire_act act = {.kind = WIRE_ACT_TASK,
                                 .u.task = {.code = code,
                                            .year = "2026",
                                            .unit = unit,
                                            .name = "Việc",
                                            .area = "a",
                                            .partners = "",
                                            .due = "2026-03-10",
                                            .weight = "",
                                            .product = "",
                                            .source = ""}};
    return kit_act(k, author, WIRE_KIND_TASKS, act);
}

/* A department assigns tasks to single units, under codes of its own: it neither touches what the
 * office or another department has assigned nor gives itself any. */
static void a_department_assigns_tasks_under_its_own_name_only(void)
{
    struct kit k;
    open_town(&k);
    kit_unit(&k, "D1", "department", "", "");
    kit_task(&k, "T1", "P1", "2026", "2026-03-10", "");
    CU_ASSERT_EQUAL(kit_reason(&k, assign(&k, "D1", "D1.1", "P1")), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/2");
    static const struct {
        const char *author, *code, *unit;
    } wrong[] = {{"D1", "T1", "P1"},   {"D1", "D2.1", "P1"},      {"D1", "D1", "P1"},
                 {"D1", "D1x1", "P1"}, {"D1", "D1.2", "D1"},      {"D1", "D1.2", "@ward"},
                 {"P2", "P2.1", "P1"}, {"AUDIT", "AUDIT.1", "P1"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(kit_reason(&k, assign(&k, wrong[i].author, wrong[i].code, wrong[i].unit)),
                        REASON_NOT_ALLOWED);
    }
    /* In two parts of an import it is no other. */
    const struct wire_act act = {.kind = WIRE_ACT_TASK,
                                 .u.task = {.code = "T1",
                                            .year = "2026",
                                            .unit = "P1",
                                            .name = "Việc",
                                            .area = "a",
                                            .partners = "",
                                            .due = "2026-04-10",
                                            .weight = "",
                                            .product = "",
                                            .source = ""}};
    for (uint32_t part = 1; part <= 2; part++) {
        const struct wire_acts acts = {
            .acts = &act, .count = 1, .has_part = true, .part_number = part, .part_count = 2};
        struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
        CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
        const uint64_t index = kit_payload(&k, "D1", WIRE_KIND_TASKS, buf_bytes(&payload));
        CU_ASSERT_EQUAL(kit_reason(&k, index), part == 1 ? -1 : REASON_NOT_ALLOWED);
        buf_fini(&payload);
    }
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/2");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/0/0");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_task_is_due_at_the_end_of_its_day(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026", "2026-03-10", "");
    kit_day(&k, "2026-03-10");
    kit_progress(&k, "P1", "T1", 100); /* noon of the day itself */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/1");
    kit_day(&k, "2026-03-11");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/1/1");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/1/1");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 7/10 complete; - P2 missing");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF), "1 P1 7/10 complete; - P2 missing");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void any_leaf_of_the_next_day_brings_the_time(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026", "2026-03-10", "");
    kit_day(&k, "2026-03-11");
    kit_progress(&k, "P1", "T1", 100); /* too late: judged before it is heard */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/1");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/10 complete; - P2 missing");
    kit_close(&k);
}

static void the_last_statement_decides(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "P1", "2026", "2026-03-10", "");
    kit_progress(&k, "P1", "T1", 100);
    kit_progress(&k, "P1", "T1", 60);
    kit_day(&k, "2026-03-11");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/1");
    kit_close(&k);
}

static void a_hundred_said_again_stays_on_time_and_taken_back_is_late(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "P1", "2026", "2026-03-10", "");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-03-12");
    kit_progress(&k, "P1", "T1", 100);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/1/1");
    kit_progress(&k, "P1", "T1", 80);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/1");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/10 complete; - P2 missing");
    kit_progress(&k, "P1", "T1", 100);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/1");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void weights_make_the_share(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "P1", "2026", "2026-03-10", "3");
    kit_task(&k, "T2", "P1", "2026", "2026-03-11", "2");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-03-12");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 5/10 complete; - P2 missing");
    kit_close(&k);
}

static void a_moved_deadline_is_judged_anew(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026", "2026-03-10", "");
    kit_day(&k, "2026-03-12");
    kit_progress(&k, "P1", "T1", 100);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/1");
    kit_task(&k, "T1", "@ward", "2026", "2026-03-20", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/1");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/6 complete; - P2 missing");
    kit_day(&k, "2026-03-21");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/1/1");
    kit_task(&k, "T1", "@ward", "2026", "2026-03-11", ""); /* and back, into the past */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/1");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/1/1");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_new_weight_counts_for_a_task_already_judged(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "P1", "2026", "2026-03-10", "");
    kit_task(&k, "T2", "P1", "2026", "2026-03-10", "");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-03-12");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 5/10 complete; - P2 missing");
    kit_task(&k, "T2", "P1", "2026", "2026-03-10", "2");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/10 complete; - P2 missing");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/2/2");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_task_waits_for_its_event(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026", "event:PLAN+20d", "");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-04-05");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/1");
    kit_event(&k, "PLAN", "2026-03-01"); /* the deadline was 21/3 */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/1/1");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/1/1");
    kit_event(&k, "PLAN", "2026-04-01"); /* corrected: now 21/4 */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/0/1");
    kit_progress(&k, "P2", "T1", 100);
    kit_day(&k, "2026-04-22");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "1/1/1");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void recurring_tasks_are_judged_occurrence_by_occurrence(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "P1", "2026", "every:month:25", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/12");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-01-26");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/1/12");
    kit_day(&k, "2026-02-26"); /* nothing was said since */
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/2/12");
    kit_progress(&k, "P1", "T1", 100); /* too late for February, in time for March */
    kit_day(&k, "2026-05-26");         /* two silent months */
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "2/5/12");
    kit_progress(&k, "P1", "T1", 50); /* a judged occurrence stays */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "2/5/12");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void occurrences_before_the_task_was_known_do_not_count(void)
{
    struct kit k;
    open_town(&k);
    kit_day(&k, "2026-11-20");
    kit_task(&k, "T1", "@ward", "2026", "every:month:25", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/2");
    kit_day(&k, "2026-12-26");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/2/2");
    kit_close(&k);
}

static void a_unit_s_own_task_hides_the_group_s(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2025-2027", "2026-03-10", "");
    kit_task(&k, "T1", "P1", "2026", "2026-04-10", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/1");
    kit_day(&k, "2026-03-11");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/1");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/1/1");
    kit_progress(&k, "P1", "T1", 100);
    kit_task(&k, "T1", "@ward", "2025-2027", "2026-05-10", ""); /* does not touch P1's */
    kit_day(&k, "2026-04-11");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/1/1");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_unit_s_own_task_takes_the_place_of_one_that_was_judged(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026-2027", "2026-03-10", "3");
    kit_task(&k, "T2", "P1", "2026", "2026-03-10", "1");
    kit_progress(&k, "P1", "T2", 100);
    kit_day(&k, "2026-03-11");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/2/2");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/10 complete; - P2 missing");
    kit_task(&k, "T1", "P1", "2025-2026", "2026-03-10", "1"); /* the same day: its place */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/2/2");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 5/10 complete; - P2 missing");
    kit_task(&k, "T1", "P1", "2025-2026", "2026-09-10", "1"); /* later: not due any more */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/1/2");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/1/1");
    kit_task(&k, "T1", "P1", "2025", "2025-09-10", "1"); /* another year: the group's is back */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/2/2");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/10 complete; - P2 missing");
    kit_assert_replays(&k);
    kit_close(&k);
}

/* What was judged of the group's occurrences is kept while the unit has its own. */
static void occurrences_come_back_as_they_were_judged(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026", "every:month:25", "2");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-02-26"); /* January kept, February not */
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/2/12");
    kit_task(&k, "T1", "P1", "2025-2026", "2026-12-01", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/1");
    kit_task(&k, "T1", "P1", "2025", "2026-12-01", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/2/12");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void other_rules_of_a_recurring_task_hold_for_what_is_to_come(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "P1", "2026", "every:month:25", "");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-02-26");
    kit_task(&k, "T1", "P1", "2026", "every:quarter:20", "3");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/2/6");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 5/10 complete; - P2 missing");
    kit_progress(&k, "P1", "T1", 50);
    kit_day(&k, "2026-03-21");
    kit_tick(&k); /* 1 of 2 before, and now 0 of 3 */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/3/6");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 3/10 complete; - P2 missing");
    kit_task(&k, "T1", "P1", "2026", "2026-12-01", ""); /* a task that is due once, instead */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/1");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void moving_the_group_s_deadline_leaves_a_unit_s_own_alone(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "@ward", "2026", "2026-03-10", "");
    kit_task(&k, "T1", "P1", "2026", "2026-03-10", "");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-03-11");
    kit_task(&k, "T1", "@ward", "2026", "2026-05-10", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "1/1/1");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/0/1");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_deadline_counts_for_the_nearest_year_of_its_task(void)
{
    struct kit k;
    open_town(&k);
    kit_task(&k, "T1", "P1", "2026", "2027-01-15", "");
    kit_task(&k, "T2", "P1", "2024-2026", "2024-06-30", ""); /* long past when it is entered */
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/2");
    kit_day(&k, "2027-01-16");
    kit_tick(&k);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/2");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void units_that_are_not_there_that_day_are_not_late(void)
{
    struct kit k;
    open_town(&k);
    kit_unit(&k, "P2", "ward", "2026-04-01", "");
    kit_unit(&k, "P3", "department", "", "");
    kit_task(&k, "T1", "@ward", "2026", "2026-03-10", "");
    kit_day(&k, "2026-03-11");
    kit_tick(&k);
    kit_unit(&k, "P3", "ward", "", "");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/1/1");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P2"), "0/0/0");
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P3"), "0/0/0");
    kit_close(&k);
}

static void a_set_that_comes_later_finds_the_tasks_judged(void)
{
    struct kit k;
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    kit_task(&k, "T1", "P1", "2026", "2026-03-10", "");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-03-11");
    kit_set(&k, KIT_YEAR, "ward", set_lines);
    kit_value(&k, "P1", "1", "3");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 7/10 complete");
    kit_close(&k);
}

static void bad_tasks_and_progress_are_refused(void)
{
    struct kit k;
    open_town(&k);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_progress(&k, "P1", "T1", 100)), REASON_UNKNOWN_TASK);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_task(&k, "T1", "P1", "2025-2026", "2026-03-10", "")),
                    REASON_FINE);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_task(&k, "T1", "P1", "2026", "2026-03-10", "")),
                    REASON_BAD_TASK); /* shares 2026 with the one above */
    CU_ASSERT_EQUAL(kit_reason(&k, kit_task(&k, "T2", "P9", "2026", "2026-03-10", "")),
                    REASON_UNKNOWN_UNIT);
    CU_ASSERT_NOT_EQUAL(kit_reason(&k, kit_task(&k, "T2", "P1", "2026", "someday", "")),
                        REASON_FINE);
    CU_ASSERT_NOT_EQUAL(kit_reason(&k, kit_task(&k, "T2", "P1", "20x6", "2026-03-10", "")),
                        REASON_FINE);
    CU_ASSERT_NOT_EQUAL(kit_reason(&k, kit_task(&k, "T2", "P1", "2026", "2026-03-10", "-1")),
                        REASON_FINE);
    CU_ASSERT_NOT_EQUAL(kit_reason(&k, kit_progress(&k, "P1", "T1", 101)), REASON_FINE);
    CU_ASSERT_NOT_EQUAL(kit_reason(&k, kit_event(&k, "PLAN", "soon")), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_tasks(&k, "ward", "P1"), "0/0/1");
    kit_close(&k);
}

static void the_task_list_says_how_each_stands(void)
{
    struct kit k;
    struct task_list list;
    open_town(&k);
    kit_task(&k, "A", "@ward", "2026", "2026-03-10", "");
    kit_task(&k, "B", "P1", "2026", "2026-03-10", "");
    kit_task(&k, "C", "@ward", "2026", "event:PLAN+1d", "");
    kit_task(&k, "D", "@ward", "2026", "continuous", "");
    kit_task(&k, "E", "P1", "2026", "2026-09-09", "");
    kit_task(&k, "F", "P2", "2026", "2026-09-09", "");
    kit_progress(&k, "P1", "A", 100);
    kit_day(&k, "2026-03-11");
    kit_tick(&k);
    CU_ASSERT_EQUAL_FATAL(task_list_make(&k.memory.kv, "P1", KIT_YEAR, &list), NG_OK);
    static const enum task_status wanted[] = {TASK_LIST_ON_TIME, TASK_LIST_LATE, TASK_LIST_WAITING,
                                              TASK_LIST_NO_DEADLINE, TASK_LIST_OPEN};
    CU_ASSERT_EQUAL_FATAL(list.count, 5);
    for (size_t i = 0; i < list.count; i++) {
        CU_ASSERT_EQUAL(list.items[i].status, wanted[i]);
    }
    task_list_fini(&list);
    kit_close(&k);
}

static void counts_and_deadlines_that_cannot_be_are_damage(void)
{
    static const struct tally_row wrong[] = {
        {.due = 1, .on_time = 2, .due_weight = {1}},
        {.due = 2, .on_time = 1, .due_weight = {1}, .on_time_weight = {2}},
        {.due = 2, .on_time = 1, .due_weight = {1}, .on_time_weight = {-1}},
        {.due = 1, .due_weight = {INT64_MAX}},
        {.due = 1, .due_weight = {1}, .on_time_weight = {1}},
        {.due = UINT32_MAX, .due_weight = {-1000000}}, /* taken out, never counted */
    };
    const struct due_name name = {"A", {"A", "T", 2026}, 2026, 20000};
    struct kv_memory memory;
    struct due_row due = {.weight = {1}};
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&memory), NG_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_EQUAL(tally_row_put(&memory.kv, "A", 2026, &wrong[i]), NG_ERR_CORRUPT);
    }
    const int64_t weights[] = {1, 1000000000, 0, -1, 1000000001};
    for (size_t i = 0; i < 5; i++) {
        due.weight.micro = weights[i];
        CU_ASSERT_EQUAL(due_row_put(&memory.kv, &name, &due), NG_OK);
        CU_ASSERT_EQUAL(due_row_get(&memory.kv, &name, &due), i < 2 ? NG_OK : NG_ERR_CORRUPT);
    }
    kv_memory_fini(&memory);
}

static const struct test_case cases[] = {
    TEST_CASE(counts_and_deadlines_that_cannot_be_are_damage),
    TEST_CASE(nothing_due_is_nothing_arose),
    TEST_CASE(a_department_assigns_tasks_under_its_own_name_only),
    TEST_CASE(a_task_is_due_at_the_end_of_its_day),
    TEST_CASE(any_leaf_of_the_next_day_brings_the_time),
    TEST_CASE(the_last_statement_decides),
    TEST_CASE(a_hundred_said_again_stays_on_time_and_taken_back_is_late),
    TEST_CASE(weights_make_the_share),
    TEST_CASE(a_moved_deadline_is_judged_anew),
    TEST_CASE(a_new_weight_counts_for_a_task_already_judged),
    TEST_CASE(a_task_waits_for_its_event),
    TEST_CASE(recurring_tasks_are_judged_occurrence_by_occurrence),
    TEST_CASE(occurrences_before_the_task_was_known_do_not_count),
    TEST_CASE(a_unit_s_own_task_hides_the_group_s),
    TEST_CASE(a_unit_s_own_task_takes_the_place_of_one_that_was_judged),
    TEST_CASE(occurrences_come_back_as_they_were_judged),
    TEST_CASE(other_rules_of_a_recurring_task_hold_for_what_is_to_come),
    TEST_CASE(moving_the_group_s_deadline_leaves_a_unit_s_own_alone),
    TEST_CASE(a_deadline_counts_for_the_nearest_year_of_its_task),
    TEST_CASE(units_that_are_not_there_that_day_are_not_late),
    TEST_CASE(a_set_that_comes_later_finds_the_tasks_judged),
    TEST_CASE(bad_tasks_and_progress_are_refused),
    TEST_CASE(the_task_list_says_how_each_stands),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fold_task", cases, argc, argv);
}
