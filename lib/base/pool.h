/* Work shared out to a few threads and waited for (fork and join). For pure functions over a turn's
 * items, signatures above all: the caller takes part, so nothing waits for a thread that sleeps.
 *
 * The threads hold no state between runs and may be ended at any time between them. */
#ifndef NGANAM_BASE_POOL_H
#define NGANAM_BASE_POOL_H

#include "base/err.h"

#include <stddef.h>

#define POOL_THREADS_MAX 16u

struct pool;

/* So many threads beside the caller's; 0 is allowed: the caller does all. They inherit the caller's
 * signal mask: block first what they must not take. NG_ERR_NOMEM, NG_ERR_AGAIN (no more threads).
 */
enum ng_err pool_new(unsigned threads, struct pool **ret) NG_MUST_USE;
void pool_destroy(struct pool **p);

/* Calls fn(context, i) once for each i below count, in any order and from several threads at once,
 * and returns when all are done: what they wrote is then seen by the caller. fn must not use the
 * pool, nor err_ details across items. One caller at a time. A NULL pool: the caller does all. */
typedef void (*pool_fn)(void *context, size_t i);
void pool_run(struct pool *p, pool_fn fn, void *context, size_t count);

/* A good number of threads for this machine: one a further core, at most `most`. */
unsigned pool_threads(unsigned most);

#endif
