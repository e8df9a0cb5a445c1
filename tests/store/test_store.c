/* Goal: store.h's promises, main path first. Method: real LMDB in a temporary folder. */
#include "harness.h"
#include "store/store.h"

static const char *const tables[] = {"a", "b", NULL};

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

static struct store *open_at(const char *path)
{
    const struct store_config config = {
        .path = path, .tables = tables, .format = "test", .format_version = 1, .create = true, .map_bytes=65536};
    struct store *s = NULL;
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &s), NG_OK);
    return s;
}

static enum ng_err put_many(struct store_txn *t, void *context)
{
    const unsigned *count = context;
    static const uint8_t big[1000];
    for (unsigned i = 0; i < *count; i++) {
        struct store_key_u64 key = store_key_u64(i);
        enum ng_err err = store_put(t, 1, STORE_KEY(key), (struct bytes){big, sizeof(big)});
        if (err != NG_OK) {
            return err_wrap(err, "put %u", i);
        }
    }
    return NG_OK;
}

static void store_grows_its_map_and_runs_the_write_again(void)
{
    char folder[256];
    test_folder(folder, sizeof(folder));
    struct store *s = open_at(folder);
    unsigned count = 3000;
    CU_ASSERT_EQUAL(store_write(s, put_many, &count), NG_OK);
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(s, &t), NG_OK);
    uint64_t have = 0;
    CU_ASSERT_EQUAL(store_count(t, 1, &have), NG_OK);
    CU_ASSERT_EQUAL(have, 3000);
    store_end_read(&t);
    store_close(&s);
    s = open_at(folder);
    store_close(&s);
    test_remove_folder(folder);
}

static const struct test_case cases[] = {
    TEST_CASE(store_grows_its_map_and_runs_the_write_again),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("store", cases, argc, argv);
}
