/* Goal: products, quotients, comparisons and rank keys of points are exact.
 * Method: 128-bit arithmetic against a twin that multiplies and divides digit by digit in base 256;
 * comparing fractions against cross-multiplication by that twin; keys against comparison, for
 * neighbours (p/m, (p±1)/(m±1)) and random pairs. */
#include "kit.h"

#include "base/rng.h"
#include "par/fraction.h"
#include "par/wide.h"

#include <string.h>

/* ---- the twin: numbers as sixteen base-256 digits, lowest first ---- */

struct slow {
    uint8_t digits[16];
};

static struct slow slow_of(uint64_t high, uint64_t low)
{
    struct slow s;

    for (size_t i = 0; i < 8; i++) {
        s.digits[i] = (uint8_t)(low >> (8 * i));
        s.digits[i + 8] = (uint8_t)(high >> (8 * i));
    }
    return s;
}

static bool slow_equals(struct slow s, struct wide w)
{
    struct slow other = slow_of(w.high, w.low);

    return memcmp(s.digits, other.digits, sizeof(s.digits)) == 0;
}

static struct slow slow_multiply(struct slow a, struct slow b)
{
    struct slow r = {{0}};

    for (size_t i = 0; i < 16; i++) {
        unsigned carry = 0;

        for (size_t j = 0; i + j < 16; j++) {
            unsigned v = (unsigned)a.digits[i] * b.digits[j] + r.digits[i + j] + carry;

            r.digits[i + j] = (uint8_t)v;
            carry = v >> 8;
        }
    }
    return r;
}

static int slow_compare(struct slow a, struct slow b)
{
    for (size_t i = 16; i-- > 0;) {
        if (a.digits[i] != b.digits[i]) {
            return a.digits[i] < b.digits[i] ? -1 : 1;
        }
    }
    return 0;
}

static struct slow slow_add(struct slow a, struct slow b)
{
    unsigned carry = 0;

