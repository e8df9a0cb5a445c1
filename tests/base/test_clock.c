/* Goal: each clock is the one its name says. Method: compare with libc's, read before and after. */
#include "base/clock.h"
#include "harness.h"

#include <time.h>

static void clock_wall_is_utc(void)
{
    int64_t before = (int64_t)time(NULL);
    int64_t ms = clock_wall_ms();
    int64_t after = (int64_t)time(NULL);
    CU_ASSERT_TRUE(ms / 1000 >= before - 1 && ms / 1000 <= after + 1);
}

static void clock_mono_is_the_boot_clock(void)
{
    struct timespec before;
    CU_ASSERT_EQUAL_FATAL(clock_gettime(CLOCK_BOOTTIME, &before), 0);
    struct mono now = clock_mono();
    struct mono later = clock_mono();
    int64_t before_ms = (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000;
    CU_ASSERT_TRUE(now.ms >= before_ms && now.ms < before_ms + 60000);
    CU_ASSERT_TRUE(clock_between_ms(now, later) >= 0);
    CU_ASSERT_EQUAL(clock_between_ms(now, clock_after(now, 250)), 250);
}

static void clock_us_goes_on(void)
{
    int64_t first = clock_mono_us();
    CU_ASSERT_TRUE(clock_mono_us() >= first);
}

static const struct test_case cases[] = {
    TEST_CASE(clock_wall_is_utc),
    TEST_CASE(clock_mono_is_the_boot_clock),
    TEST_CASE(clock_us_goes_on),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("clock", cases, argc, argv);
}
