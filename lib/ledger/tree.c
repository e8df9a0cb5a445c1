/* RFC 6962 Merkle trees.
 *
 * The idea: the tree of n leaves is the fold, right to left, of the complete subtrees that n's
 * binary digits name; everything here walks such digits, so nothing recurses and every proof reads
 * O(log n) complete subtrees. Proofs are collected from the root downward and turned round at the
 * end, since they are written leaf side first.
 *
 * Happy path: tree_edge_add grows the tree and names each subtree that a leaf completes; whoever
 * stored those can have any root or proof of any size from then on. Verifying needs no store: it
 * follows RFC 9162 §2.1.3.2 and §2.1.4.2, which are stated for the same trees and name each step.
 *
 * What fails: a read (its error is passed on), and a proof that is not exactly the one.
 */
#include "ledger/tree.h"

#include "base/check.h"
#include "base/lang.h"

#include <string.h>

struct hash tree_empty_root(void)
{
    return hash_of("", 0);
}

struct hash tree_node(const struct hash *left, const struct hash *right)
{
    return hash_prefixed(0x01, HASH_BYTES(*left), HASH_BYTES(*right));
}

static unsigned tree_bits(uint64_t n)
{
    unsigned count = 0;
    for (; n != 0; n &= n - 1) {
        count++;
    }
    return count;
}

/* The largest power of two below n; n > 1. */
static uint64_t tree_split(uint64_t n)
{
    uint64_t k = 1;
    while (k < n - k) {
        k *= 2;
    }
    return k;
}

enum ng_err tree_edge_add(struct tree_edge *e, const struct hash *leaf, tree_emit_fn emit,
                          void *context)
{
    if (e->size == UINT64_MAX) {
        return err_set(NG_ERR_LIMIT, _("no more entries fit into the log"));
    }
    struct hash h = *leaf;
    unsigned top = tree_bits(e->size);
    unsigned level = 0;
    uint64_t index = e->size;
    for (;;) {
        enum ng_err err = emit == NULL ? NG_OK : emit(context, level, index, &h);
        if (err != NG_OK) {
            return err; /* the edge is as it was */
        }
        if ((index & 1) == 0) {
            break;
        }
        h = tree_node(&e->hashes[--top], &h);
        level++;
        index >>= 1;
    }
    e->hashes[top] = h;
    e->size++;
    return NG_OK;
}

struct hash tree_edge_root(const struct tree_edge *e)
{
    unsigned count = tree_bits(e->size);
    if (count == 0) {
        return tree_empty_root();
    }
    struct hash h = e->hashes[--count];
    while (count > 0) {
        h = tree_node(&e->hashes[--count], &h);
    }
    return h;
}

/* The edge of the size leaves that begin at first, a multiple of a power of two ≥ size. */
static enum ng_err tree_range_edge(uint64_t first, uint64_t size, tree_read_fn read, void *context,
                                   struct tree_edge *ret)
{
    unsigned count = 0;
    for (unsigned level = 64; level-- > 0;) {
        if (((size >> level) & 1) != 0) {
            uint64_t index = (first >> level) + ((size >> level) - 1);
            enum ng_err e = read(context, level, index, &ret->hashes[count++]);
            if (e != NG_OK) {
                return e;
            }
        }
    }
    ret->size = size;
    return NG_OK;
}

static enum ng_err tree_range_root(uint64_t first, uint64_t size, tree_read_fn read, void *context,
                                   struct hash *ret)
{
    struct tree_edge edge;
    enum ng_err e = tree_range_edge(first, size, read, context, &edge);
    if (e == NG_OK) {
        *ret = tree_edge_root(&edge);
    }
    return e;
}

enum ng_err tree_edge_read(uint64_t size, tree_read_fn read, void *context, struct tree_edge *ret)
{
    memset(ret, 0, sizeof(*ret)); /* what lies behind the edge is stored by some, never read */
    return tree_range_edge(0, size, read, context, ret);
}

enum ng_err tree_root(uint64_t size, tree_read_fn read, void *context, struct hash *ret)
{
    return tree_range_root(0, size, read, context, ret);
}

/* Adds the root of a range to a proof that is being collected from the root downward. */
static enum ng_err tree_collect(struct tree_proof *p, uint64_t first, uint64_t size,
                                tree_read_fn read, void *context)
{
    CHECK(p->count < TREE_PROOF_MAX);
    enum ng_err e = tree_range_root(first, size, read, context, &p->hashes[p->count]);
    p->count += e == NG_OK ? 1 : 0;
    return e;
}

static void tree_turn_round(struct tree_proof *p)
{
    for (size_t i = 0; i < p->count / 2; i++) {
        struct hash h = p->hashes[i];
        p->hashes[i] = p->hashes[p->count - 1 - i];
        p->hashes[p->count - 1 - i] = h;
    }
}

