/* Rows of two tables (tables.h). A head's own row has the size alone as its key, so it comes first
 * among the rows of its cosignatures.
 *
 * A cosignature under a key that is not the party's newest here is not kept, and accuses nobody:
 * the broker may know of an enrolment that was not read yet. It is missing until it is sent again.
 */
#include "party/cosigned.h"

#include "base/bytes.h"
#include "ledger/leaf.h"
#include "ledger/registry.h"
#include "party/tables.h"

#include <string.h>

#define KEY_ROW_SIZE (4 + KEY_PUBLIC_SIZE) /* epoch, key */

struct row_key {
    uint8_t bytes[8 + PARTY_CODE_MAX];
};
#define ROW_KEY(k) ((struct bytes){(k).bytes, sizeof((k).bytes)})
#define ROW_PARTY(k) ((struct bytes){(k).bytes + 8, PARTY_CODE_MAX})

static struct row_key row_key(uint64_t size, const char *party)
{
    struct row_key key = {{0}};
    bytes_put_u64(key.bytes, size);
    memcpy(key.bytes + 8, party, strnlen(party, PARTY_CODE_MAX));
    return key;
}

/* ---- Keys ---- */

static enum ng_err keep_key(struct store_txn *t, const struct statement *s)
{
    const struct row_key key = row_key(0, s->author.text);
    uint8_t row[KEY_ROW_SIZE];
    struct wire_rotate keys;
    struct bytes there;
    enum ng_err e = registry_epoch_keys(s, &keys);
    if (e) {
        return e == NG_ERR_NOMEM ? e : NG_OK; /* nothing that anybody could have enrolled with */
    }
    e = store_get(t, TABLES_COSIGNERS, ROW_PARTY(key), &there);
    if (!e && there.size != KEY_ROW_SIZE) {
        return tables_damaged("cosigners", 0);
    }
    if (!e && bytes_get_u32(there.data) >= s->epoch) {
        return NG_OK; /* read before */
    }
    if (e && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    bytes_put_u32(row, s->epoch);
    memcpy(row + 4, keys.cosign_key, KEY_PUBLIC_SIZE);
    return store_put(t, TABLES_COSIGNERS, ROW_PARTY(key), (struct bytes){row, sizeof(row)});
}

struct leaves {
    const struct bytes *items;
    size_t count;
};

static bool brings_keys(struct bytes bytes, struct statement *ret)
{
    struct leaf leaf;
    return leaf_decode(bytes, &leaf) == NG_OK && statement_decode(leaf.statement, ret) == NG_OK &&
           registry_begins_epoch(ret->kind);
}

static enum ng_err keep_all_keys(struct store_txn *t, void *context)
{
    const struct leaves *l = context;
    struct statement s;
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < l->count && !e; i++) {
        if (brings_keys(l->items[i], &s)) {
            e = keep_key(t, &s);
        }
    }
    return e;
}

enum ng_err cosigned_keep_keys(struct store *s, const struct bytes *leaves, size_t count)
{
    struct leaves l = {leaves, count};
    struct statement first;
    for (size_t i = 0; i < count; i++) {
        if (brings_keys(leaves[i], &first)) {
            return store_write(s, keep_all_keys, &l);
        }
    }
    return NG_OK;
}

static enum ng_err find_key(struct store_txn *t, const char *party, struct key_public *ret)
{
    const struct row_key key = row_key(0, party);
    struct bytes row;
    const enum ng_err e = store_get(t, TABLES_COSIGNERS, ROW_PARTY(key), &row);
    if (e) {
        return e;
    }
    if (row.size != KEY_ROW_SIZE) {
        return tables_damaged("cosigners", 0);
    }
    memcpy(ret->bytes, row.data + 4, KEY_PUBLIC_SIZE);
    return NG_OK;
}

enum ng_err cosigned_parties(struct store_txn *t, size_t *ret_count)
{
    uint64_t count = 0;
    const enum ng_err e = store_count(t, TABLES_COSIGNERS, &count);
    *ret_count = (size_t)count;
    return e;
}

/* ---- Heads and cosignatures ---- */

static enum ng_err keep_one(struct store_txn *t, const struct cosigned_answer *a,
                            const struct wire_witness *w)
{
    const struct row_key key = row_key(a->head.size, w->party);
    struct key_public public_key;
    const enum ng_err e = find_key(t, w->party, &public_key);
    if (e) {
        return e == NG_ERR_NOT_FOUND ? NG_OK : e;
    }
    if (cosign_verify(a->note, &public_key, w->cosignature.data)) {
        return NG_OK;
    }
    return store_put(t, TABLES_WITNESSES, ROW_KEY(key), w->cosignature);
}

