/* One cursor serves all seeks of a transaction; LMDB keeps it right through changes. Once there is
 * one it serves the gets too: a key on the page where it stands is found without going down the
 * tree, and whoever reads a board goes through each table in order of its keys. A walk asks for the
 * smallest key behind the last; where nothing was changed that is the cursor's next. */
#include "office-service/kv_store.h"

#include <string.h>

static enum ng_err table_get(void *self, struct bytes key, struct bytes *ret_value)
{
    struct kv_store *s = self;
    s->at.data = NULL;
    return s->cursor ? store_cursor_find(s->cursor, key, ret_value)
                     : store_get(s->txn, s->table, key, ret_value);
}

static enum ng_err table_put(void *self, struct bytes key, struct bytes value)
{
    struct kv_store *s = self;
    s->changed = true;
    return store_put(s->txn, s->table, key, value);
}

static enum ng_err table_remove(void *self, struct bytes key)
{
    struct kv_store *s = self;
    s->changed = true;
    enum ng_err err = store_remove(s->txn, s->table, key);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* The smallest key greater than `at` is `at` with a zero byte behind. */
static bool is_behind(struct bytes key, struct bytes at)
{
    return at.data && key.size == at.size + 1 && key.data[at.size] == 0 &&
           memcmp(key.data, at.data, at.size) == 0;
}

static enum ng_err table_seek(void *self, struct bytes key, struct bytes *ret_key,
                              struct bytes *ret_value)
{
    struct kv_store *s = self;
    if (!s->cursor) {
        enum ng_err err = store_cursor_open(s->txn, s->table, &s->cursor);
        if (err) {
            return err;
        }
    }
    const bool next = !s->changed && is_behind(key, s->at);
    enum ng_err err = next ? store_cursor_next(s->cursor, ret_key, ret_value)
                           : store_cursor_seek(s->cursor, key, ret_key, ret_value);
    s->at = err ? (struct bytes){0} : *ret_key; /* borrowed for as long as nothing is changed */
    return err;
}

static const struct kv_ops table_ops = {
    .get = table_get,
    .put = table_put,
    .remove = table_remove,
    .seek = table_seek,
};

void kv_store_init(struct kv_store *s, struct store_txn *txn, unsigned table)
{
    s->txn = txn;
    s->table = table;
    s->cursor = NULL;
    s->at = (struct bytes){0};
    s->changed = false;
    s->kv = (struct kv){&table_ops, s};
}

void kv_store_fini(struct kv_store *s)
{
    store_cursor_close(&s->cursor);
}
