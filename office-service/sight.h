/* The state somebody looks at: as it is, or as it was (--at), with the root of the log it was
 * folded from. A state that is still being folded again (a rebuild that runs, or was broken off) is
 * not looked at: what the mirror gives is replayed then, which is slower and the same. */
#ifndef NGANAM_OFFICE_SIGHT_H
#define NGANAM_OFFICE_SIGHT_H

#include "office-service/replay.h"

struct sight {
    struct mirror_view view; /* of the present */
    struct replay replay;    /* of the past */
    const struct kv *kv;
    struct set_cache *sets;
    struct hash root;
};

/* at: as at_resolve reads it; NULL: all there is. Errors are those of at_resolve and replay_run.
 * The struct must not move afterwards; sight_close is needed whatever comes back. */
enum ng_err sight_open(struct mirror *m, const char *at, struct sight *s) NG_MUST_USE;

/* Ends the transaction: before anything is printed, for nobody knows how long that takes. */
void sight_release(struct sight *s);
void sight_close(struct sight *s); /* a zeroed one is fine */

#endif
