/* The office's own copy of the log and the state folded from it, in one store (DATA/state). One
 * process writes it, the holder of DATA/fold.lock; any number read beside it.
 *
 * Leaves come verified from the party's reader; leaves, state, edge and head are stored in one
 * transaction. A leaf lies beside its own hash and is hashed again whenever it is read: LMDB pages
 * carry no checksum. Replays also compare the root of all of them with the stored edge. */
#ifndef NGANAM_OFFICE_MIRROR_H
#define NGANAM_OFFICE_MIRROR_H

#include "audit/source.h"
#include "ledger/leaf.h"
#include "ledger/note.h"
#include "ledger/tree.h"
#include "office-service/fold.h"
#include "office-service/kv_store.h"
#include "party/party.h"

struct mirror;

/* MADE_UP, for tests: as WRITE, of leaves that no broker has judged, and so are not judged here. */
enum mirror_mode { MIRROR_READ, MIRROR_WRITE, MIRROR_MADE_UP };

/* WRITE: the caller holds the fold lock; makes the store if there is none, and folds the mirror
 * again if the state in it is of another format (STATE_FORMAT), as after an upgrade. READ:
 * NG_ERR_NOT_FOUND if there is none, or none of this format. */
enum ng_err mirror_open(const char *folder, enum mirror_mode mode, struct mirror **ret) NG_MUST_USE;
void mirror_close(struct mirror **m);

/* Whether a rebuild that runs, or was broken off, has left leaves unfolded. */
enum ng_err mirror_is_behind(struct mirror *m, bool *ret) NG_MUST_USE;
/* Folds what an interrupted rebuild left unfolded: before the first batch is taken. */
enum ng_err mirror_catch_up(struct mirror *m) NG_MUST_USE;

/* Snapshots are kept at about every so many leaves (SHELF_INTERVAL unless said otherwise). */
void mirror_keep_every(struct mirror *m, uint64_t leaves);
const char *mirror_folder(const struct mirror *m);
/* Whether leaves are judged before they are folded. */
bool mirror_judges(const struct mirror *m);

/* What party_run feeds; borrowed. */
struct party_reader *mirror_reader(struct mirror *m);

/* ---- Reading: a snapshot of state and leaves ---- */

struct mirror_view {
    struct store_txn *txn;
    struct kv_store state;
    struct set_cache *sets; /* borrowed from the mirror */
    struct tree_edge edge;
};

/* The first one since the mirror was opened makes sure that no row of the state is lost or old
 * (store_check). The view must not move while it is open. */
enum ng_err mirror_view_begin(struct mirror *m, struct mirror_view *v) NG_MUST_USE;
void mirror_view_end(struct mirror_view *v); /* a view never begun is fine if zeroed */
const struct kv *mirror_view_state(const struct mirror_view *v);

/* The newest verified head; NG_ERR_NOT_FOUND before the first. */
enum ng_err mirror_view_head(const struct mirror_view *v, struct note_head *ret) NG_MUST_USE;

/* NG_ERR_VERIFY, naming it, if the leaf is not what it was; NG_ERR_NOT_FOUND. Borrowed. ret_hash:
 * the leaf's hash in the tree. */
enum ng_err mirror_view_leaf(const struct mirror_view *v, uint64_t index, struct bytes *ret_leaf,
                             struct hash *ret_hash) NG_MUST_USE;

/* The log's root at a size that was noted on the way (once an interval); NG_ERR_NOT_FOUND. */
enum ng_err mirror_view_milestone(const struct mirror_view *v, uint64_t size,
                                  struct hash *ret_root) NG_MUST_USE;

/* NG_ERR_VERIFY unless the edge, of leaves just read, is the view's own. */
enum ng_err mirror_view_is_whole(const struct mirror_view *v,
                                 const struct tree_edge *edge) NG_MUST_USE;

/* Compares the state with a replay of the mirror from its beginning, byte by byte, and the leaves
 * with the log's root. NG_ERR_VERIFY names the first difference in a person's words. */
enum ng_err mirror_check(struct mirror *m) NG_MUST_USE;

/* The same, folded from an export of the log (export_open), every message of which must be the
 * mirror's; NG_ERR_REFUSED, and nothing compared, where the mirror has not all of them yet. What
 * came after the export is folded from the mirror. NG_ERR_VERIFY also for an export that is
 * damaged. ret_size: of the export. */
enum ng_err mirror_check_export(struct mirror *m, struct source *export,
                                uint64_t *ret_size) NG_MUST_USE;

/* ---- The log in it ---- */

/* The mirror as a source (audit/source.h), beside the party whose log it is; both borrowed. */
enum ng_err mirror_source(struct mirror *m, struct party *p, struct source *ret) NG_MUST_USE;

/* ---- Writing ---- */

/* Checks every leaf, then folds the mirror again from the beginning into an emptied state, and
 * keeps new snapshots in place of the old. Can be run again after an interruption. */
enum ng_err mirror_rebuild(struct mirror *m) NG_MUST_USE;

#endif
