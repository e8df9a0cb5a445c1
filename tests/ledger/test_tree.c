/* Merkle trees against a naive twin.
 *
 * Method: the twin is RFC 6962 §2.1 written down as it stands, recursive, with remembered subtree
 * roots. For every pair of sizes up to 130 the proofs must be the twin's byte for byte and must
 * verify, and every change to one must be refused. Sizes up to 2^64 − 1 are reached with a tree
 * whose leaves are all the same, so that a complete subtree's hash depends on its level alone.
 */
#include "base/rng.h"
#include "harness.h"
#include "ledger/tree.h"

enum { SIZE_MAX_TRIED = 130 };

static struct hash leaf_at(uint64_t index)
{
    return hash_prefixed(0x00, (struct bytes){(const uint8_t *)&index, sizeof(index)},
                         (struct bytes){NULL, 0});
}

/* ---- The twin ---- */

static struct hash twin_memory[SIZE_MAX_TRIED + 1][SIZE_MAX_TRIED + 1];
static bool twin_known[SIZE_MAX_TRIED + 1][SIZE_MAX_TRIED + 1];

static uint64_t twin_split(uint64_t n)
{
    uint64_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    return k;
}

/* MTH(D[first : first + n]) */
static struct hash twin_root(uint64_t first, uint64_t n)
{
    if (n == 0) {
        return hash_of("", 0);
    }
    if (twin_known[first][n]) {
        return twin_memory[first][n];
    }
    struct hash h = leaf_at(first);
    if (n > 1) {
        uint64_t k = twin_split(n);
        struct hash left = twin_root(first, k);
        struct hash right = twin_root(first + k, n - k);
        h = hash_prefixed(0x01, HASH_BYTES(left), HASH_BYTES(right));
    }
    twin_memory[first][n] = h;
    twin_known[first][n] = true;
    return h;
}

/* PATH(m, D[first : first + n]), appended */
static void twin_path(uint64_t m, uint64_t first, uint64_t n, struct tree_proof *p)
{
    if (n == 1) {
        return;
    }
    uint64_t k = twin_split(n);
    if (m < k) {
        twin_path(m, first, k, p);
        p->hashes[p->count++] = twin_root(first + k, n - k);
    } else {
        twin_path(m - k, first + k, n - k, p);
        p->hashes[p->count++] = twin_root(first, k);
    }
}

/* SUBPROOF(m, D[first : first + n], b), appended */
static void twin_subproof(uint64_t m, uint64_t first, uint64_t n, bool b, struct tree_proof *p)
{
    if (m == n) {
        if (!b) {
            p->hashes[p->count++] = twin_root(first, n);
        }
        return;
    }
    uint64_t k = twin_split(n);
    if (m <= k) {
        twin_subproof(m, first, k, b, p);
        p->hashes[p->count++] = twin_root(first + k, n - k);
    } else {
        twin_subproof(m - k, first + k, n - k, false, p);
        p->hashes[p->count++] = twin_root(first, k);
    }
}

static enum ng_err read_twin(void *context, unsigned level, uint64_t index, struct hash *ret)
{
    uint64_t size = UINT64_C(1) << level;
    (void)context;
    CU_ASSERT_FATAL(level < 8 && (index + 1) * size <= SIZE_MAX_TRIED); /* complete subtrees only */
    *ret = twin_root(index * size, size);
    return NG_OK;
}

static bool same_proof(const struct tree_proof *a, const struct tree_proof *b)
{
    return a->count == b->count && memcmp(a->hashes, b->hashes, a->count * HASH_SIZE) == 0;
}

/* ---- Roots ---- */

