/* Random numbers: a seeded generator for jitter and simulation (never for keys, which come from
 * libsodium), and a way to seed it from the system. */
#ifndef NGANAM_BASE_RNG_H
#define NGANAM_BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state[2];
};

struct rng rng_seeded(uint64_t seed);
struct rng rng_from_system(void);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t bound); /* 0 … bound − 1, unbiased; bound > 0 */

#endif
