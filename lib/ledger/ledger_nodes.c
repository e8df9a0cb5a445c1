#include "ledger/ledger_nodes.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"
#include "ledger/leaf.h"
#include "ledger/ledger_table.h"

#include <string.h>

enum { RECORD_END_SIZE = 8, RECORD_SIZE_MAX = RECORD_END_SIZE + 64 * HASH_SIZE };

size_t ledger_nodes_count(uint64_t index)
{
    size_t count = 1;
    /* Only UINT64_MAX, which names no leaf, has 64 low ones. */
    for (; (index & 1) != 0 && count < 64; index >>= 1) { /* GCOVR_EXCL_BR_LINE: see above */
        count++;
    }
    return count;
}

/* The record as it lies in the table, its size checked. */
static enum ng_err ledger_nodes_record(struct store_txn *t, uint64_t index, struct bytes *ret)
{
    struct store_key_u64 key = store_key_u64(index);
    enum ng_err e = store_get(t, LEDGER_TABLE_NODES, STORE_KEY(key), ret);
    if (e == NG_ERR_NOT_FOUND ||
        (e == NG_OK && ret->size != RECORD_END_SIZE + ledger_nodes_count(index) * HASH_SIZE)) {
        return err_set(NG_ERR_CORRUPT, _("the hashes of leaf %llu are missing or damaged"),
                       (unsigned long long)index);
    }
    return e;
}

enum ng_err ledger_nodes_get(struct store_txn *t, uint64_t index, struct ledger_nodes *ret)
{
    struct bytes record;
    enum ng_err e = ledger_nodes_record(t, index, &record);
    if (e == NG_OK) {
        ret->end = bytes_get_u64(record.data);
        ret->count = ledger_nodes_count(index);
        memcpy(ret->hashes, record.data + RECORD_END_SIZE, ret->count * HASH_SIZE);
    }
    return e;
}

enum ng_err ledger_nodes_append(struct store_txn *t, uint64_t index,
                                const struct ledger_nodes *nodes)
{
    CHECK(nodes->count == ledger_nodes_count(index));
    uint8_t record[RECORD_SIZE_MAX];
    size_t size = nodes->count * HASH_SIZE;
    bytes_put_u64(record, nodes->end);
    memcpy(record + RECORD_END_SIZE, nodes->hashes, size);
    struct store_key_u64 key = store_key_u64(index);
    return store_append(t, LEDGER_TABLE_NODES, STORE_KEY(key),
                        (struct bytes){record, RECORD_END_SIZE + size});
}

enum ng_err ledger_nodes_place(struct store_txn *t, uint64_t index, struct ledger_nodes_place *ret)
{
    struct bytes record;
    uint64_t at = 0;
    enum ng_err e = NG_OK;
    if (index > 0) {
        e = ledger_nodes_record(t, index - 1, &record);
        at = e == NG_OK ? bytes_get_u64(record.data) : 0;
    }
    if (e == NG_OK) {
        e = ledger_nodes_record(t, index, &record);
    }
    if (e != NG_OK) {
        return e;
    }
    uint64_t end = bytes_get_u64(record.data);
    if (end <= at || end - at > LEAF_SIZE_MAX) {
        return err_set(NG_ERR_CORRUPT, _("the place of leaf %llu is damaged"),
                       (unsigned long long)index);
    }
    ret->at = at;
    ret->size = (size_t)(end - at);
    memcpy(ret->hash.bytes, record.data + RECORD_END_SIZE, HASH_SIZE);
    return NG_OK;
}

enum ng_err ledger_nodes_read(void *txn, unsigned level, uint64_t index, struct hash *ret_hash)
{
    if (level >= 64 || index >= (UINT64_MAX >> level)) {
        return err_set(
            NG_ERR_CORRUPT,
            _("the hashes of the tree are damaged (place %llu of level %u): find the damage with "
              "\"nganam-broker log verify\""),
            (unsigned long long)index, level);
    }
    uint64_t leaf = ((index + 1) << level) - 1;
    struct bytes record;
    enum ng_err e = ledger_nodes_record(txn, leaf, &record);
    if (e == NG_OK) {
        CHECK(level < ledger_nodes_count(leaf));
        memcpy(ret_hash->bytes, record.data + RECORD_END_SIZE + level * HASH_SIZE, HASH_SIZE);
    }
    return e;
}