static void tree_grows_as_the_twin_does(void)
{
    struct tree_edge edge = {.size = 0};
    for (uint64_t n = 0; n <= SIZE_MAX_TRIED; n++) {
        struct hash expected = twin_root(0, n);
        struct hash root = tree_edge_root(&edge);
        CU_ASSERT(edge.size == n && hash_equal(&root, &expected));
        CU_ASSERT(tree_root(n, read_twin, NULL, &root) == NG_OK && hash_equal(&root, &expected));
        struct tree_edge read;
        CU_ASSERT_EQUAL(tree_edge_read(n, read_twin, NULL, &read), NG_OK);
        root = tree_edge_root(&read);
        CU_ASSERT(read.size == n && hash_equal(&root, &expected));
        if (n < SIZE_MAX_TRIED) {
            struct hash leaf = leaf_at(n);
            CU_ASSERT_EQUAL(tree_edge_add(&edge, &leaf, NULL, NULL), NG_OK);
        }
    }
    struct hash empty = tree_empty_root();
    struct hash zero = twin_root(0, 0);
    CU_ASSERT(hash_equal(&empty, &zero));
}

struct emitted {
    uint64_t count;
    enum ng_err fail;
};

static enum ng_err check_emitted(void *context, unsigned level, uint64_t index,
                                 const struct hash *hash)
{
    struct emitted *e = context;
    uint64_t size = UINT64_C(1) << level;
    struct hash expected = twin_root(index * size, size);
    CU_ASSERT(hash_equal(hash, &expected));
    e->count++;
    return e->fail;
}

static void tree_names_each_completed_subtree_once(void)
{
    struct tree_edge edge = {.size = 0};
    struct emitted e = {0, NG_OK};
    for (uint64_t n = 0; n < 128; n++) {
        struct hash leaf = leaf_at(n);
        CU_ASSERT_EQUAL(tree_edge_add(&edge, &leaf, check_emitted, &e), NG_OK);
    }
    CU_ASSERT_EQUAL(e.count, 255);
}

static void tree_edge_is_unchanged_when_emit_fails(void)
{
    struct tree_edge edge = {.size = 0};
    struct emitted e = {0, NG_OK};
    struct hash leaf = leaf_at(0);
    CU_ASSERT_EQUAL(tree_edge_add(&edge, &leaf, check_emitted, &e), NG_OK);
    e.fail = NG_ERR_FULL;
    leaf = leaf_at(1);
    CU_ASSERT_EQUAL(tree_edge_add(&edge, &leaf, check_emitted, &e), NG_ERR_FULL);
    struct hash root = tree_edge_root(&edge);
    struct hash expected = twin_root(0, 1);
    CU_ASSERT(edge.size == 1 && hash_equal(&root, &expected));
}

/* ---- Proofs of every pair ---- */

static void tree_inclusion_is_the_twins_for_every_leaf_and_size(void)
{
    for (uint64_t n = 1; n <= SIZE_MAX_TRIED; n++) {
        struct hash root = twin_root(0, n);
        for (uint64_t m = 0; m < n; m++) {
            struct tree_proof proof;
            struct tree_proof expected = {.count = 0};
            struct hash leaf = leaf_at(m);
            twin_path(m, 0, n, &expected);
            CU_ASSERT_EQUAL(tree_inclusion(m, n, read_twin, NULL, &proof), NG_OK);
            CU_ASSERT(same_proof(&proof, &expected));
            CU_ASSERT_EQUAL(tree_verify_inclusion(m, n, &leaf, proof.hashes, proof.count, &root),
                            NG_OK);
        }
    }
}

static void tree_consistency_is_the_twins_for_every_pair_of_sizes(void)
{
    for (uint64_t n = 1; n <= SIZE_MAX_TRIED; n++) {
        struct hash new_root = twin_root(0, n);
        for (uint64_t m = 1; m <= n; m++) {
            struct tree_proof proof;
            struct tree_proof expected = {.count = 0};
            struct hash old_root = twin_root(0, m);
            twin_subproof(m, 0, n, true, &expected);
            CU_ASSERT_EQUAL(tree_consistency(m, n, read_twin, NULL, &proof), NG_OK);
            CU_ASSERT(same_proof(&proof, &expected));
            CU_ASSERT_EQUAL(
                tree_verify_consistency(m, n, &old_root, &new_root, proof.hashes, proof.count),
                NG_OK);
        }
    }
}

/* ---- What must be refused ---- */

static void refuses_inclusion(uint64_t m, uint64_t n, const struct hash *leaf,
                              const struct tree_proof *p, size_t count, const struct hash *root)
{
    CU_ASSERT_EQUAL(tree_verify_inclusion(m, n, leaf, p->hashes, count, root), NG_ERR_VERIFY);
}

