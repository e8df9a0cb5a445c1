/* xoroshiro128+ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), its
 * state filled by splitmix64 so that seeds 0, 1, 2… give unrelated streams. */
#include "base/rng.h"

#include "base/check.h"
#include "base/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

static uint64_t splitmix(uint64_t *x)
{
    *x += 0x9E3779B97F4A7C15U;
    uint64_t z = *x;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

struct rng rng_seeded(uint64_t seed)
{
    struct rng r;
    r.state[0] = splitmix(&seed);
    r.state[1] = splitmix(&seed);
    return r;
}

struct rng rng_from_system(void)
{
    uint64_t seed = 0;
    ssize_t got;
    do {
        got = getrandom(&seed, sizeof(seed), 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof(seed)) {
        /* Jitter only, so a kernel without getrandom is no reason to stop. */
        seed = (uint64_t)clock_mono_us() ^ (uint64_t)getpid() << 40;
    }
    return rng_seeded(seed);
}

static uint64_t rotate_left(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

uint64_t rng_next(struct rng *r)
{
    uint64_t a = r->state[0];
    uint64_t b = r->state[1];
    uint64_t result = a + b;
    b ^= a;
    r->state[0] = rotate_left(a, 24) ^ b ^ b << 16;
    r->state[1] = rotate_left(b, 37);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t bound)
{
    CHECK(bound > 0);
    /* Numbers below 2^64 mod bound are thrown away, so that every remainder is equally likely. */
    uint64_t unfair = (UINT64_MAX - bound + 1) % bound;
    uint64_t v;
    do {
        v = rng_next(r);
    } while (v < unfair);
    return v % bound;
}
