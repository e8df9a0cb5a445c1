#include "party/inbox.h"

#include "base/bytes.h"
#include "party/tables.h"

enum ng_err inbox_next(struct store_txn *t, uint64_t *ret_next_index)
{
    return tables_get_u64(t, TABLES_INBOX_NEXT, ret_next_index);
}

enum ng_err inbox_set_next(struct store_txn *t, uint64_t next_index)
{
    return tables_put_u64(t, TABLES_INBOX_NEXT, next_index);
}

enum ng_err inbox_keep(struct store_txn *t, uint64_t index, struct bytes leaf)
{
    uint64_t next = 0;
    const struct store_key_u64 key = store_key_u64(index);
    const enum ng_err e = inbox_next(t, &next);
    if (e) {
        return e;
    }
    if (index < next) {
        return tables_damaged("inbox", index);
    }
    return store_put(t, TABLES_INBOX, STORE_KEY(key), leaf);
}

static enum ng_err read_index(struct bytes key, uint64_t *ret_index)
{
    if (key.size != 8) {
        return tables_damaged("inbox", 0);
    }
    *ret_index = bytes_get_u64(key.data);
    return NG_OK;
}

enum ng_err inbox_find(struct store_txn *t, uint64_t from, uint64_t *ret_index,
                       struct bytes *ret_leaf)
{
    struct store_cursor *c = NULL;
    const struct store_key_u64 start = store_key_u64(from);
    struct bytes key;
    enum ng_err e = store_cursor_open(t, TABLES_INBOX, &c);
    if (!e) {
        e = store_cursor_seek(c, STORE_KEY(start), &key, ret_leaf);
    }
    if (!e) {
        e = read_index(key, ret_index);
    }
    store_cursor_close(&c);
    return e;
}

enum ng_err inbox_last(struct store_txn *t, uint64_t *ret_index)
{
    struct store_cursor *c = NULL;
    struct bytes key, leaf;
    enum ng_err e = store_cursor_open(t, TABLES_INBOX, &c);
    if (!e) {
        e = store_cursor_last(c, &key, &leaf);
    }
    if (!e) {
        e = read_index(key, ret_index);
    }
    store_cursor_close(&c);
    return e;
}
