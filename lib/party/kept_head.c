/* The keys are one row of meta, 48 bytes each: index, time, key (docs/disk-format.md). Happy path:
 * one key, and the row is the same as ever. A folder in which no head was ever kept has none: then
 * the slip's key is all there is to go by. */
#include "party/kept_head.h"

#include "base/bytes.h"
#include "party/tables.h"

#include <string.h>

enum { LINK_SIZE = 16 + KEY_PUBLIC_SIZE };

enum ng_err kept_head_keys(struct store_txn *t, const struct identity *id, struct log_keys *ret)
{
    struct bytes row;
    enum ng_err e = tables_get_bytes(t, TABLES_LOG_KEYS, &row);
    if (e) {
        return e;
    }
    if (row.size == 0) {
        *ret = log_keys_of(&id->log_key);
        return NG_OK;
    }
    if (row.size % LINK_SIZE != 0 || row.size / LINK_SIZE > LOG_KEYS_MAX) {
        return tables_damaged(TABLES_LOG_KEYS, 0);
    }
    ret->count = row.size / LINK_SIZE;
    for (size_t i = 0; i < ret->count; i++) {
        const uint8_t *at = row.data + i * LINK_SIZE;
        struct log_keys_link *link = &ret->links[i];
        *link = (struct log_keys_link){.index = bytes_get_u64(at), .at = bytes_get_u64(at + 8)};
        memcpy(link->key.bytes, at + 16, KEY_PUBLIC_SIZE);
    }
    return NG_OK;
}

enum ng_err kept_head_get(struct store_txn *t, const struct identity *id, struct bytes *ret_note,
                          struct note_head *ret_head)
{
    struct log_keys keys;
    struct note_head head = {.size = 0};
    enum ng_err e = tables_get_bytes(t, TABLES_HEAD, ret_note);
    if (!e && ret_note->size > 0 && ret_head) {
        e = kept_head_keys(t, id, &keys);
        e = e ? e : log_keys_verify(&keys, id->origin, *ret_note, &head);
    }
    if (!e && ret_head) {
        *ret_head = head;
    }
    return e;
}

static enum ng_err put_keys(struct store_txn *t, const struct log_keys *keys)
{
    uint8_t row[LOG_KEYS_MAX * LINK_SIZE];
    struct bytes there;
    for (size_t i = 0; i < keys->count; i++) {
        uint8_t *at = row + i * LINK_SIZE;
        bytes_put_u64(at, keys->links[i].index);
        bytes_put_u64(at + 8, keys->links[i].at);
        memcpy(at + 16, keys->links[i].key.bytes, KEY_PUBLIC_SIZE);
    }
    const struct bytes made = {row, keys->count * LINK_SIZE};
    const enum ng_err e = tables_get_bytes(t, TABLES_LOG_KEYS, &there);
    /* Another process of this folder may know of more by now. */
    if (e || (there.size >= made.size && memcmp(there.data, made.data, made.size) == 0)) {
        return e;
    }
    return tables_put_bytes(t, TABLES_LOG_KEYS, made);
}

enum ng_err kept_head_put(struct store_txn *t, const struct log_keys *keys, struct bytes note)
{
    const enum ng_err e = put_keys(t, keys);
    return e || note.size == 0 ? e : tables_put_bytes(t, TABLES_HEAD, note);
}

enum ng_err kept_head_read_keys(struct store *s, const struct identity *id, struct log_keys *ret)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(s, &t);
    if (!e) {
        e = kept_head_keys(t, id, ret);
    }
    store_end_read(&t);
    return e;
}

enum ng_err kept_head_witness(struct store *s, const struct identity *id, struct witness *ret)
{
    struct store_txn *t = NULL;
    struct log_keys keys;
    struct bytes note;
    enum ng_err e = store_begin_read(s, &t);
    if (!e) {
        e = kept_head_keys(t, id, &keys);
    }
    if (!e) {
        e = kept_head_get(t, id, &note, NULL);
    }
    if (!e) {
        e = witness_init(ret, id->origin, &keys, note);
    }
    store_end_read(&t);
    return e;
}
