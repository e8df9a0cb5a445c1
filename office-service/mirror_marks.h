/* Inside the mirror: the few single values it keeps beside leaves and state. */
#ifndef NGANAM_OFFICE_MIRROR_MARKS_H
#define NGANAM_OFFICE_MIRROR_MARKS_H

#include "ledger/note.h"
#include "ledger/tree.h"
#include "store/store.h"

/* The store's tables, in this order. */
enum { MIRROR_LEAVES, MIRROR_STATE, MIRROR_MARKS };

/* The edge of the leaves that are stored; an empty tree's where there are none. */
enum ng_err mirror_marks_get_edge(struct store_txn *t, struct tree_edge *ret) NG_MUST_USE;
enum ng_err mirror_marks_put_edge(struct store_txn *t, const struct tree_edge *edge) NG_MUST_USE;

/* The newest verified head; NG_ERR_NOT_FOUND. */
enum ng_err mirror_marks_get_head(struct store_txn *t, struct note_head *ret) NG_MUST_USE;
enum ng_err mirror_marks_put_head(struct store_txn *t, const struct note_head *head) NG_MUST_USE;

/* The format of the state (state.h, STATE_FORMAT); a store without the mark is of the first. */
enum ng_err mirror_marks_get_format(struct store_txn *t, uint32_t *ret) NG_MUST_USE;
enum ng_err mirror_marks_put_format(struct store_txn *t, uint32_t format) NG_MUST_USE;

#endif
