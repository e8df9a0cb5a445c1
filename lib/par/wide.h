/* Unsigned 128-bit integers in portable C11, for products of two decimals: a ratio is compared and
 * divided without losing a bit. Overflow is a fault of ours (the callers' bounds are in decimal.h
 * and criteria.h), so it is CHECKed. */
#ifndef NGANAM_PAR_WIDE_H
#define NGANAM_PAR_WIDE_H

#include <stdint.h>

struct wide {
    uint64_t high;
    uint64_t low;
};

struct wide wide_of(uint64_t v);
struct wide wide_multiply(uint64_t a, uint64_t b);
struct wide wide_scale(struct wide a, uint64_t factor);  /* a × factor, CHECKed to fit */
struct wide wide_add(struct wide a, struct wide b);      /* CHECKed to fit */
struct wide wide_subtract(struct wide a, struct wide b); /* CHECKs a ≥ b */
int wide_compare(struct wide a, struct wide b);          /* −1, 0, 1 */

/* Quotient and remainder, b ≠ 0. ret_remainder may be NULL. */
struct wide wide_divide(struct wide a, struct wide b, struct wide *ret_remainder);

/* a / b to the nearest whole number, half up; CHECKs b ≠ 0 and that the result fits 64 bits. */
uint64_t wide_divide_half_up(struct wide a, struct wide b);

#endif