static void tree_refuses_every_changed_inclusion_proof(void)
{
    for (uint64_t n = 1; n <= 40; n++) {
        struct hash root = twin_root(0, n);
        for (uint64_t m = 0; m < n; m++) {
            struct tree_proof p;
            struct hash leaf = leaf_at(m);
            CU_ASSERT_EQUAL(tree_inclusion(m, n, read_twin, NULL, &p), NG_OK);
            for (size_t i = 0; i < p.count; i++) {
                p.hashes[i].bytes[i % 32] ^= 0x10;
                refuses_inclusion(m, n, &leaf, &p, p.count, &root);
                p.hashes[i].bytes[i % 32] ^= 0x10;
                refuses_inclusion(m, n, &leaf, &p, i, &root); /* cut short */
            }
            p.hashes[p.count] = root;
            refuses_inclusion(m, n, &leaf, &p, p.count + 1, &root);
            refuses_inclusion(n, n, &leaf, &p, p.count, &root);
            refuses_inclusion(UINT64_MAX, n, &leaf, &p, p.count, &root);
            struct hash other = leaf_at(m + 1);
            refuses_inclusion(m, n, &other, &p, p.count, &root);
            for (uint64_t wrong = 0; wrong < n; wrong++) {
                if (wrong != m) {
                    refuses_inclusion(wrong, n, &leaf, &p, p.count, &root);
                }
            }
        }
    }
    struct hash root = twin_root(0, 1);
    struct tree_proof none = {.count = 0};
    refuses_inclusion(0, 0, &root, &none, 0, &root);
}

static void refuses_consistency(uint64_t m, uint64_t n, const struct hash *old_root,
                                const struct hash *new_root, const struct tree_proof *p,
                                size_t count)
{
    CU_ASSERT_EQUAL(tree_verify_consistency(m, n, old_root, new_root, p->hashes, count),
                    NG_ERR_VERIFY);
}

static void tree_refuses_every_changed_consistency_proof(void)
{
    for (uint64_t n = 2; n <= 40; n++) {
        struct hash new_root = twin_root(0, n);
        for (uint64_t m = 1; m <= n; m++) {
            struct tree_proof p;
            struct hash old_root = twin_root(0, m);
            struct hash other = twin_root(0, m + 1);
            CU_ASSERT_EQUAL(tree_consistency(m, n, read_twin, NULL, &p), NG_OK);
            for (size_t i = 0; i < p.count; i++) {
                p.hashes[i].bytes[i % 32] ^= 1;
                refuses_consistency(m, n, &old_root, &new_root, &p, p.count);
                p.hashes[i].bytes[i % 32] ^= 1;
                refuses_consistency(m, n, &old_root, &new_root, &p, i);
            }
            refuses_consistency(m, n, &other, &new_root, &p, p.count);
            p.hashes[p.count] = old_root;
            refuses_consistency(m, n, &old_root, &new_root, &p, p.count + 1);
            refuses_consistency(n + 1, n, &old_root, &new_root, &p, p.count);
            refuses_consistency(0, n, &old_root, &new_root, &p, p.count);
            if (m < n) {
                refuses_consistency(m, n, &old_root, &old_root, &p, p.count);
                refuses_consistency(m, n, &new_root, &new_root, &p, p.count);
            }
        }
    }
}

