#include "net/backoff.h"

#include "base/check.h"

void backoff_init(struct backoff *b, int64_t ms_min, int64_t ms_max)
{
    CHECK(ms_min > 0 && ms_min <= ms_max);
    *b = (struct backoff){.ms_min = ms_min, .ms_max = ms_max};
}

void backoff_reset(struct backoff *b)
{
    b->failures = 0;
}

struct mono backoff_next(struct backoff *b, struct mono now, struct rng *rng)
{
    int64_t limit = b->ms_min;
    for (unsigned i = 0; i <= b->failures && limit < b->ms_max; i++) {
        limit = limit < b->ms_max / 2 ? limit * 2 : b->ms_max;
    }
    if (limit < b->ms_max) {
        b->failures++;
    }
    int64_t spread = limit - b->ms_min;
    return clock_after(now, b->ms_min + (int64_t)rng_below(rng, (uint64_t)spread + 1));
}
