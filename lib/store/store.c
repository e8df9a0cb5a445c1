/* Transactions and entries of a store.
 *
 * The idea: LMDB gives atomic, durable, many-reader transactions, and three duties to its user. The
 * map's size may only change while this process has no transaction open; so every transaction
 * passes a gate (store_gate.h), and a change of size closes the gate, waits until all are out, and
 * opens it again. The other two are met at open (store_env.c): one environment a process, no dead
 * readers.
 *
 * Happy path of a write: pass the gate, begin, run the caller's function, commit (data pages, sync,
 * meta page written through), leave the gate.
 *
 * Possible failures:
 * - the map is full: abort, double the map, run the function again; at the maximum NG_ERR_FULL.
 * - another process grew the map: take its size over and begin again.
 * - the disk is full: LMDB writes new pages only to places no committed tree uses, and the meta
 * page last, so the old state stands and later writes may go on. The last write before the end of
 * the space is a short one, and LMDB calls every short write EIO; and a sync may say ENOSPC too.
 * So the error alone is not believed: the disk is asked (store_disk.h).
 * - any other failure of a commit may be a failed sync, after which the kernel may have dropped
 * what it could not write: the store is spoilt and refuses every later write.
 * - damage: what LMDB notices is NG_ERR_CORRUPT, and what it dies of ends the process
 * (store_guard.h). It keeps no checksums, so what must be right is hashed again by whoever reads it
 * (lib/ledger), or carries a seal (store_seal.h), and all seals of a table together a sum
 * (store_sum.h).
 */
#include "store/store.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"
#include "store/store_disk.h"
#include "store/store_env.h"
#include "store/store_seal.h"
#include "store/store_sum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum ng_err store_open(const struct store_config *config, struct store **ret_store)
{
    struct store *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", config->path);
    }
    enum ng_err err = store_env_open(s, config);
    if (err != NG_OK) {
        store_close(&s);
        return err;
    }
    *ret_store = s;
    return NG_OK;
}

void store_close(struct store **s)
{
    if (s == NULL || *s == NULL) {
        return;
    }
    store_env_close(*s);
    free(*s);
    *s = NULL;
}

const char *store_path(const struct store *s)
{
    return s->path;
}

static enum ng_err begin(struct store *s, struct store_txn *t, bool writes)
{
    for (;;) {
        *t = (struct store_txn){.store = s, .writes = writes};
        store_gate_enter(&s->gate, &t->guest);
        int code = STORE_ENV_CALL(s, mdb_txn_begin(s->mdb, NULL, writes ? 0 : MDB_RDONLY, &t->mdb));
        if (code == MDB_SUCCESS) {
            return NG_OK;
        }
        store_gate_leave(&s->gate, &t->guest);
        enum ng_err err = code == MDB_MAP_RESIZED ? store_env_change_map(s, false)
                                                  : store_env_error(s, code, N_("begin"));
        if (err != NG_OK) {
            return err;
        }
    }
}

static void free_scratch(struct store_txn *t)
{
    while (t->scratch != NULL) {
        struct store_scratch *next = t->scratch->next;
        free(t->scratch);
        t->scratch = next;
    }
}

static void abort_txn(struct store_txn *t)
{
    free_scratch(t);
    store_guard_enter(&t->store->guard);
    mdb_txn_abort(t->mdb);
    store_guard_leave();
    store_gate_leave(&t->store->gate, &t->guest);
}

static enum ng_err commit(struct store_txn *t)
{
    struct store *s = t->store;
    const size_t id = mdb_txn_id(t->mdb);
    free_scratch(t);
    int code = STORE_ENV_CALL(s, mdb_txn_commit(t->mdb)); /* frees it, whatever comes */
    if (code == EIO || code == ENOSPC || code == EDQUOT) {
        code = store_disk_is_full(s, id) ? ENOSPC : EIO;
    }
    store_gate_leave(&s->gate, &t->guest);
    t->map_full = code == MDB_MAP_FULL;
    bool old_state_stands = code == MDB_MAP_FULL || code == MDB_BAD_TXN || code == MDB_TXN_FULL ||
                            code == ENOSPC || code == ENOMEM;
    if (code != MDB_SUCCESS && !old_state_stands) {
        atomic_store(&s->spoilt, true);
    }
    if (code == EIO) {
        return err_set(NG_ERR_IO,
                       _("%s: the disk did not take what was written: see that it is well, then "
                         "start again"),
                       s->path);
    }
    return store_env_error(s, code, N_("commit"));
}

/* Translates, and notes for store_write a full map and that there was a change, be it half a one.
 */
static enum ng_err changed(struct store_txn *t, int code, const char *doing)
{
    t->map_full = t->map_full || code == MDB_MAP_FULL;
    t->changed = t->changed || code != MDB_NOTFOUND;
    return store_env_error(t->store, code, doing);
}

