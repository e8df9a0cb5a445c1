/* The tree's hashes as stored: with each leaf its own hash and those of the subtrees it completed.
 * For lib/ledger alone. */
#ifndef NGANAM_LEDGER_LEDGER_NODES_H
#define NGANAM_LEDGER_LEDGER_NODES_H

#include "ledger/tree.h"
#include "store/store.h"

/* One leaf's record. hashes[level] is the complete subtree of 2^level leaves that ends with it. */
struct ledger_nodes {
    uint64_t end; /* of the leaf in the stream */
    size_t count;
    struct hash hashes[64];
};

/* How many hashes the leaf's record holds: 1 + the number of 1-bits that end its index. */
size_t ledger_nodes_count(uint64_t index);

/* NG_ERR_CORRUPT when there is none of the right form. */
enum ng_err ledger_nodes_get(struct store_txn *t, uint64_t index,
                             struct ledger_nodes *ret) NG_MUST_USE;
enum ng_err ledger_nodes_append(struct store_txn *t, uint64_t index,
                                const struct ledger_nodes *nodes) NG_MUST_USE;

/* Where the leaf lies in the stream; its hash too. */
struct ledger_nodes_place {
    uint64_t at;
    size_t size;
    struct hash hash;
};
enum ng_err ledger_nodes_place(struct store_txn *t, uint64_t index,
                               struct ledger_nodes_place *ret) NG_MUST_USE;

/* A tree_read_fn; the context is the struct store_txn. */
enum ng_err ledger_nodes_read(void *txn, unsigned level, uint64_t index,
                              struct hash *ret_hash) NG_MUST_USE;

#endif
