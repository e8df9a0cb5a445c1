/* The machine without us: the same libraries, nothing of ours between them. */
#ifndef NGANAM_TESTS_BENCH_BARE_H
#define NGANAM_TESTS_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>

/* Each takes about `seconds`; rates a second, 0 when it could not be done (said on stderr). */
double bare_sync_us(const char *folder, double seconds); /* one fdatasync after a 4 KiB append */
double bare_commits(const char *folder, unsigned batch, double seconds); /* entries a second */
double bare_verify(double seconds); /* Ed25519, of a statement's header and 200 bytes */
double bare_sign(double seconds);
double bare_hash(double seconds); /* SHA-256 of 256 bytes, one context used again */

/* Messages of `size` bytes a second that `clients` DEALERs get echoed by one ROUTER under CURVE,
 * each with `window` on their way. With `loop` the ROUTER checks one Ed25519 signature of each,
 * puts it into LMDB, and answers after the synced commit of all that came in a turn: what a broker
 * of one thread can be at best. Clients are processes; they prepare their messages before the
 * clock. */
struct bare_loop {
    unsigned clients, window;
    size_t size;
    bool loop;
    double seconds;
};
double bare_loop(const char *folder, const struct bare_loop *how);

#endif
