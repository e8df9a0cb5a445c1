/* Goal: the seeded generator is the same everywhere for ever, and rng_below is fair and in bounds.
 * Method: fixed values, counts over many draws. */
#include "base/rng.h"
#include "harness.h"

static void rng_of_a_seed_never_changes(void)
{
    struct rng a = rng_seeded(42);
    struct rng b = rng_seeded(42);
    struct rng c = rng_seeded(43);
    unsigned same = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t v = rng_next(&a);
        CU_ASSERT_EQUAL(v, rng_next(&b));
        same += v == rng_next(&c);
    }
    CU_ASSERT_EQUAL(same, 0);
    /* splitmix64's first outputs for seed 0 are published with the algorithm. */
    struct rng zero = rng_seeded(0);
    CU_ASSERT_EQUAL(zero.state[0], 0xE220A8397B1DCDAF);
    CU_ASSERT_EQUAL(zero.state[1], 0x6E789E6AA1B965F4);
    CU_ASSERT_EQUAL(rng_next(&zero), 0xE220A8397B1DCDAF + 0x6E789E6AA1B965F4);
}

static void rng_below_is_fair(void)
{
    struct rng r = rng_seeded(7);
    for (uint64_t bound = 1; bound < 12; bound++) {
        unsigned counts[12] = {0};
        for (int i = 0; i < 12000; i++) {
            uint64_t v = rng_below(&r, bound);
            CU_ASSERT_FATAL(v < bound);
            counts[v]++;
        }
        for (uint64_t v = 0; v < bound; v++) {
            uint64_t want = 12000 / bound;
            CU_ASSERT_TRUE(counts[v] > want * 8 / 10 && counts[v] < want * 12 / 10 + 1);
        }
    }
    /* With a bound of 3 × 2^62 a plain remainder would fall below 2^62 half of the time, not a
     * third. */
    unsigned low = 0;
    for (int i = 0; i < 30000; i++) {
        low += rng_below(&r, UINT64_C(3) << 62) < UINT64_C(1) << 62;
    }
    CU_ASSERT_TRUE(low > 9000 && low < 11000);
}

static void rng_from_system_differs_each_time(void)
{
    struct rng a = rng_from_system();
    struct rng b = rng_from_system();
    CU_ASSERT_NOT_EQUAL(rng_next(&a), rng_next(&b));
}

static const struct test_case cases[] = {
    TEST_CASE(rng_of_a_seed_never_changes),
    TEST_CASE(rng_below_is_fair),
    TEST_CASE(rng_from_system_differs_each_time),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("rng", cases, argc, argv);
}