static void tree_asks_for_nothing_that_is_not_there(void)
{
    struct tree_proof p;
    CU_ASSERT_EQUAL(tree_inclusion(5, 5, read_twin, NULL, &p), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(tree_inclusion(0, 0, read_twin, NULL, &p), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(tree_consistency(6, 5, read_twin, NULL, &p), NG_ERR_INPUT);
    CU_ASSERT(tree_consistency(0, 5, read_twin, NULL, &p) == NG_OK && p.count == 0);
    CU_ASSERT(tree_consistency(5, 5, read_twin, NULL, &p) == NG_OK && p.count == 0);
}

/* ---- Sizes that no memory holds ---- */

static struct hash level_hashes[64];

static enum ng_err read_level(void *context, unsigned level, uint64_t index, struct hash *ret)
{
    (void)context;
    (void)index;
    *ret = level_hashes[level];
    return NG_OK;
}

static void tree_holds_at_sizes_up_to_2_to_the_64(void)
{
    struct rng rng = rng_seeded(6962);
    level_hashes[0] = leaf_at(0);
    for (unsigned level = 1; level < 64; level++) {
        level_hashes[level] = tree_node(&level_hashes[level - 1], &level_hashes[level - 1]);
    }
    for (int i = 0; i < 400; i++) {
        uint64_t n = i == 0 ? UINT64_MAX : (rng_next(&rng) >> rng_below(&rng, 60)) | 1;
        uint64_t m = 1 + rng_below(&rng, n);
        struct hash old_root;
        struct hash new_root;
        struct tree_proof p;
        CU_ASSERT_EQUAL(tree_root(m, read_level, NULL, &old_root), NG_OK);
        CU_ASSERT_EQUAL(tree_root(n, read_level, NULL, &new_root), NG_OK);
        CU_ASSERT_EQUAL(tree_inclusion(m - 1, n, read_level, NULL, &p), NG_OK);
        CU_ASSERT_EQUAL(
            tree_verify_inclusion(m - 1, n, &level_hashes[0], p.hashes, p.count, &new_root), NG_OK);
        CU_ASSERT_EQUAL(tree_consistency(m, n, read_level, NULL, &p), NG_OK);
        CU_ASSERT_EQUAL(tree_verify_consistency(m, n, &old_root, &new_root, p.hashes, p.count),
                        NG_OK);
        struct tree_edge edge;
        CU_ASSERT_EQUAL(tree_edge_read(n - 1, read_level, NULL, &edge), NG_OK);
        CU_ASSERT_EQUAL(tree_edge_add(&edge, &level_hashes[0], NULL, NULL), NG_OK);
        struct hash grown = tree_edge_root(&edge);
        CU_ASSERT(hash_equal(&grown, &new_root));
    }
    struct tree_edge full;
    CU_ASSERT_EQUAL(tree_edge_read(UINT64_MAX, read_level, NULL, &full), NG_OK);
    CU_ASSERT_EQUAL(tree_edge_add(&full, &level_hashes[0], NULL, NULL), NG_ERR_LIMIT);
}

static enum ng_err read_fails(void *context, unsigned level, uint64_t index, struct hash *ret)
{
    (void)level;
    (void)index;
    unsigned *left = context;
    *ret = level_hashes[0];
    return (*left)-- == 0 ? NG_ERR_IO : NG_OK;
}

static void tree_passes_a_failed_read_on(void)
{
    for (unsigned good = 0; good < 3; good++) {
        struct tree_proof p;
        struct hash root;
        struct tree_edge edge;
        unsigned left = good;
        CU_ASSERT_EQUAL(tree_inclusion(11, 23, read_fails, &left, &p), NG_ERR_IO);
        left = good;
        CU_ASSERT_EQUAL(tree_consistency(11, 23, read_fails, &left, &p), NG_ERR_IO);
        left = good;
        CU_ASSERT_EQUAL(tree_root(23, read_fails, &left, &root), NG_ERR_IO);
        left = good;
        CU_ASSERT_EQUAL(tree_edge_read(23, read_fails, &left, &edge), NG_ERR_IO);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(tree_grows_as_the_twin_does),
    TEST_CASE(tree_names_each_completed_subtree_once),
    TEST_CASE(tree_edge_is_unchanged_when_emit_fails),
    TEST_CASE(tree_inclusion_is_the_twins_for_every_leaf_and_size),
    TEST_CASE(tree_consistency_is_the_twins_for_every_pair_of_sizes),
    TEST_CASE(tree_refuses_every_changed_inclusion_proof),
    TEST_CASE(tree_refuses_every_changed_consistency_proof),
    TEST_CASE(tree_asks_for_nothing_that_is_not_there),
    TEST_CASE(tree_holds_at_sizes_up_to_2_to_the_64),
    TEST_CASE(tree_passes_a_failed_read_on),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("tree", cases, argc, argv);
}
