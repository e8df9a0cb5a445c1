/* Goal: of a mirror only leaves that have their hash are given, and what is wrong is named by its
 * index. Method: a store of the office's form with five leaves, one missing, one altered and one
 * without bytes. */
#include "harness.h"

#include "audit/mirror_leaves.h"
#include "ledger/leaf.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { MISSING = 1, ALTERED = 2, EMPTY = 3, COUNT = 5 };

static char folder[200];

static enum ng_err fill(struct store_txn *t, void *context)
{
    (void)context;
    for (uint64_t i = 0; i < COUNT; i++) {
        const struct store_key_u64 key = store_key_u64(i);
        uint8_t value[HASH_SIZE + 4] = {0};
        memcpy(value + HASH_SIZE, "leaf", 4);
        const struct hash hash = leaf_hash((struct bytes){value + HASH_SIZE, 4});
        memcpy(value, hash.bytes, HASH_SIZE);
        value[HASH_SIZE] = i == ALTERED ? 'L' : 'l';
        const size_t size = i == EMPTY ? HASH_SIZE : sizeof(value);
        enum ng_err err =
            i == MISSING ? NG_OK : store_append(t, 0, STORE_KEY(key), (struct bytes){value, size});
        if (err != NG_OK) {
            return err;
        }
    }
    return NG_OK;
}

static void begin(void)
{
    static const char *const tables[] = {"leaves", "state", "marks", NULL};
    char path[220];
    struct store *store = NULL;
    test_folder(folder, sizeof(folder));
    (void)snprintf(path, sizeof(path), "%s/" MIRROR_LEAVES_FOLDER, folder);
    const struct store_config config = {.path = path,
                                        .tables = tables,
                                        .format = MIRROR_LEAVES_FORMAT,
                                        .format_version = MIRROR_LEAVES_VERSION,
                                        .create = true,
                                        .sealed = true};
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &store), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_write(store, fill, NULL), NG_OK);
    store_close(&store);
}

static void only_leaves_that_have_their_hash_are_given(void)
{
    struct mirror_leaves *m = NULL;
    struct bytes leaf = {NULL, 0};
    begin();
    CU_ASSERT_EQUAL_FATAL(mirror_leaves_open(folder, &m), NG_OK);
    CU_ASSERT_EQUAL(mirror_leaves_count(m), COUNT - 1);
    CU_ASSERT_EQUAL(mirror_leaves_get(m, 0, &leaf), NG_OK);
    CU_ASSERT_EQUAL(leaf.size, 4);
    CU_ASSERT_EQUAL(memcmp(leaf.data, "leaf", 4), 0);
    for (uint64_t i = MISSING; i <= EMPTY; i++) {
        char named[30];
        (void)snprintf(named, sizeof(named), "message %u", (unsigned)i);
        CU_ASSERT_EQUAL(mirror_leaves_get(m, i, &leaf), NG_ERR_VERIFY);
        CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), named));
    }
    CU_ASSERT_EQUAL(mirror_leaves_get(m, COUNT - 1, &leaf), NG_OK);
    mirror_leaves_close(&m);
    mirror_leaves_close(&m);
    test_remove_folder(folder);
}

static void a_folder_without_one_is_not_found(void)
{
    struct mirror_leaves *m = NULL;
    test_folder(folder, sizeof(folder));
    CU_ASSERT_EQUAL(mirror_leaves_open(folder, &m), NG_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NULL(m);
    test_remove_folder(folder);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(only_leaves_that_have_their_hash_are_given),
        TEST_CASE(a_folder_without_one_is_not_found),
        {0},
    };
    return test_main("mirror_leaves", cases, argc, argv);
}
