/* Work shared out to a few threads and waited for (fork and join). For pure functions over a turn's
 * items, signatures above all: the caller takes part, so nothing waits for a thread that sleeps.
 *
 * The threads hold no state between runs and may be ended at any time between them. */
#ifndef NGANAM_BASE_WORKERS_H
#define NGANAM_BASE_WORKERS_H

#include "base/err.h"

#include <stddef.h>

#define WORKERS_MAX 16u

struct workers;

/* So many threads beside the caller's, or as many as the machine gives; 0 is allowed: the caller
 * does all. They inherit the caller's signal mask: block first what they must not take.
 * NG_ERR_NOMEM. */
enum ng_err workers_new(unsigned threads, struct workers **ret) NG_MUST_USE;
void workers_destroy(struct workers **p);

/* Calls fn(context, i) once for each i below count, in any order and from several threads at once,
 * and returns when all are done: what they wrote is then seen by the caller. fn must not use the
 * workers, nor err_ details across items. One caller at a time. NULL: the caller does all. */
typedef void (*workers_fn)(void *context, size_t i);
void workers_run(struct workers *p, workers_fn fn, void *context, size_t count);

/* A good number of threads for this machine: one a further core, at most `most`. */
unsigned workers_threads(unsigned most);

#endif
