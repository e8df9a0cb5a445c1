/* What a unit has of what it could have: points / max, the one figure a ranking compares. */
#ifndef NGANAM_PAR_FRACTION_H
#define NGANAM_PAR_FRACTION_H

#include "par/decimal.h"

struct fraction {
    struct decimal points; /* ≥ 0; above max with a bonus */
    struct decimal max;    /* ≥ 0; 0: everything left the total, no index */
};

/* Decimals a leaf's points and maxima may have (criteria.h refuses more), and the largest maximum.
 */
#define FRACTION_DECIMALS 4u
#define FRACTION_MAX_POINTS INT64_C(100000)
#define FRACTION_KEY_SIZE 17u

/* By cross-multiplication, exactly: −1, 0, 1. A fraction with max 0 stands below all others and
 * equal to its like. */
int fraction_compare(struct fraction a, struct fraction b);

/* Bytes that compare (memcmp) as the fractions do: equal fractions give equal keys, 1/2 and 2/4
 * too, different ones different keys. The proof is in fraction.c. What tells usual fractions apart
 * stands in the first eight bytes. max 0 gives zeros, as 0/m does; the caller keeps those apart.
 * CHECKs 0 ≤ points, max ≤ FRACTION_MAX_POINTS, decimals. */
void fraction_key(struct fraction f, uint8_t out[static FRACTION_KEY_SIZE]);

/* points / max × 100 rounded half up for showing; CHECKs max > 0. */
struct decimal fraction_index(struct fraction f, uint32_t decimals);

#endif
