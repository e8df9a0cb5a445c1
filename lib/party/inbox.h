/* The inbox: verified leaves that are addressed to this party or to everyone, by their index. */
#ifndef NGANAM_PARTY_INBOX_H
#define NGANAM_PARTY_INBOX_H

#include "store/store.h"

/* Leaves must come in order: NG_ERR_CORRUPT below what is kept as the next index. */
enum ng_err inbox_keep(struct store_txn *t, uint64_t index, struct bytes leaf) NG_MUST_USE;
/* Where to read on; in the transaction that keeps the leaves before it. */
enum ng_err inbox_set_next(struct store_txn *t, uint64_t next_index) NG_MUST_USE;
enum ng_err inbox_next(struct store_txn *t, uint64_t *ret_next_index) NG_MUST_USE;

/* The first leaf with index ≥ from, borrowed; NG_ERR_NOT_FOUND at the end. */
enum ng_err inbox_find(struct store_txn *t, uint64_t from, uint64_t *ret_index,
                       struct bytes *ret_leaf) NG_MUST_USE;
/* The newest leaf's index; NG_ERR_NOT_FOUND while there is none. */
enum ng_err inbox_last(struct store_txn *t, uint64_t *ret_index) NG_MUST_USE;

#endif
