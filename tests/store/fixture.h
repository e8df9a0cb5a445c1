/* A store of two tables in a temporary folder, and short ways to write and read in it. */
#ifndef NGANAM_TESTS_STORE_FIXTURE_H
#define NGANAM_TESTS_STORE_FIXTURE_H

#include "base/log.h"
#include "harness.h"
#include "store/store.h"

enum { TABLE_A, TABLE_B };
static const char *const fixture_tables[] = {"a", "b", NULL};

struct place {
    char folder[200];
    char path[256]; /* of the store */
};

static inline struct place place_new(void)
{
    struct place p;
    log_init("test", LOG_WARNING); /* growth is told at info */
    test_folder(p.folder, sizeof(p.folder));
    (void)snprintf(p.path, sizeof(p.path), "%s/store", p.folder);
    return p;
}

static inline struct store_config config_at(const struct place *p)
{
    return (struct store_config){.path = p->path,
                                 .tables = fixture_tables,
                                 .format = "test",
                                 .format_version = 3,
                                 .create = true,
                                 .map_bytes = 65536};
}

static inline struct store *store_at(const struct place *p)
{
    struct store_config config = config_at(p);
    struct store *s = NULL;
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &s), NG_OK);
    return s;
}

static inline struct bytes text_bytes(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static inline bool same_text(struct bytes b, const char *text)
{
    return b.size == strlen(text) && memcmp(b.data, text, b.size) == 0;
}

struct pair {
    unsigned table;
    const char *key;
    const char *value; /* NULL: remove */
    enum ng_err end;   /* what the function returns after it */
};

static inline enum ng_err fixture_put(struct store_txn *t, void *context)
{
    const struct pair *p = context;
    enum ng_err err = p->value != NULL
                          ? store_put(t, p->table, text_bytes(p->key), text_bytes(p->value))
                          : store_remove(t, p->table, text_bytes(p->key));
    return err != NG_OK ? err : p->end;
}

static inline enum ng_err put_text(struct store *s, const char *key, const char *value)
{
    struct pair p = {TABLE_A, key, value, NG_OK};
    return store_write(s, fixture_put, &p);
}

/* What table a holds under key, "" if nothing. */
static inline bool holds(struct store *s, const char *key, const char *value)
{
    struct store_txn *t = NULL;
    struct bytes have = {0};
    if (store_begin_read(s, &t) != NG_OK) {
        return false;
    }
    enum ng_err err = store_get(t, TABLE_A, text_bytes(key), &have);
    bool same = err == NG_OK ? same_text(have, value) : err == NG_ERR_NOT_FOUND && value[0] == '\0';
    store_end_read(&t);
    return same;
}

/* Entries 0 … count − 1 of 1000 bytes in table b. */
static inline enum ng_err fixture_fill(struct store_txn *t, void *context)
{
    static const uint8_t big[1000];
    const unsigned *count = context;
    enum ng_err err = store_clear(t, TABLE_B);
    for (unsigned i = 0; err == NG_OK && i < *count; i++) {
        struct store_key_u64 key = store_key_u64(i);
        err = store_append(t, TABLE_B, STORE_KEY(key), (struct bytes){big, sizeof(big)});
    }
    return err;
}

static inline enum ng_err fill(struct store *s, unsigned count)
{
    return store_write(s, fixture_fill, &count);
}

/* Entries in table b; UINT64_MAX if it cannot be read. */
static inline uint64_t count_b(struct store *s)
{
    struct store_txn *t = NULL;
    uint64_t count = UINT64_MAX;
    if (store_begin_read(s, &t) == NG_OK) {
        if (store_count(t, TABLE_B, &count) != NG_OK) {
            count = UINT64_MAX;
        }
        store_end_read(&t);
    }
    return count;
}

#endif