/* RFC 6962 §2.1.1: PATH(m, D[n]). */
enum ng_err tree_inclusion(uint64_t index, uint64_t size, tree_read_fn read, void *context,
                           struct tree_proof *ret)
{
    if (index >= size) {
        return err_set(NG_ERR_INPUT, _("there is no entry %llu in a log of %llu entries"),
                       (unsigned long long)index, (unsigned long long)size);
    }
    uint64_t first = 0;
    uint64_t n = size;
    ret->count = 0;
    while (n > 1) {
        uint64_t k = tree_split(n);
        bool left = index - first < k;
        enum ng_err e = left ? tree_collect(ret, first + k, n - k, read, context)
                             : tree_collect(ret, first, k, read, context);
        if (e != NG_OK) {
            return e;
        }
        first += left ? 0 : k;
        n = left ? k : n - k;
    }
    tree_turn_round(ret);
    return NG_OK;
}

/* RFC 6962 §2.1.2: PROOF(m, D[n]). `whole` says that the old tree is still all of what is left, so
 * that the verifier knows its root already. */
enum ng_err tree_consistency(uint64_t old_size, uint64_t new_size, tree_read_fn read, void *context,
                             struct tree_proof *ret)
{
    if (old_size > new_size) {
        return err_set(NG_ERR_INPUT, _("no proof leads from %llu entries back to %llu"),
                       (unsigned long long)old_size, (unsigned long long)new_size);
    }
    ret->count = 0;
    if (old_size == 0) {
        return NG_OK;
    }
    uint64_t first = 0;
    uint64_t m = old_size;
    uint64_t n = new_size;
    bool whole = true;
    enum ng_err e = NG_OK;
    while (m < n && e == NG_OK) {
        uint64_t k = tree_split(n);
        if (m <= k) {
            e = tree_collect(ret, first + k, n - k, read, context);
            n = k;
        } else {
            e = tree_collect(ret, first, k, read, context);
            first += k;
            m -= k;
            n -= k;
            whole = false;
        }
    }
    if (e == NG_OK && !whole) {
        e = tree_collect(ret, first, n, read, context);
    }
    tree_turn_round(ret);
    return e;
}

/* ---- Verifying ---- */

/* Where a verifier stands: node `at` of the level whose last node is `last`. */
struct tree_walk {
    uint64_t at;
    uint64_t last;
};

/* True if the next hash of the proof is a left sibling; moves up to the next level that has one. */
static bool tree_walk_up(struct tree_walk *w)
{
    bool sibling_left = (w->at & 1) != 0 || w->at == w->last;
    if (sibling_left) {
        while ((w->at & 1) == 0 && w->at != 0) {
            w->at >>= 1;
            w->last >>= 1;
        }
    }
    w->at >>= 1;
    w->last >>= 1;
    return sibling_left;
}

static enum ng_err tree_refuse(const char *why)
{
    return err_set(NG_ERR_VERIFY, "%s", gettext(why));
}

enum ng_err tree_verify_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
                                  const struct hash *proof, size_t count, const struct hash *root)
{
    if (index >= size) {
        return tree_refuse(N_("the inclusion proof is for an entry beyond the end of the log"));
    }
    struct tree_walk w = {index, size - 1};
    struct hash h = *leaf;
    for (size_t i = 0; i < count; i++) {
        if (w.last == 0) {
            return tree_refuse(N_("the inclusion proof is too long"));
        }
        h = tree_walk_up(&w) ? tree_node(&proof[i], &h) : tree_node(&h, &proof[i]);
    }
    return w.last == 0 && hash_equal(&h, root)
               ? NG_OK
               : tree_refuse(N_("the inclusion proof does not hold: this entry is not in the log"));
}

enum ng_err tree_verify_consistency(uint64_t old_size, uint64_t new_size,
                                    const struct hash *old_root, const struct hash *new_root,
                                    const struct hash *proof, size_t count)
{
    if (old_size == 0 || old_size > new_size) {
        return tree_refuse(N_("the consistency proof runs from nothing, or backwards"));
    }
    if (old_size == new_size) {
        bool same = count == 0 && hash_equal(old_root, new_root);
        return same ? NG_OK : tree_refuse(N_("two logs of the same size have different roots"));
    }
    struct tree_walk w = {old_size - 1, new_size - 1};
    while ((w.at & 1) != 0) {
        w.at >>= 1;
        w.last >>= 1;
    }
    /* An old tree of 2^k leaves is itself the first node; the proof does not repeat its root. */
    size_t next = 0;
    struct hash from = *old_root;
    if (w.at != 0) {
        if (count == 0) {
            return tree_refuse(N_("the consistency proof is empty"));
        }
        from = proof[next++];
    }
    struct hash to = from;
    for (; next < count; next++) {
        if (w.last == 0) {
            return tree_refuse(N_("the consistency proof is too long"));
        }
        if (tree_walk_up(&w)) {
            from = tree_node(&proof[next], &from);
            to = tree_node(&proof[next], &to);
        } else {
            to = tree_node(&to, &proof[next]);
        }
    }
    bool holds = w.last == 0 && hash_equal(&from, old_root) && hash_equal(&to, new_root);
    return holds ? NG_OK
                 : tree_refuse(N_("the consistency proof does not hold: the new log does not "
                                  "continue the old one"));
}
