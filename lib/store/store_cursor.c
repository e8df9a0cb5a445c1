#include "base/check.h"
#include "store/store.h"
#include "store/store_env.h"

#include "base/lang.h"

#include <stdlib.h>

struct store_cursor {
    struct store_txn *txn;
    MDB_cursor *mdb;
};

enum ng_err store_cursor_open(struct store_txn *t, unsigned table, struct store_cursor **ret_cursor)
{
    struct store_cursor *c = malloc(sizeof(*c));
    if (c == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", t->store->path);
    }
    c->txn = t;
    int code = mdb_cursor_open(t->mdb, store_env_table(t, table), &c->mdb);
    if (code != MDB_SUCCESS) {
        free(c);
        return store_env_error(t->store, code, N_("read"));
    }
    *ret_cursor = c;
    return NG_OK;
}

void store_cursor_close(struct store_cursor **c)
{
    if (c != NULL && *c != NULL) {
        mdb_cursor_close((*c)->mdb);
        free(*c);
        *c = NULL;
    }
}

static enum ng_err cursor_move(struct store_cursor *c, struct bytes from, MDB_cursor_op how,
                               struct bytes *ret_key, struct bytes *ret_value)
{
    MDB_val k = store_env_val(from);
    MDB_val v = {0};
    int code = mdb_cursor_get(c->mdb, &k, &v, how);
    if (code == MDB_SUCCESS) {
        *ret_key = store_env_bytes(k);
        *ret_value = store_env_bytes(v);
    }
    return store_env_error(c->txn->store, code, N_("read"));
}

enum ng_err store_cursor_seek(struct store_cursor *c, struct bytes key, struct bytes *ret_key,
                              struct bytes *ret_value)
{
    if (key.size == 0) {
        return cursor_move(c, key, MDB_FIRST, ret_key, ret_value);
    }
    enum ng_err err = store_env_check_key(c->txn, key);
    return err != NG_OK ? err : cursor_move(c, key, MDB_SET_RANGE, ret_key, ret_value);
}

enum ng_err store_cursor_find(struct store_cursor *c, struct bytes key, struct bytes *ret_value)
{
    struct bytes found;
    enum ng_err err = store_env_check_key(c->txn, key);
    return err != NG_OK ? err : cursor_move(c, key, MDB_SET_KEY, &found, ret_value);
}

enum ng_err store_cursor_next(struct store_cursor *c, struct bytes *ret_key,
                              struct bytes *ret_value)
{
    return cursor_move(c, (struct bytes){0}, MDB_NEXT, ret_key, ret_value);
}

enum ng_err store_cursor_prev(struct store_cursor *c, struct bytes *ret_key,
                              struct bytes *ret_value)
{
    return cursor_move(c, (struct bytes){0}, MDB_PREV, ret_key, ret_value);
}

enum ng_err store_cursor_last(struct store_cursor *c, struct bytes *ret_key,
                              struct bytes *ret_value)
{
    return cursor_move(c, (struct bytes){0}, MDB_LAST, ret_key, ret_value);
}
