/* When to try again: exponential with full jitter, so that thousands who lost the same broker do
 * not return in the same second. Pure: time and chance are given. */
#ifndef NGANAM_NET_BACKOFF_H
#define NGANAM_NET_BACKOFF_H

#include "base/clock.h"
#include "base/rng.h"

struct backoff {
    int64_t ms_min;
    int64_t ms_max;
    unsigned failures; /* in a row */
};

/* 0 < ms_min ≤ ms_max. */
void backoff_init(struct backoff *b, int64_t ms_min, int64_t ms_max);
void backoff_reset(struct backoff *b); /* it worked */
/* After a failure: the moment of the next try, now + ms_min … min(ms_max, 2 × ms_min × 2^failures),
 * evenly spread. */
struct mono backoff_next(struct backoff *b, struct mono now, struct rng *rng);

#endif
