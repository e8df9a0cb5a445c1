/* Looking into an office's state from beside it, as every reader does. */
#ifndef NGANAM_TESTS_BENCH_WATCH_H
#define NGANAM_TESTS_BENCH_WATCH_H

#include "bench/town.h"
#include "office-service/mirror.h"

/* The office's mirror, for reading; NULL (said on stderr) if it cannot be opened. */
struct mirror *watch_open(const struct town *t);
/* Leaves folded so far. */
enum ng_err watch_applied(struct mirror *m, uint64_t *ret) NG_MUST_USE;
/* Leaves in the broker's log, as the broker's own command says. */
bool watch_log_size(const struct town *t, uint64_t *ret);

#endif
