/* Two clocks that cannot be mixed up. Wall time stands only in records; every wait, lease and
 * back-off uses the monotonic one. Cores never call this file: they are given `now`. */
#ifndef NGANAM_BASE_CLOCK_H
#define NGANAM_BASE_CLOCK_H

#include <stdint.h>

struct mono {
    int64_t ms; /* since boot, suspended time included (CLOCK_BOOTTIME) */
};

struct mono clock_mono(void);
int64_t clock_wall_ms(void); /* since 1970, UTC */
int64_t clock_mono_us(void); /* for measuring only */

static inline struct mono clock_after(struct mono t, int64_t ms)
{
    return (struct mono){t.ms + ms};
}

/* b − a in ms */
static inline int64_t clock_between_ms(struct mono a, struct mono b)
{
    return b.ms - a.ms;
}

#endif
