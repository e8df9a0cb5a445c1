/* Goal: what a disk changed in a sealed store is noticed, a row that seems to be missing included.
 * Method: seals of random rows with every bit turned; then a store whose file is changed behind its
 * back, in a value and in a key, and read in each way. */
#include "fixture.h"

#include "base/file.h"
#include "base/rng.h"
#include "store/store_seal.h"

enum { ROWS = 300 };

static void seal_sees_each_turned_bit(void)
{
    struct rng rng = rng_seeded(20261126);
    uint8_t key[24], row[60 + STORE_SEAL_SIZE];
    for (unsigned round = 0; round < 200; round++) {
        const size_t key_size = 1 + rng_below(&rng, sizeof(key));
        const size_t size = rng_below(&rng, 61);
        for (size_t i = 0; i < sizeof(key) + size; i++) {
            *(i < sizeof(key) ? &key[i] : &row[i - sizeof(key)]) = (uint8_t)rng_below(&rng, 256);
        }
        store_seal_put((struct bytes){key, key_size}, row, size);
        struct bytes value = {row, size + STORE_SEAL_SIZE};
        CU_ASSERT_TRUE(store_seal_take((struct bytes){key, key_size}, &value));
        CU_ASSERT_EQUAL(value.size, size);
        for (size_t bit = 0; bit < 8 * (key_size + size + STORE_SEAL_SIZE); bit++) {
            uint8_t *at = bit / 8 < key_size ? &key[bit / 8] : &row[bit / 8 - key_size];
            *at ^= (uint8_t)(1u << bit % 8);
            value = (struct bytes){row, size + STORE_SEAL_SIZE};
            CU_ASSERT_FALSE(store_seal_take((struct bytes){key, key_size}, &value));
            *at ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void seal_needs_its_own_size(void)
{
    uint8_t row[STORE_SEAL_SIZE];
    store_seal_put(text_bytes("k"), row, 0);
    struct bytes value = {row, sizeof(row)};
    CU_ASSERT_TRUE(store_seal_take(text_bytes("k"), &value));
    CU_ASSERT_EQUAL(value.size, 0);
    value = (struct bytes){row, sizeof(row) - 1};
    CU_ASSERT_FALSE(store_seal_take(text_bytes("k"), &value));
}

/* ---- A store that is changed behind its back ---- */

static struct store_config sealed_at(const struct place *p)
{
    struct store_config config = config_at(p);
    config.sealed = true;
    return config;
}

static struct store *open_sealed(const struct place *p)
{
    const struct store_config config = sealed_at(p);
    struct store *s = NULL;
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &s), NG_OK);
    return s;
}

static void name_row(unsigned number, char ret_key[16], char ret_value[24])
{
    (void)snprintf(ret_key, 16, "key-%04u-end", number);
    (void)snprintf(ret_value, 24, "value-of-%04u", number);
}

static enum ng_err put_rows(struct store_txn *t, void *context)
{
    (void)context;
    enum ng_err err = NG_OK;
    char key[16], value[24];
    for (unsigned i = 0; i < ROWS && err == NG_OK; i++) {
        name_row(i * 2, key, value);
        err = store_put(t, TABLE_A, text_bytes(key), text_bytes(value));
    }
    return err;
}

static struct place place_of_rows(void)
{
    struct place p = place_new();
    struct store *s = open_sealed(&p);
    CU_ASSERT_EQUAL_FATAL(store_write(s, put_rows, NULL), NG_OK);
    store_close(&s);
    return p;
}

/* Wherever `old` stands in the file, `new` stands afterwards. */
static void change_file(const struct place *p, const char *old, const char *new)
{
    char path[300];
    struct buf data = BUF_INIT(1u << 24);
    unsigned found = 0;
    (void)snprintf(path, sizeof(path), "%s/data.mdb", p->path);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &data), NG_OK);
    for (size_t i = 0; i + strlen(old) <= data.size; i++) {
        if (memcmp(data.data + i, old, strlen(old)) == 0) {
            memcpy(data.data + i, new, strlen(new));
            found++;
        }
    }
    CU_ASSERT_TRUE(found > 0);
    CU_ASSERT_EQUAL_FATAL(file_write(path, data.data, data.size, 0600), NG_OK);
    buf_fini(&data);
}

static enum ng_err get_row(struct store *s, const char *key)
{
    struct store_txn *t = NULL;
    struct bytes value;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(s, &t), NG_OK);
    enum ng_err err = store_get(t, TABLE_A, text_bytes(key), &value);
    store_end_read(&t);
    return err;
}

/* NG_ERR_NOT_FOUND: every row was read. */
static enum ng_err walk(struct store *s)
{
    struct store_txn *t = NULL;
    struct store_cursor *c = NULL;
    struct bytes key, value;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(s, &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_cursor_open(t, TABLE_A, &c), NG_OK);
    enum ng_err err = store_cursor_seek(c, (struct bytes){0}, &key, &value);
    while (err == NG_OK) {
        err = store_cursor_next(c, &key, &value);
    }
    store_cursor_close(&c);
    store_end_read(&t);
    return err;
}

static void sealed_store_gives_back_what_was_put(void)
{
    struct place p = place_of_rows();
    struct store *s = open_sealed(&p);
    char key[16], value[24];
    for (unsigned i = 0; i < 2 * ROWS; i++) {
        name_row(i, key, value);
        CU_ASSERT_EQUAL(get_row(s, key), i % 2 == 0 ? NG_OK : NG_ERR_NOT_FOUND);
    }
    CU_ASSERT_EQUAL(get_row(s, "a"), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(get_row(s, "z"), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(walk(s), NG_ERR_NOT_FOUND);
    store_close(&s);
    test_remove_folder(p.folder);
}

static void sealed_store_notices_a_changed_value(void)
{
    struct place p = place_of_rows();
    change_file(&p, "value-of-0300", "value-of-0309");
    struct store *s = open_sealed(&p);
    CU_ASSERT_EQUAL(get_row(s, "key-0300-end"), NG_ERR_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), p.path));
    CU_ASSERT_EQUAL(get_row(s, "key-0302-end"), NG_OK);
    CU_ASSERT_EQUAL(walk(s), NG_ERR_CORRUPT);
    store_close(&s);
    test_remove_folder(p.folder);
}

/* The row under its changed key is refused, and so is the claim that there is none under its own.
 */
static void sealed_store_believes_no_miss_beside_damage(void)
{
    static const char *const keys[] = {"key-0301-end", "key-0000-end", "kez-0300-end"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct place p = place_of_rows();
        change_file(&p, "key-0300-end", keys[i]);
        struct store *s = open_sealed(&p);
        CU_ASSERT_EQUAL(get_row(s, "key-0300-end"), NG_ERR_CORRUPT);
        CU_ASSERT_EQUAL(walk(s), NG_ERR_CORRUPT);
        store_close(&s);
        test_remove_folder(p.folder);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(seal_sees_each_turned_bit),
    TEST_CASE(seal_needs_its_own_size),
    TEST_CASE(sealed_store_gives_back_what_was_put),
    TEST_CASE(sealed_store_notices_a_changed_value),
    TEST_CASE(sealed_store_believes_no_miss_beside_damage),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("store_seal", cases, argc, argv);
}