    for (size_t i = 0; i < 16; i++) {
        carry += (unsigned)a.digits[i] + b.digits[i];
        a.digits[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return a;
}

/* ---- wide ---- */

static void wide_multiplies_like_long_multiplication(void)
{
    static const uint64_t edges[] = {0, 1, 2, 0xffffffff, 0x100000000, UINT64_MAX - 1, UINT64_MAX};
    struct rng rng = rng_seeded(1);

    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < 7; j++)
            CU_ASSERT_TRUE(slow_equals(slow_multiply(slow_of(0, edges[i]), slow_of(0, edges[j])),
                                       wide_multiply(edges[i], edges[j])));
    for (int i = 0; i < 20000; i++) {
        uint64_t a = rng_next(&rng), b = rng_next(&rng) >> (i % 60);

        CU_ASSERT_TRUE_FATAL(
            slow_equals(slow_multiply(slow_of(0, a), slow_of(0, b)), wide_multiply(a, b)));
    }
}

/* quotient × b + remainder = a, remainder < b: what division means. */
static void wide_division_holds_by_its_definition(void)
{
    struct rng rng = rng_seeded(2);

    for (int i = 0; i < 5000; i++) {
        struct wide a = {rng_next(&rng) >> (i % 64), rng_next(&rng)};
        struct wide b = {(rng_next(&rng) >> 1) >> (i % 64), rng_next(&rng) | 1};
        struct wide rest, quotient;

        if (i % 2 == 0) {
            b.high = 0;
        }
        if (i % 4 ==
            0) { /* one digit in base 2^32: the short division, and both sides of its end */
            b.low = i < 40 ? UINT64_C(0xfffffffd) + (uint64_t)i / 4 : (b.low >> 32) | 1;
        }
        quotient = wide_divide(a, b, &rest);
        CU_ASSERT_TRUE_FATAL(wide_compare(rest, b) < 0);
        CU_ASSERT_TRUE_FATAL(slow_equals(
            slow_add(slow_multiply(slow_of(quotient.high, quotient.low), slow_of(b.high, b.low)),
                     slow_of(rest.high, rest.low)),
            a));
    }
}

static void wide_rounds_halves_up(void)
{
    CU_ASSERT_EQUAL(wide_divide_half_up(wide_of(5), wide_of(10)), 1);
    CU_ASSERT_EQUAL(wide_divide_half_up(wide_of(4), wide_of(10)), 0);
    CU_ASSERT_EQUAL(wide_divide_half_up(wide_of(15), wide_of(10)), 2);
    CU_ASSERT_EQUAL(wide_divide_half_up(wide_of(7), wide_of(5)), 1);
    CU_ASSERT_EQUAL(wide_divide_half_up(wide_of(0), wide_of(5)), 0);
    for (uint64_t a = 0; a < 300; a++)
        for (uint64_t b = 1; b < 40; b++)
            CU_ASSERT_EQUAL_FATAL(wide_divide_half_up(wide_of(a), wide_of(b)),
                                  (2 * a + b) / (2 * b));
}

static void wide_scales_and_adds_with_carry(void)
{
    struct wide w = wide_scale((struct wide){1, UINT64_MAX}, 3);

    CU_ASSERT_TRUE(slow_equals(slow_multiply(slow_of(1, UINT64_MAX), slow_of(0, 3)), w));
    w = wide_add((struct wide){1, UINT64_MAX}, wide_of(1));
    CU_ASSERT_EQUAL(w.high, 2);
    CU_ASSERT_EQUAL(w.low, 0);
    w = wide_subtract(w, wide_of(1));
    CU_ASSERT_EQUAL(w.high, 1);
    CU_ASSERT_EQUAL(w.low, UINT64_MAX);
}

/* ---- fractions ---- */

static struct fraction fraction_of(int64_t points, int64_t max)
{
    return (struct fraction){{points}, {max}};
}

static int slow_fraction_compare(struct fraction a, struct fraction b)
{
    return slow_compare(
        slow_multiply(slow_of(0, (uint64_t)a.points.micro), slow_of(0, (uint64_t)b.max.micro)),
        slow_multiply(slow_of(0, (uint64_t)b.points.micro), slow_of(0, (uint64_t)a.max.micro)));
}

static void check_pair(struct fraction a, struct fraction b)
{
    uint8_t ka[FRACTION_KEY_SIZE], kb[FRACTION_KEY_SIZE];
    int want = slow_fraction_compare(a, b), order;

    fraction_key(a, ka);
    fraction_key(b, kb);
    order = memcmp(ka, kb, sizeof(ka));
    CU_ASSERT_EQUAL_FATAL(fraction_compare(a, b), want);
    CU_ASSERT_EQUAL_FATAL((order > 0) - (order < 0), want);
}

/* The tightest neighbours of the largest denominators: they differ by 1 / (m1 m2). */
static void fraction_keys_tell_the_closest_apart(void)
{
    const int64_t top = FRACTION_MAX_POINTS * DECIMAL_ONE, unit = 100;

    for (int64_t i = 0; i < 2000; i++) {
        int64_t m = top - i * unit;

        check_pair(fraction_of(m - unit, m), fraction_of(m - 2 * unit, m - unit));
        check_pair(fraction_of(m / 200 * unit, m), fraction_of(m / 200 * unit + unit, m));
        check_pair(fraction_of(unit, m), fraction_of(unit, m - unit));
        check_pair(fraction_of(m, m), fraction_of(m - unit, m - unit));
    }
}

static void fraction_keys_order_like_cross_multiplication(void)
{
    struct rng rng = rng_seeded(3);

    for (int i = 0; i < 20000; i++) {
        uint64_t bound = i % 2 == 0 ? 1000000000u : 300u;
        int64_t m1 = (int64_t)(rng_next(&rng) % bound + 1) * 100;
        int64_t m2 = (int64_t)(rng_next(&rng) % bound + 1) * 100;
        int64_t p1 =
            (int64_t)(rng_next(&rng) % (uint64_t)(m1 / 50)) * 100; /* up to twice the max */
        int64_t p2 = (int64_t)(rng_next(&rng) % (uint64_t)(m2 / 50)) * 100;

        check_pair(fraction_of(p1, m1), fraction_of(p2, m2));
    }
}

static void fraction_equal_by_value_has_one_key(void)
{
    check_pair(fraction_of(DECIMAL_ONE, 2 * DECIMAL_ONE),
               fraction_of(2 * DECIMAL_ONE, 4 * DECIMAL_ONE));
    check_pair(fraction_of(100, 300), fraction_of(33300, 99900));
    check_pair(fraction_of(0, 100), fraction_of(0, 300));
}

static void fraction_without_maximum_stands_last(void)
{
    CU_ASSERT_EQUAL(fraction_compare(fraction_of(0, 0), fraction_of(0, 100)), -1);
    CU_ASSERT_EQUAL(fraction_compare(fraction_of(0, 100), fraction_of(0, 0)), 1);
    CU_ASSERT_EQUAL(fraction_compare(fraction_of(500, 0), fraction_of(0, 0)), 0);
}

static void fraction_index_rounds_once(void)
{
    const struct fraction two_thirds = {kit_decimal("2"), kit_decimal("3")};
    const struct fraction edge = {kit_decimal("0.5"), kit_decimal("10000")}; /* 0.005 % */

    CU_ASSERT_STRING_EQUAL(kit_text(fraction_index(two_thirds, 2)), "66.67");
    CU_ASSERT_STRING_EQUAL(kit_text(fraction_index(two_thirds, 0)), "67");
    CU_ASSERT_STRING_EQUAL(kit_text(fraction_index(edge, 2)), "0.01");
    CU_ASSERT_STRING_EQUAL(
        kit_text(fraction_index((struct fraction){kit_decimal("110"), kit_decimal("100")}, 2)),
        "110");
}

static const struct test_case cases[] = {
    TEST_CASE(wide_multiplies_like_long_multiplication),
    TEST_CASE(wide_division_holds_by_its_definition),
    TEST_CASE(wide_rounds_halves_up),
    TEST_CASE(wide_scales_and_adds_with_carry),
    TEST_CASE(fraction_keys_tell_the_closest_apart),
    TEST_CASE(fraction_keys_order_like_cross_multiplication),
    TEST_CASE(fraction_equal_by_value_has_one_key),
    TEST_CASE(fraction_without_maximum_stands_last),
    TEST_CASE(fraction_index_rounds_once),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fraction", cases, argc, argv);
}
