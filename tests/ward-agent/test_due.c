/* Goal: the agent tells the same deadlines as the office judges by.
 * Method: tasks of each kind are asked for the deadline before and after chosen days. */
#include "harness.h"
#include "ward-agent/due.h"

static struct tasks_task task(const char *due, uint32_t from, uint32_t to)
{
    return (struct tasks_task){.due = due, .from = from, .to = to};
}

static int32_t date(int year, int month, int day)
{
    return day_of_date(year, month, day);
}

static void a_recurring_task_is_due_next_on_its_day_or_after(void)
{
    const struct tasks_task t = task("every:week:5", 2026, 2026);
    CU_ASSERT_EQUAL(due_next(&t, DAY_NONE, date(2026, 11, 23)), date(2026, 11, 27)); /* Friday */
    CU_ASSERT_EQUAL(due_next(&t, DAY_NONE, date(2026, 11, 27)), date(2026, 11, 27));
    CU_ASSERT_EQUAL(due_next(&t, DAY_NONE, date(2026, 11, 28)), date(2026, 12, 4));
    CU_ASSERT_EQUAL(due_before(&t, date(2026, 11, 27)), date(2026, 11, 20));
    CU_ASSERT_EQUAL(due_before(&t, date(2026, 11, 28)), date(2026, 11, 27));
}

static void the_deadlines_stay_inside_the_years_of_the_task(void)
{
    const struct tasks_task t = task("every:quarter:20", 2026, 2027);
    CU_ASSERT_EQUAL(due_next(&t, DAY_NONE, date(2024, 5, 1)), date(2026, 3, 20));
    CU_ASSERT_EQUAL(due_next(&t, DAY_NONE, date(2026, 12, 21)), date(2027, 3, 20));
    CU_ASSERT_EQUAL(due_next(&t, DAY_NONE, date(2027, 12, 21)), DAY_NONE);
    CU_ASSERT_EQUAL(due_before(&t, date(2026, 3, 20)), DAY_NONE);
    CU_ASSERT_EQUAL(due_before(&t, date(2025, 3, 20)), DAY_NONE);
    CU_ASSERT_EQUAL(due_before(&t, date(2027, 1, 1)), date(2026, 12, 20));
    CU_ASSERT_EQUAL(due_before(&t, date(2030, 1, 1)), date(2027, 12, 20));
}

static void a_task_due_once_has_one_day(void)
{
    const struct tasks_task dated = task("2026-11-30", 2026, 2026);
    const struct tasks_task waiting = task("event:QD-1+20d", 2026, 2026);
    const struct tasks_task always = task("continuous", 2026, 2026);
    char event[33];
    CU_ASSERT_EQUAL(due_next(&dated, DAY_NONE, date(2027, 1, 1)), date(2026, 11, 30));
    CU_ASSERT_EQUAL(due_next(&waiting, DAY_NONE, date(2026, 1, 1)), DAY_NONE);
    CU_ASSERT_EQUAL(due_next(&waiting, date(2026, 11, 1), date(2026, 1, 1)), date(2026, 11, 21));
    CU_ASSERT_EQUAL(due_next(&always, DAY_NONE, date(2026, 1, 1)), DAY_NONE);
    CU_ASSERT_EQUAL(due_before(&dated, date(2027, 1, 1)), DAY_NONE);
    CU_ASSERT_TRUE_FATAL(due_event(&waiting, event));
    CU_ASSERT_STRING_EQUAL(event, "QD-1");
    CU_ASSERT_FALSE(due_event(&dated, event));
}

static const struct test_case cases[] = {
    TEST_CASE(a_recurring_task_is_due_next_on_its_day_or_after),
    TEST_CASE(the_deadlines_stay_inside_the_years_of_the_task),
    TEST_CASE(a_task_due_once_has_one_day),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("due", cases, argc, argv);
}
