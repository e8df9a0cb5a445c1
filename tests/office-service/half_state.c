/* The state that a rebuild leaves when it is broken off, for test_storage.py of tests/town.
 *
 * half_state DATA LEAVES: the mirror of DATA stays whole, its state is folded from the first LEAVES
 * leaves alone. (A real rebuild commits some thousand leaves at a time: no small town would do.)
 */
#include "office-service/mirror_in.h"
#include "office-service/mirror_marks.h"

#include <stdio.h>
#include <stdlib.h>

struct half {
    struct mirror *mirror;
    uint64_t leaves;
};

static enum ng_err fold_half(struct store_txn *t, void *context)
{
    const struct half *h = context;
    struct kv_store state;
    enum ng_err err = store_clear(t, MIRROR_STATE);
    kv_store_init(&state, t, MIRROR_STATE);
    h->mirror->txn = t;
    for (uint64_t index = 0; index < h->leaves && !err; index++) {
        struct bytes leaf;
        struct hash hash;
        err = mirror_get_leaf(t, index, &leaf, &hash);
        err = err ? err : fold_apply(h->mirror->fold, &state.kv, index, leaf);
    }
    kv_store_fini(&state);
    return err;
}

int main(int argc, char **argv)
{
    struct half h = {0};
    if (argc != 3) {
        (void)fprintf(stderr, "half_state DATA LEAVES\n");
        return 2;
    }
    h.leaves = strtoull(argv[2], NULL, 10);
    enum ng_err err = mirror_open(argv[1], MIRROR_WRITE, &h.mirror);
    err = err ? err : store_write(h.mirror->store, fold_half, &h);
    mirror_close(&h.mirror);
    if (err) {
        (void)fprintf(stderr, "half_state: %s\n", err_explain(err));
    }
    return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
