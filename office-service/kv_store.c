/* One cursor serves all seeks of a transaction; LMDB keeps it right through changes. Once there is
 * one it serves the gets too: a key on the page where it stands is found without going down the
 * tree, and whoever reads a board goes through each table in order of its keys. */
#include "office-service/kv_store.h"

static enum ng_err table_get(void *self, struct bytes key, struct bytes *ret_value)
{
    const struct kv_store *s = self;
    return s->cursor ? store_cursor_find(s->cursor, key, ret_value)
                     : store_get(s->txn, s->table, key, ret_value);
}

static enum ng_err table_put(void *self, struct bytes key, struct bytes value)
{
    const struct kv_store *s = self;
    return store_put(s->txn, s->table, key, value);
}

static enum ng_err table_remove(void *self, struct bytes key)
{
    const struct kv_store *s = self;
    enum ng_err err = store_remove(s->txn, s->table, key);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
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
    return store_cursor_seek(s->cursor, key, ret_key, ret_value);
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
    s->kv = (struct kv){&table_ops, s};
}

void kv_store_fini(struct kv_store *s)
{
    store_cursor_close(&s->cursor);
}