static enum ng_err write_once(struct store *s, store_fn fn, void *context, bool *ret_map_full)
{
    struct store_txn t;
    enum ng_err err = begin(s, &t, true);
    if (err != NG_OK) {
        return err;
    }
    err = s->sealed ? store_env_error(s, STORE_ENV_CALL(s, store_sum_load(s, t.mdb)), N_("begin"))
                    : NG_OK;
    err = err == NG_OK ? fn(&t, context) : err;
    if (err == NG_OK && !t.map_full && t.changed && s->sealed) {
        err = changed(&t, STORE_ENV_CALL(s, store_sum_save(s, t.mdb)), N_("write"));
    }
    if (err == NG_OK && !t.map_full) {
        store_disk_write_ahead(s);
        err = commit(&t);
    } else {
        abort_txn(&t);
    }
    *ret_map_full = t.map_full;
    return err;
}

enum ng_err store_write(struct store *s, store_fn fn, void *context)
{
    if (s->read_only) {
        return err_set(NG_ERR_ACCESS, _("%s: opened for reading only"), s->path);
    }
    for (;;) {
        if (atomic_load(&s->spoilt)) {
            return store_env_error(s, MDB_PANIC, N_("write"));
        }
        bool map_full = false;
        enum ng_err err = write_once(s, fn, context, &map_full);
        if (!map_full) {
            return err;
        }
        err = store_env_change_map(s, true);
        if (err != NG_OK) {
            return err;
        }
    }
}

enum ng_err store_begin_read(struct store *s, struct store_txn **ret_txn)
{
    struct store_txn *t = malloc(sizeof(*t));
    if (t == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", s->path);
    }
    enum ng_err err = begin(s, t, false);
    if (err != NG_OK) {
        free(t);
        return err;
    }
    *ret_txn = t;
    return NG_OK;
}

void store_end_read(struct store_txn **txn)
{
    if (txn == NULL || *txn == NULL) {
        return;
    }
    CHECK(!(*txn)->writes);
    abort_txn(*txn);
    free(*txn);
    *txn = NULL;
}

void *store_txn_alloc(struct store_txn *t, size_t size)
{
    struct store_scratch *s = malloc(sizeof(*s) + size);
    if (s == NULL) {
        return NULL;
    }
    s->next = t->scratch;
    t->scratch = s;
    return s + 1;
}

/* As a cursor of its own sees it. */
static int confirm_absence(struct store_txn *t, unsigned table, struct bytes key)
{
    MDB_cursor *c = NULL;
    int code = mdb_cursor_open(t->mdb, store_env_table(t, table), &c);
    if (code == MDB_SUCCESS) {
        code = store_cursor_absent(c, key);
        mdb_cursor_close(c);
    }
    return code;
}

/* The writer of a state that can be had again meets a miss with each new row, and believes it: what
 * it would write beside damage, readers see and a rebuild mends. */
bool store_confirms(const struct store_txn *t)
{
    return t->store->sealed && !(t->writes && t->store->relaxed);
}

static int get(struct store_txn *t, unsigned table, struct bytes key, struct bytes *ret_value)
{
    MDB_val k = store_env_val(key);
    MDB_val v;
    int code = store_env_sane(mdb_get(t->mdb, store_env_table(t, table), &k, &v), v);
    struct bytes value = store_env_bytes(v);
    if (code == MDB_SUCCESS && t->store->sealed && !store_seal_take(key, &value)) {
        code = MDB_CORRUPTED;
    } else if (code == MDB_NOTFOUND && store_confirms(t)) {
        code = confirm_absence(t, table, key);
    }
    if (code == MDB_SUCCESS) {
        *ret_value = value;
    }
    return code;
}

enum ng_err store_get(struct store_txn *t, unsigned table, struct bytes key,
                      struct bytes *ret_value)
{
    enum ng_err err = store_env_check_key(t, key);
    if (err != NG_OK) {
        return err;
    }
    return store_env_error(t->store, STORE_ENV_CALL(t->store, get(t, table, key, ret_value)),
                           N_("read"));
}

/* Of a write, for all changes of a table: a key on the page where it stands is found without going
 * down the tree. LMDB closes it with the transaction. */
static int change_cursor(struct store_txn *t, unsigned table, MDB_cursor **ret)
{
    const MDB_dbi dbi = store_env_table(t, table);
    const int code = t->changers[table] == NULL ? mdb_cursor_open(t->mdb, dbi, &t->changers[table])
                                                : MDB_SUCCESS;
    *ret = t->changers[table];
    return code;
}

/* Room for a row of that many bytes. old: the part the row had in its table's sum, 0 if there was
 * none. */
static int reserve(MDB_cursor *c, MDB_val *k, size_t size, unsigned flags, MDB_val *ret,
                   uint64_t *ret_old)
{
    *ret = (MDB_val){.mv_size = size};
    *ret_old = 0;
    if (flags == MDB_APPEND) {
        return mdb_cursor_put(c, k, ret, MDB_APPEND | MDB_RESERVE);
    }
    int code = mdb_cursor_put(c, k, ret, MDB_NOOVERWRITE | MDB_RESERVE);
    if (code != MDB_KEYEXIST) {
        return code;
    }
    if (!store_seal_read(store_env_bytes(*ret), ret_old)) {
        return MDB_CORRUPTED;
    }
    *ret = (MDB_val){.mv_size = size};
    return mdb_cursor_put(c, k, ret, MDB_RESERVE);
}

