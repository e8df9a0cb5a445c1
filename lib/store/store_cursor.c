#include "base/check.h"
#include "store/store.h"
#include "store/store_env.h"
#include "store/store_seal.h"

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
    const MDB_dbi dbi = store_env_table(t, table);
    int code = STORE_ENV_CALL(t->store, mdb_cursor_open(t->mdb, dbi, &c->mdb));
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

static int move(struct store_cursor *c, struct bytes from, MDB_cursor_op how, struct bytes *ret_key,
                struct bytes *ret_value)
{
    MDB_val k = store_env_val(from);
    MDB_val v = {0};
    int code = store_env_sane(mdb_cursor_get(c->mdb, &k, &v, how), v);
    struct bytes key = store_env_bytes(k);
    struct bytes value = store_env_bytes(v);
    if (code == MDB_SUCCESS && c->txn->store->sealed && !store_seal_take(key, &value)) {
        code = MDB_CORRUPTED;
    }
    if (code == MDB_SUCCESS) {
        *ret_key = key;
        *ret_value = value;
    }
    return code;
}

static enum ng_err cursor_move(struct store_cursor *c, struct bytes from, MDB_cursor_op how,
                               struct bytes *ret_key, struct bytes *ret_value)
{
    const struct store *s = c->txn->store;
    return store_env_error(s, STORE_ENV_CALL(s, move(c, from, how, ret_key, ret_value)),
                           N_("read"));
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

int store_cursor_absent(MDB_cursor *c, struct bytes key)
{
    MDB_val k = store_env_val(key);
    MDB_val v = {0};
    int behind = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
    struct bytes value = store_env_bytes(v);
    bool sound = behind == MDB_NOTFOUND ||
                 (behind == MDB_SUCCESS && store_seal_take(store_env_bytes(k), &value) &&
                  bytes_compare(store_env_bytes(k), key) > 0);
    int before = mdb_cursor_get(c, &k, &v, behind == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    value = store_env_bytes(v);
    sound = sound && (before == MDB_NOTFOUND ||
                      (before == MDB_SUCCESS && store_seal_take(store_env_bytes(k), &value) &&
                       bytes_compare(store_env_bytes(k), key) < 0));
    return sound ? MDB_NOTFOUND : MDB_CORRUPTED;
}

enum ng_err store_cursor_find(struct store_cursor *c, struct bytes key, struct bytes *ret_value)
{
    struct bytes found;
    enum ng_err err = store_env_check_key(c->txn, key);
    if (err == NG_OK) {
        err = cursor_move(c, key, MDB_SET_KEY, &found, ret_value);
    }
    if (err == NG_ERR_NOT_FOUND && store_confirms(c->txn)) {
        const struct store *s = c->txn->store;
        err = store_env_error(s, STORE_ENV_CALL(s, store_cursor_absent(c->mdb, key)), N_("read"));
    }
    return err;
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
