#include "broker/clock_guard.h"

void clock_guard_init(struct clock_guard *g, struct mono mono, int64_t wall_ms,
                      int64_t last_leaf_ms)
{
    *g = (struct clock_guard){.offset_ms = wall_ms - mono.ms, .last_leaf_ms = last_leaf_ms};
}

int64_t clock_guard_off_ms(const struct clock_guard *g, struct mono mono, int64_t wall_ms)
{
    int64_t off = wall_ms - mono.ms - g->offset_ms;
    if (off > CLOCK_GUARD_LIMIT_MS || off < -CLOCK_GUARD_LIMIT_MS) {
        return off;
    }
    if (g->last_leaf_ms != INT64_MIN && g->last_leaf_ms - wall_ms > CLOCK_GUARD_LIMIT_MS) {
        return wall_ms - g->last_leaf_ms;
    }
    return 0;
}

void clock_guard_accept(struct clock_guard *g, struct mono mono, int64_t wall_ms)
{
    clock_guard_init(g, mono, wall_ms, INT64_MIN);
}
