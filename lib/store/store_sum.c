#include "store/store_sum.h"

#include "base/bytes.h"
#include "store/store_seal.h"

#include <string.h>

enum { ROW_SIZE_MAX = 8 * (STORE_ENV_TABLES_MAX + 1) + STORE_SEAL_SIZE };

/* No table of a caller begins with "_". */
static const char row_key[] = "_sums";

static struct bytes key_bytes(void)
{
    return (struct bytes){(const uint8_t *)row_key, sizeof(row_key) - 1};
}

/* The number of the transaction, then the sums in the order of the tables, then the seal. */
int store_sum_save(const struct store *s, MDB_txn *txn)
{
    uint8_t row[ROW_SIZE_MAX];
    const size_t size = 8 * (s->table_count + (size_t)1);
    bytes_put_u64(row, mdb_txn_id(txn));
    for (unsigned i = 0; i < s->table_count; i++) {
        bytes_put_u64(row + 8 * (i + (size_t)1), s->sums[i]);
    }
    store_seal_put(key_bytes(), row, size);
    MDB_val k = store_env_val(key_bytes());
    MDB_val v = {size + STORE_SEAL_SIZE, row};
    return mdb_put(txn, s->main_table, &k, &v, 0);
}

/* Without its seal. */
static int get_row(const struct store *s, MDB_txn *txn, struct bytes *ret)
{
    MDB_val k = store_env_val(key_bytes());
    MDB_val v;
    const int code = mdb_get(txn, s->main_table, &k, &v);
    if (code != MDB_SUCCESS) {
        return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
    }
    *ret = store_env_bytes(v);
    return store_seal_take(key_bytes(), ret) && ret->size == 8 * (s->table_count + (size_t)1)
               ? MDB_SUCCESS
               : MDB_CORRUPTED;
}

int store_sum_load(struct store *s, MDB_txn *txn)
{
    struct bytes row;
    const int code = get_row(s, txn, &row);
    for (unsigned i = 0; code == MDB_SUCCESS && i < s->table_count; i++) {
        s->sums[i] = bytes_get_u64(row.data + 8 * (i + (size_t)1));
    }
    return code;
}

/* MDB_NOTFOUND when all rows were seen. */
static int walk(MDB_cursor *c, uint64_t *ret_sum, uint64_t *ret_count)
{
    MDB_val k = {0};
    MDB_val v;
    struct bytes before = {0};
    int code = mdb_cursor_get(c, &k, &v, MDB_FIRST);
    while (code == MDB_SUCCESS) {
        const struct bytes key = store_env_bytes(k);
        uint64_t seal = 0;
        if (bytes_compare(before, key) >= 0 || !store_seal_read(store_env_bytes(v), &seal)) {
            return MDB_CORRUPTED;
        }
        before = key;
        *ret_sum += seal;
        ++*ret_count;
        code = mdb_cursor_get(c, &k, &v, MDB_NEXT);
    }
    return code;
}

int store_sum_check(const struct store_txn *t, unsigned table)
{
    const MDB_dbi dbi = store_env_table(t, table);
    const size_t id = mdb_txn_id(t->mdb);
    MDB_stat stat = {0};
    MDB_cursor *c = NULL;
    struct bytes row;
    uint64_t sum = 0;
    uint64_t count = 0;
    int code = get_row(t->store, t->mdb, &row);
    /* A compacted copy is transaction 1, whatever it is a copy of. */
    if (code == MDB_SUCCESS && bytes_get_u64(row.data) != id && id != 1) {
        code = MDB_CORRUPTED;
    }
    code = code == MDB_SUCCESS ? mdb_stat(t->mdb, dbi, &stat) : code;
    code = code == MDB_SUCCESS ? mdb_cursor_open(t->mdb, dbi, &c) : code;
    if (code != MDB_SUCCESS) {
        return code;
    }
    code = walk(c, &sum, &count);
    mdb_cursor_close(c);
    if (code == MDB_NOTFOUND) {
        const bool same = sum == bytes_get_u64(row.data + 8 * (table + (size_t)1));
        code = same && count == stat.ms_entries ? MDB_SUCCESS : MDB_CORRUPTED;
    }
    return code;
}
