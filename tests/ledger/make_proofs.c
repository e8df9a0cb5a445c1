/* Proofs for others to check: make_proofs ALL SIZE COUNT SEED > FILE.
 *
 * Inclusion and consistency proofs of all pairs of sizes 1 … ALL, then COUNT random ones of each
 * kind in a log of SIZE leaves, made by lib/ledger/tree.c. Leaf number i is its number in decimal
 * digits. One line a proof: "i" INDEX SIZE or "c" OLD NEW, then the hashes in hex. What the roots
 * are is for the checker to find out. */
#include "base/rng.h"
#include "ledger/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 40 };

static struct hash *levels[LEVELS];

static enum ng_err emit(void *context, unsigned level, uint64_t index, const struct hash *hash)
{
    (void)context;
    levels[level][index] = *hash;
    return NG_OK;
}

static enum ng_err read_node(void *context, unsigned level, uint64_t index, struct hash *ret)
{
    (void)context;
    *ret = levels[level][index];
    return NG_OK;
}

static int grow(uint64_t size)
{
    struct tree_edge edge = {.size = 0};
    for (unsigned level = 0; level < LEVELS; level++) {
        levels[level] = calloc((size >> level) + 1, sizeof(struct hash));
        if (levels[level] == NULL) {
            return EXIT_FAILURE;
        }
    }
    for (uint64_t i = 0; i < size; i++) {
        char text[24];
        const int length = snprintf(text, sizeof(text), "%llu", (unsigned long long)i);
        const struct hash hash = hash_prefixed(
            0, (struct bytes){(const uint8_t *)text, (size_t)length}, (struct bytes){NULL, 0});
        if (tree_edge_add(&edge, &hash, emit, NULL) != NG_OK) {
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}

static int print_proof(char kind, uint64_t a, uint64_t b)
{
    struct tree_proof proof;
    const enum ng_err err = kind == 'i' ? tree_inclusion(a, b, read_node, NULL, &proof)
                                        : tree_consistency(a, b, read_node, NULL, &proof);
    if (err != NG_OK) {
        return EXIT_FAILURE;
    }
    (void)printf("%c %llu %llu", kind, (unsigned long long)a, (unsigned long long)b);
    for (size_t i = 0; i < proof.count; i++) {
        (void)putchar(' ');
        for (size_t k = 0; k < HASH_SIZE; k++) {
            (void)printf("%02x", proof.hashes[i].bytes[k]);
        }
    }
    (void)putchar('\n');
    return EXIT_SUCCESS;
}

static int print_all(uint64_t all)
{
    int failed = 0;
    for (uint64_t size = 1; size <= all; size++) {
        for (uint64_t a = 0; a < size; a++) {
            failed |= print_proof('i', a, size);
            failed |= print_proof('c', a + 1, size);
        }
    }
    return failed;
}

static int print_some(uint64_t size, uint64_t count, uint64_t seed)
{
    struct rng rng = rng_seeded(seed);
    int failed = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t b = 1 + rng_below(&rng, size);
        failed |= print_proof('i', rng_below(&rng, b), b);
        failed |= print_proof('c', 1 + rng_below(&rng, b), b);
    }
    return failed;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        return 2;
    }
    const uint64_t all = strtoull(argv[1], NULL, 10);
    const uint64_t size = strtoull(argv[2], NULL, 10);
    const uint64_t count = strtoull(argv[3], NULL, 10);
    const uint64_t seed = strtoull(argv[4], NULL, 10);
    return grow(size > all ? size : all) || print_all(all) || print_some(size, count, seed) ||
           fflush(stdout) != 0;
}