static int put_sealed(struct store_txn *t, unsigned table, struct bytes key, struct bytes value,
                      unsigned flags)
{
    MDB_cursor *c = NULL;
    MDB_val k = store_env_val(key);
    MDB_val v;
    uint64_t old = 0;
    uint64_t new = 0;
    int code = change_cursor(t, table, &c);
    code =
        code == MDB_SUCCESS ? reserve(c, &k, value.size + STORE_SEAL_SIZE, flags, &v, &old) : code;
    if (code != MDB_SUCCESS) {
        return code;
    }
    if (value.size > 0) {
        memmove(v.mv_data, value.data, value.size);
    }
    store_seal_put(key, v.mv_data, value.size);
    code = store_seal_read(store_env_bytes(v), &new) ? MDB_SUCCESS : MDB_CORRUPTED;
    t->store->sums[table] += new - old;
    return code;
}

static enum ng_err put(struct store_txn *t, unsigned table, struct bytes key, struct bytes value,
                       unsigned flags)
{
    CHECK(t->writes);
    enum ng_err err = store_env_check_key(t, key);
    if (err != NG_OK) {
        return err;
    }
    if (value.size > STORE_VALUE_SIZE_MAX) {
        return store_env_error(t->store, MDB_BAD_VALSIZE, N_("write"));
    }
    MDB_val k = store_env_val(key);
    MDB_val v = store_env_val(value);
    const MDB_dbi dbi = store_env_table(t, table);
    const int code = t->store->sealed
                         ? STORE_ENV_CALL(t->store, put_sealed(t, table, key, value, flags))
                         : STORE_ENV_CALL(t->store, mdb_put(t->mdb, dbi, &k, &v, flags));
    return changed(t, code, N_("write"));
}

enum ng_err store_put(struct store_txn *t, unsigned table, struct bytes key, struct bytes value)
{
    return put(t, table, key, value, 0);
}

enum ng_err store_append(struct store_txn *t, unsigned table, struct bytes key, struct bytes value)
{
    return put(t, table, key, value, MDB_APPEND);
}

static int remove_row(struct store_txn *t, unsigned table, struct bytes key)
{
    MDB_cursor *c = NULL;
    MDB_val k = store_env_val(key);
    MDB_val v;
    uint64_t old = 0;
    int code = change_cursor(t, table, &c);
    code = code == MDB_SUCCESS ? mdb_cursor_get(c, &k, &v, MDB_SET) : code;
    if (code == MDB_SUCCESS && t->store->sealed && !store_seal_read(store_env_bytes(v), &old)) {
        code = MDB_CORRUPTED;
    }
    code = code == MDB_SUCCESS ? mdb_cursor_del(c, 0) : code;
    t->store->sums[table] -= code == MDB_SUCCESS ? old : 0;
    return code;
}

enum ng_err store_remove(struct store_txn *t, unsigned table, struct bytes key)
{
    CHECK(t->writes);
    enum ng_err err = store_env_check_key(t, key);
    if (err != NG_OK) {
        return err;
    }
    return changed(t, STORE_ENV_CALL(t->store, remove_row(t, table, key)), N_("remove"));
}

enum ng_err store_clear(struct store_txn *t, unsigned table)
{
    CHECK(t->writes);
    const MDB_dbi dbi = store_env_table(t, table);
    const int code = STORE_ENV_CALL(t->store, mdb_drop(t->mdb, dbi, 0));
    t->store->sums[table] = code == MDB_SUCCESS ? 0 : t->store->sums[table];
    return changed(t, code, N_("remove"));
}

enum ng_err store_count(struct store_txn *t, unsigned table, uint64_t *ret_count)
{
    MDB_stat stat = {0};
    const MDB_dbi dbi = store_env_table(t, table);
    int code = STORE_ENV_CALL(t->store, mdb_stat(t->mdb, dbi, &stat));
    if (code == MDB_SUCCESS) {
        *ret_count = stat.ms_entries;
    }
    return store_env_error(t->store, code, N_("count"));
}

enum ng_err store_check(struct store_txn *t, unsigned table)
{
    CHECK(t->store->sealed && !t->writes);
    return store_env_error(t->store, STORE_ENV_CALL(t->store, store_sum_check(t, table)),
                           N_("read"));
}

enum ng_err store_size(struct store *s, uint64_t *ret_used, uint64_t *ret_map)
{
    MDB_envinfo info = {0};
    MDB_stat stat = {0};
    int code = mdb_env_info(s->mdb, &info);
    code = code == MDB_SUCCESS ? mdb_env_stat(s->mdb, &stat) : code;
    if (code == MDB_SUCCESS) {
        *ret_used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
        *ret_map = info.me_mapsize;
    }
    return store_env_error(s, code, N_("look at the size"));
}

struct store_key_u64 store_key_u64(uint64_t v)
{
    struct store_key_u64 key;
    bytes_put_u64(key.bytes, v);
    return key;
}
