/* Whether the wall clock may be written into the log: one jump must not poison a year of deadlines.
 * Pure. The wall clock is trusted while it runs beside the boot clock, and while it is not behind
 * the last leaf; otherwise statements wait until it returns, or an operator accepts it. */
#ifndef NGANAM_BROKER_CLOCK_GUARD_H
#define NGANAM_BROKER_CLOCK_GUARD_H

#include "base/clock.h"

#include <stdbool.h>

#define CLOCK_GUARD_LIMIT_MS (5 * 60 * 1000)

struct clock_guard {
    int64_t offset_ms;    /* wall − boot, as trusted */
    int64_t last_leaf_ms; /* of the last leaf at the start; INT64_MIN once accepted */
};

void clock_guard_init(struct clock_guard *g, struct mono mono, int64_t wall_ms,
                      int64_t last_leaf_ms);
/* By how many ms the wall clock is off (ahead: positive), 0 when it is trusted. */
int64_t clock_guard_off_ms(const struct clock_guard *g, struct mono mono, int64_t wall_ms);
/* The operator says that the wall clock is right as it is now. */
void clock_guard_accept(struct clock_guard *g, struct mono mono, int64_t wall_ms);

#endif
