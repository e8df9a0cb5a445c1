/* The machine without us: the same libraries, nothing of ours between them. */
#ifndef NGANAM_TESTS_BENCH_BARE_H
#define NGANAM_TESTS_BENCH_BARE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Each takes about `seconds` and gives a rate a second; an error has its cause and its path. */
/* One fdatasync after a 4 KiB append, us. */
enum ng_err bare_sync_us(const char *folder, double seconds, double *ret) NG_MUST_USE;
/* Entries a second, so many in a full-sync commit. */
enum ng_err bare_commits(const char *folder, unsigned batch, double seconds,
                         double *ret) NG_MUST_USE;
/* Ed25519, of a statement's header and 200 bytes. */
enum ng_err bare_verify(double seconds, double *ret) NG_MUST_USE;
enum ng_err bare_sign(double seconds, double *ret) NG_MUST_USE;
/* SHA-256 of 256 bytes, one context used again. */
enum ng_err bare_hash(double seconds, double *ret) NG_MUST_USE;

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
enum ng_err bare_loop(const char *folder, const struct bare_loop *how, double *ret) NG_MUST_USE;

#endif
