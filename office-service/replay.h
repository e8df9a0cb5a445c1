/* The state as it was when the log had so many leaves: from the nearest kept snapshot, or from the
 * beginning, onwards leaf by leaf. The mirror is read in short transactions, so that a replay
 * beside a running service keeps no page from being used again; memory holds only what changed
 * since the snapshot.
 *
 * Every leaf that is read is hashed. What lies behind `count` is not read. */
#ifndef NGANAM_OFFICE_REPLAY_H
#define NGANAM_OFFICE_REPLAY_H

#include "office-service/kv_overlay.h"
#include "office-service/mirror.h"
#include "office-service/snapshot.h"

struct replay {
    struct snapshot *base; /* NULL: from the beginning */
    struct kv_overlay state;
    struct fold *fold;
    struct tree_edge edge; /* of the leaves folded so far */
};

enum replay_from { REPLAY_FROM_SNAPSHOT, REPLAY_FROM_START };

/* To the state at `count` leaves, at most the mirror's (else NG_ERR_NOT_FOUND). A snapshot that is
 * damaged or of other rules or of another log is logged and passed over. The struct must not move;
 * replay_end is needed whatever comes back. NG_ERR_VERIFY names a damaged leaf. */
enum ng_err replay_run(struct replay *r, struct mirror *m, uint64_t count,
                       enum replay_from from) NG_MUST_USE;

/* Further on, within a view that the caller holds. */
enum ng_err replay_advance(struct replay *r, const struct mirror_view *v,
                           uint64_t count) NG_MUST_USE;
void replay_end(struct replay *r); /* a zeroed one is fine */

const struct kv *replay_state(const struct replay *r);
struct set_cache *replay_sets(struct replay *r);
struct hash replay_root(const struct replay *r);

#endif
