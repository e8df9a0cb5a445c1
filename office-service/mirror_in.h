/* Private: what the files of the mirror share. */
#ifndef NGANAM_OFFICE_MIRROR_IN_H
#define NGANAM_OFFICE_MIRROR_IN_H

#include "office-service/kv_held.h"
#include "office-service/mirror.h"

struct mirror {
    char *folder;
    uint64_t interval; /* leaves between snapshots */
    struct store *store;
    struct fold *fold;
    struct judge_log log;  /* the mirror's own leaves … */
    struct store_txn *txn; /* … as the batch sees them that is folded now */
    bool judges;
    size_t accused; /* of the newest batch: the leaf that is against the rules; SIZE_MAX: none */
    struct party_reader reader;
    bool checked; /* state and marks, since they were opened */
};

/* A view of a state that nobody vouches for: to mend it, or to compare it with the log. */
enum ng_err mirror_view_unchecked(struct mirror *m, struct mirror_view *v) NG_MUST_USE;

/* NG_ERR_VERIFY, naming it, if it is missing or not what it was. Borrowed. */
enum ng_err mirror_get_leaf(struct store_txn *t, uint64_t index, struct bytes *ret_leaf,
                            struct hash *ret_hash) NG_MUST_USE;

/* Folds all of the mirror again into an emptied state, with new snapshots (mirror_rebuild.c). */
enum ng_err mirror_refold(struct mirror *m) NG_MUST_USE;

/* ---- Milestones and snapshots (mirror_keep.c) ---- */

/* Whether a batch from one size to another ends at a milestone: the first size in its interval. */
bool mirror_passes_milestone(const struct mirror *m, uint64_t before, uint64_t after);
/* Notes the log's root at this size. */
enum ng_err mirror_put_milestone(struct store_txn *t, const struct tree_edge *edge) NG_MUST_USE;
/* After the batch of a milestone is committed: writes the snapshot if it will be kept, and takes
 * old ones away. One that cannot be written is missed, logged, and no reason to stop. newest: size
 * of the log as far as it is known. */
void mirror_keep_snapshot(struct mirror *m, const struct tree_edge *edge, uint64_t newest);

#endif