/* Rows of more heads than are kept: those of the oldest. */
static enum ng_err trim(struct store_txn *t)
{
    struct cosigned_head head = {.size = UINT64_MAX};
    struct store_cursor *c = NULL;
    struct bytes key, value;
    const struct store_key_u64 first = store_key_u64(0);
    enum ng_err e = NG_OK;
    for (int i = 0; i < COSIGNED_HEADS_MAX && !e; i++) {
        e = cosigned_before(t, head.size, &head);
    }
    while (!e) {
        uint8_t gone[sizeof(struct row_key)];
        size_t size = 0;
        e = store_cursor_open(t, TABLES_WITNESSES, &c);
        if (!e) {
            e = store_cursor_seek(c, STORE_KEY(first), &key, &value);
        }
        if (!e && (key.size < 8 || key.size > sizeof(gone))) {
            e = tables_damaged("witnesses", 0);
        }
        if (!e && bytes_get_u64(key.data) >= head.size) {
            e = err_plain(NG_ERR_NOT_FOUND);
        }
        if (!e) {
            size = key.size;
            memcpy(gone, key.data, size);
        }
        store_cursor_close(&c);
        if (!e) {
            e = store_remove(t, TABLES_WITNESSES, (struct bytes){gone, size});
        }
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

enum ng_err cosigned_keep(struct store_txn *t, const struct cosigned_answer *a)
{
    const struct store_key_u64 key = store_key_u64(a->head.size);
    enum ng_err e = store_put(t, TABLES_WITNESSES, STORE_KEY(key), a->note);
    for (size_t i = 0; i < a->count && !e; i++) {
        e = keep_one(t, a, &a->witnesses[i]);
    }
    return e ? e : trim(t);
}

static enum ng_err count_rows(struct store_cursor *c, struct cosigned_head *head)
{
    struct bytes key, value;
    enum ng_err e = store_cursor_next(c, &key, &value);
    for (; !e && bytes_get_u64(key.data) == head->size; head->count++) {
        e = store_cursor_next(c, &key, &value);
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

enum ng_err cosigned_before(struct store_txn *t, uint64_t size, struct cosigned_head *ret)
{
    struct store_cursor *c = NULL;
    const struct store_key_u64 end = store_key_u64(size);
    struct cosigned_head head = {.size = 0};
    struct bytes key, value;
    enum ng_err e = store_cursor_open(t, TABLES_WITNESSES, &c);
    if (!e) {
        e = store_cursor_seek(c, STORE_KEY(end), &key, &value);
        e = e == NG_ERR_NOT_FOUND ? store_cursor_last(c, &key, &value)
                                  : store_cursor_prev(c, &key, &value);
    }
    while (!e && key.size > 8) {
        e = store_cursor_prev(c, &key, &value);
    }
    if (!e && key.size != 8) {
        e = tables_damaged("witnesses", 0);
    }
    if (!e) {
        head = (struct cosigned_head){.size = bytes_get_u64(key.data), .note = value};
        e = count_rows(c, &head);
    }
    store_cursor_close(&c);
    if (!e) {
        *ret = head;
    }
    return e;
}

enum ng_err cosigned_each(struct store_txn *t, uint64_t size, cosigned_fn fn, void *context)
{
    struct store_cursor *c = NULL;
    const uint8_t first[1] = {0};
    struct bytes key, row, cosignature;
    enum ng_err e = store_cursor_open(t, TABLES_COSIGNERS, &c);
    if (!e) {
        e = store_cursor_seek(c, (struct bytes){first, sizeof(first)}, &key, &row);
    }
    while (!e) {
        struct party_code code = {""};
        struct key_public public_key;
        if (key.size != PARTY_CODE_MAX || row.size != KEY_ROW_SIZE) {
            e = tables_damaged("cosigners", 0);
            break;
        }
        memcpy(code.text, key.data, PARTY_CODE_MAX);
        memcpy(public_key.bytes, row.data + 4, KEY_PUBLIC_SIZE);
        const struct row_key there = row_key(size, code.text);
        e = store_get(t, TABLES_WITNESSES, ROW_KEY(there), &cosignature);
        if (!e && cosignature.size != COSIGN_SIZE) {
            e = tables_damaged("witnesses", size);
        } else if (!e || e == NG_ERR_NOT_FOUND) {
            e = fn(context, code.text, &public_key, e ? NULL : cosignature.data);
        }
        if (!e) {
            e = store_cursor_next(c, &key, &row);
        }
    }
    store_cursor_close(&c);
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}
