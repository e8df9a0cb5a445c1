/* Last words, for lib/store alone. LMDB believes what stands in a page: of a damaged one it may
 * read where nothing is mapped (SIGSEGV), divide by nothing (SIGFPE), or meet an assertion of its
 * own; and a page that the file no longer has is SIGBUS for whoever touches it. None of these can
 * be gone on from, so the process ends as after any other failure of its store: one line that says
 * what, where and what to do, and the exit status of storage. */
#ifndef NGANAM_STORE_STORE_GUARD_H
#define NGANAM_STORE_STORE_GUARD_H

#include "base/buf.h"

#include <stdbool.h>

struct store_guard {
    struct buf line; /* made at open: a signal handler can make nothing */
};

/* detail: an error's, of damage in this store. From the first on, the handlers are in place. */
enum ng_err store_guard_init(struct store_guard *g, const char *detail) NG_MUST_USE;
/* A zeroed one is fine. */
void store_guard_fini(struct store_guard *g);

/* Writes the line and ends the process. */
_Noreturn void store_guard_end(const struct store_guard *g);

/* Of this thread. Faults of other code stay what they are, so it is set around each of LMDB's
 * calls and no further. Volatile: for the handler, which the compiler does not see coming. */
struct store_guard_mark {
    const struct store_guard *volatile store; /* the last one entered */
    volatile bool inside;
};
extern _Thread_local struct store_guard_mark store_guard_mark;

static inline void store_guard_enter(const struct store_guard *g)
{
    store_guard_mark.store = g;
    store_guard_mark.inside = true;
}

static inline void store_guard_leave(void)
{
    store_guard_mark.inside = false;
}

#endif
