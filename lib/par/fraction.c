#include "par/fraction.h"

#include "base/bytes.h"
#include "base/check.h"
#include "par/wide.h"

#include <string.h>

#define KEY_UNIT 100 /* millionths in the smallest step a point can have (FRACTION_DECIMALS) */

_Static_assert(FRACTION_DECIMALS == 4 && DECIMAL_DIGITS == 6, "KEY_UNIT is 10^(6 - 4)");
_Static_assert(FRACTION_MAX_POINTS *DECIMAL_ONE / KEY_UNIT <= UINT32_MAX,
               "the proof of fraction_key needs denominators below 2^32");

int fraction_compare(struct fraction a, struct fraction b)
{
    CHECK(a.points.micro >= 0 && a.max.micro >= 0 && b.points.micro >= 0 && b.max.micro >= 0);
    if (a.max.micro == 0 || b.max.micro == 0) {
        return (a.max.micro > 0 ? 1 : 0) - (b.max.micro > 0 ? 1 : 0);
    }
    return wide_compare(wide_multiply((uint64_t)a.points.micro, (uint64_t)b.max.micro),
                        wide_multiply((uint64_t)b.points.micro, (uint64_t)a.max.micro));
}

/* The key is floor(p × 2^64 / m), big-endian, with p and m counted in units of 10^-4. Its upper
 * half, the whole part, is nearly always 0 or 1: it is written without leading zeros, behind how
 * many bytes are left. More bytes are a greater number, and equally many compare as they are. Equal
 * fractions have equal keys, since p / m is the same rational number. If p1/m1 > p2/m2, then p1/m1
 * − p2/m2 = (p1 m2 − p2 m1) / (m1 m2) ≥ 1 / (m1 m2) > 2^-64, because both denominators are below
 * 2^32; times 2^64 the two differ by more than 1, so their floors differ, in the same order.
 */
void fraction_key(struct fraction f, uint8_t out[static FRACTION_KEY_SIZE])
{
    struct wide key;

    CHECK(f.points.micro >= 0 && f.points.micro % KEY_UNIT == 0);
    CHECK(f.max.micro >= 0 && f.max.micro % KEY_UNIT == 0);
    CHECK(f.max.micro <= FRACTION_MAX_POINTS * DECIMAL_ONE);
    memset(out, 0, FRACTION_KEY_SIZE);
    if (f.max.micro == 0) {
        return;
    }
    key = wide_divide((struct wide){(uint64_t)(f.points.micro / KEY_UNIT), 0},
                      wide_of((uint64_t)(f.max.micro / KEY_UNIT)), NULL);
    for (uint64_t rest = key.high; rest > 0; rest >>= 8) {
        out[0]++;
    }
    for (uint8_t i = 0; i < out[0]; i++) {
        out[1 + i] = (uint8_t)(key.high >> (8 * (out[0] - 1 - i)));
    }
    bytes_put_u64(out + 1 + out[0], key.low);
}

struct decimal fraction_index(struct fraction f, uint32_t decimals)
{
    uint64_t unit = DECIMAL_ONE;

    CHECK(f.points.micro >= 0 && f.max.micro > 0 && decimals <= DECIMAL_DIGITS);
    for (uint32_t i = 0; i < decimals; i++) {
        unit /= 10;
    }
    /* index = p / m × 100 in steps of `unit` millionths: round(p × 100 × 10^6 / (m × unit)) × unit
     */
    return (struct decimal){
        (int64_t)(unit *
                  wide_divide_half_up(wide_multiply((uint64_t)f.points.micro, 100u * DECIMAL_ONE),
                                      wide_multiply((uint64_t)f.max.micro, unit)))};
}
