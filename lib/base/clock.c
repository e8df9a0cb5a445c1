#include "base/clock.h"

#include "base/check.h"

#include <time.h>

static struct timespec read_clock(clockid_t id)
{
    struct timespec t = {0};
    int failed = clock_gettime(id, &t);
    CHECK(failed == 0); /* only a wrong id can fail */
    return t;
}

struct mono clock_mono(void)
{
    struct timespec t = read_clock(CLOCK_BOOTTIME);
    return (struct mono){(int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000};
}

int64_t clock_wall_ms(void)
{
    struct timespec t = read_clock(CLOCK_REALTIME);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    struct timespec t = read_clock(CLOCK_MONOTONIC);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
