/* Goal: a wall clock that jumps, either way, or that is behind the log is not written into it; a
 * clock that returns, or that an operator accepts, is. Method: the pure guard with times made up.
 */
#include "broker/clock_guard.h"
#include "harness.h"

#define MINUTE 60000
#define WALL 1795722763000

static struct mono boot(int64_t ms)
{
    return (struct mono){ms};
}

static void a_clock_that_runs_beside_the_boot_clock_is_trusted(void)
{
    struct clock_guard g;
    clock_guard_init(&g, boot(5000), WALL, WALL - 10);
    for (int64_t t = 0; t < 400LL * 24 * 60;
         t += 997) { /* a year and more, drifting within limits */
        int64_t drift = t % 8 * MINUTE / 2 - 2 * MINUTE;
        CU_ASSERT_EQUAL_FATAL(
            clock_guard_off_ms(&g, boot(5000 + t * MINUTE), WALL + t * MINUTE + drift), 0);
    }
}

static void a_jump_of_more_than_five_minutes_is_not_until_it_returns(void)
{
    struct clock_guard g;
    clock_guard_init(&g, boot(0), WALL, WALL);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(1000), WALL + 1000 + 5 * MINUTE), 0);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(1000), WALL + 1001 + 5 * MINUTE), 5 * MINUTE + 1);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(1000), WALL + 999 - 5 * MINUTE), -5 * MINUTE - 1);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(2000), WALL + 2000), 0);
}

static void a_last_leaf_more_than_five_minutes_ahead_is_not_until_it_is_reached(void)
{
    struct clock_guard g;
    clock_guard_init(&g, boot(0), WALL, WALL + 6 * MINUTE);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(0), WALL), -6 * MINUTE);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(MINUTE), WALL + MINUTE), 0);
    clock_guard_init(&g, boot(0), WALL, WALL + 5 * MINUTE);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(0), WALL), 0);
}

static void an_operator_accepts_the_clock_as_it_is(void)
{
    struct clock_guard g;
    clock_guard_init(&g, boot(0), WALL, WALL + 60 * MINUTE);
    clock_guard_accept(&g, boot(10), WALL + 10);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(20), WALL + 20), 0);
    clock_guard_init(&g, boot(0), WALL, WALL);
    CU_ASSERT_NOT_EQUAL(clock_guard_off_ms(&g, boot(10), WALL + 24 * 60 * MINUTE), 0);
    clock_guard_accept(&g, boot(10), WALL + 24 * 60 * MINUTE);
    CU_ASSERT_EQUAL(clock_guard_off_ms(&g, boot(20), WALL + 24 * 60 * MINUTE + 10), 0);
    CU_ASSERT_NOT_EQUAL(clock_guard_off_ms(&g, boot(20), WALL), 0);
}

static const struct test_case cases[] = {
    TEST_CASE(a_clock_that_runs_beside_the_boot_clock_is_trusted),
    TEST_CASE(a_jump_of_more_than_five_minutes_is_not_until_it_returns),
    TEST_CASE(a_last_leaf_more_than_five_minutes_ahead_is_not_until_it_is_reached),
    TEST_CASE(an_operator_accepts_the_clock_as_it_is),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("clock_guard", cases, argc, argv);
}
