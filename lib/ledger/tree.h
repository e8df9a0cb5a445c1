/* RFC 6962 Merkle tree arithmetic; no store, no clock. Complete subtrees are read through a
 * function, so a proof costs O(log n) reads wherever the nodes lie. */
#ifndef NGANAM_LEDGER_TREE_H
#define NGANAM_LEDGER_TREE_H

#include "ledger/hash.h"

#define TREE_PROOF_MAX 130 /* hashes: enough for sizes to 2^64 */

struct tree_proof {
    struct hash hashes[TREE_PROOF_MAX];
    size_t count;
};

/* Complete subtree of 2^level leaves whose first leaf is index × 2^level. */
typedef enum ng_err (*tree_read_fn)(void *context, unsigned level, uint64_t index,
                                    struct hash *ret_hash);

/* A growing tree's right edge: one hash for each 1-bit of size, largest subtree first. Plain data
 * (a mirror stores it). */
struct tree_edge {
    uint64_t size;
    struct hash hashes[64];
};

struct hash tree_empty_root(void);
struct hash tree_node(const struct hash *left, const struct hash *right);

/* Adds one leaf hash. Each subtree completed by it is told to `emit` (may be NULL). */
typedef enum ng_err (*tree_emit_fn)(void *context, unsigned level, uint64_t index,
                                    const struct hash *hash);
enum ng_err tree_edge_add(struct tree_edge *e, const struct hash *leaf, tree_emit_fn emit,
                          void *context) NG_MUST_USE;
struct hash tree_edge_root(const struct tree_edge *e);
enum ng_err tree_edge_read(uint64_t size, tree_read_fn read, void *context,
                           struct tree_edge *ret) NG_MUST_USE;

enum ng_err tree_root(uint64_t size, tree_read_fn read, void *context,
                      struct hash *ret) NG_MUST_USE;

/* NG_ERR_INPUT unless index < size, or old_size ≤ new_size. A proof from size 0 or to the same size
 * is empty. */
enum ng_err tree_inclusion(uint64_t index, uint64_t size, tree_read_fn read, void *context,
                           struct tree_proof *ret) NG_MUST_USE;
enum ng_err tree_consistency(uint64_t old_size, uint64_t new_size, tree_read_fn read, void *context,
                             struct tree_proof *ret) NG_MUST_USE;

/* NG_ERR_VERIFY unless the proof is exactly right (length too). From size 0 nothing can be proved,
 * so that is refused: a party that knows no head yet has nothing to check. */
enum ng_err tree_verify_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
                                  const struct hash *proof, size_t count,
                                  const struct hash *root) NG_MUST_USE;
enum ng_err tree_verify_consistency(uint64_t old_size, uint64_t new_size,
                                    const struct hash *old_root, const struct hash *new_root,
                                    const struct hash *proof, size_t count) NG_MUST_USE;

#endif
