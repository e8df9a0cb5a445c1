#include "par/wide.h"

#include "base/check.h"

#include <stddef.h>

#define HALF 0xffffffffu

struct wide wide_of(uint64_t v)
{
    return (struct wide){0, v};
}

/* Long multiplication in base 2^32. No sum below can overflow: (2^32 − 1)² + 2 (2^32 − 1) = 2^64
 * − 1. */
struct wide wide_multiply(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & HALF, a1 = a >> 32;
    uint64_t b0 = b & HALF, b1 = b >> 32;
    uint64_t low = a0 * b0;
    uint64_t middle = a1 * b0 + (low >> 32);
    uint64_t cross = a0 * b1 + (middle & HALF);

    return (struct wide){
        .high = a1 * b1 + (middle >> 32) + (cross >> 32),
        .low = (cross << 32) | (low & HALF),
    };
}

struct wide wide_add(struct wide a, struct wide b)
{
    struct wide sum = {a.high + b.high, a.low + b.low};
    uint64_t carry = sum.low < a.low ? 1 : 0;

    CHECK(sum.high >= a.high && UINT64_MAX - sum.high >= carry);
    sum.high += carry;
    return sum;
}

struct wide wide_subtract(struct wide a, struct wide b)
{
    CHECK(wide_compare(a, b) >= 0);
    return (struct wide){a.high - b.high - (a.low < b.low ? 1 : 0), a.low - b.low};
}

struct wide wide_scale(struct wide a, uint64_t factor)
{
    struct wide high = wide_multiply(a.high, factor);

    CHECK(high.high == 0);
    return wide_add((struct wide){high.low, 0}, wide_multiply(a.low, factor));
}

int wide_compare(struct wide a, struct wide b)
{
    if (a.high != b.high) {
        return a.high < b.high ? -1 : 1;
    }
    if (a.low != b.low) {
        return a.low < b.low ? -1 : 1;
    }
    return 0;
}

/* Long division in base 2^32: a rest below the divisor leaves room for one more digit. */
static struct wide wide_divide_short(struct wide a, uint64_t b, uint64_t *ret_rest)
{
    const uint64_t digits[] = {a.high >> 32, a.high & HALF, a.low >> 32, a.low & HALF};
    uint64_t quotients[4];
    uint64_t rest = 0;

    for (size_t i = 0; i < 4; i++) {
        uint64_t part = rest << 32 | digits[i];
        quotients[i] = part / b;
        rest = part % b;
    }
    *ret_rest = rest;
    return (struct wide){quotients[0] << 32 | quotients[1], quotients[2] << 32 | quotients[3]};
}

/* Schoolbook, one bit a step. A divisor of one digit, which a maximum of points always is, takes
 * four steps instead: a place in the ranking is computed at every change. */
struct wide wide_divide(struct wide a, struct wide b, struct wide *ret_remainder)
{
    struct wide quotient = {0, 0};
    struct wide rest = {0, 0};

    CHECK(b.high != 0 || b.low != 0);
    CHECK(b.high >> 63 == 0); /* so that doubling the rest, which is below b, cannot overflow */
    if (b.high == 0 && b.low <= HALF) {
        quotient = wide_divide_short(a, b.low, &rest.low);
        if (ret_remainder != NULL) {
            *ret_remainder = rest;
        }
        return quotient;
    }
    for (int bit = 127; bit >= 0; bit--) {
        uint64_t next = bit >= 64 ? (a.high >> (bit - 64)) & 1 : (a.low >> bit) & 1;

        rest.high = rest.high << 1 | rest.low >> 63;
        rest.low = rest.low << 1 | next;
        if (wide_compare(rest, b) < 0) {
            continue;
        }
        rest = wide_subtract(rest, b);
        if (bit >= 64) {
            quotient.high |= (uint64_t)1 << (bit - 64);
        } else {
            quotient.low |= (uint64_t)1 << bit;
        }
    }
    if (ret_remainder != NULL) {
        *ret_remainder = rest;
    }
    return quotient;
}

uint64_t wide_divide_half_up(struct wide a, struct wide b)
{
    struct wide rest;
    struct wide quotient = wide_divide(a, b, &rest);

    CHECK(quotient.high == 0);
    if (wide_compare(rest, wide_subtract(b, rest)) >= 0) {
        CHECK(quotient.low < UINT64_MAX);
        quotient.low++;
    }
    return quotient.low;
}
