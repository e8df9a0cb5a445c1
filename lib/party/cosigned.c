/* Rows of two tables (tables.h). A head's own row has the size alone as its key, so it comes first
 * among the rows of its cosignatures.
 *
 * A cosignature under a key that is not the party's newest here, or of one that does not count
 * (cosigners.h), is not kept, and accuses nobody:
 * the broker may know of an enrolment that was not read yet. It is missing until it is sent again.
 */
#include "party/cosigned.h"

#include "base/bytes.h"
#include "party/cosigners.h"
#include "party/tables.h"

#include <string.h>

struct row_key {
    uint8_t bytes[8 + PARTY_CODE_MAX];
};
#define ROW_KEY(k) ((struct bytes){(k).bytes, sizeof((k).bytes)})

#define ROW_SIZE (KEY_PUBLIC_SIZE + COSIGN_SIZE)

static struct row_key row_key(uint64_t size, const char *party)
{
    struct row_key key = {{0}};
    bytes_put_u64(key.bytes, size);
    memcpy(key.bytes + 8, party, strnlen(party, PARTY_CODE_MAX));
    return key;
}

/* ---- Heads and cosignatures ---- */

static struct key_public key_of(const struct registry_party *p)
{
    struct key_public key;
    memcpy(key.bytes, p->cosign_key, KEY_PUBLIC_SIZE);
    return key;
}

static enum ng_err keep_one(struct store_txn *t, const struct cosigned_answer *a,
                            const struct wire_witness *w)
{
    const struct row_key key = row_key(a->head.size, w->party);
    struct registry_party p;
    const enum ng_err e = cosigners_get(t, w->party, &p);
    if (e) {
        return e == NG_ERR_NOT_FOUND ? NG_OK : e;
    }
    const struct key_public public_key = key_of(&p);
    if (w->cosignature.size != COSIGN_SIZE ||
        cosign_verify(a->note, &public_key, w->cosignature.data)) {
        return NG_OK;
    }
    uint8_t row[ROW_SIZE];
    memcpy(row, p.cosign_key, KEY_PUBLIC_SIZE);
    memcpy(row + KEY_PUBLIC_SIZE, w->cosignature.data, COSIGN_SIZE);
    return store_put(t, TABLES_WITNESSES, ROW_KEY(key), (struct bytes){row, sizeof(row)});
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

/* Of the party as it is now: not under a key that it has left. */
static bool is_of_key(struct bytes row, const struct registry_party *p)
{
    return row.size == ROW_SIZE && memcmp(row.data, p->cosign_key, KEY_PUBLIC_SIZE) == 0;
}

/* What a party said that does not count any more is passed over. */
static enum ng_err count_rows(struct store_txn *t, struct store_cursor *c,
                              struct cosigned_head *head)
{
    struct bytes key, value;
    struct registry_party p;
    enum ng_err e = store_cursor_next(c, &key, &value);
    while (!e && bytes_get_u64(key.data) == head->size) {
        struct party_code code = {""};
        if (key.size != sizeof(struct row_key)) {
            return tables_damaged("witnesses", head->size);
        }
        memcpy(code.text, key.data + 8, PARTY_CODE_MAX);
        e = cosigners_get(t, code.text, &p);
        if (e && e != NG_ERR_NOT_FOUND) {
            return e;
        }
        head->count += !e && is_of_key(value, &p);
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
        e = count_rows(t, c, &head);
    }
    store_cursor_close(&c);
    if (!e) {
        *ret = head;
    }
    return e;
}

enum ng_err cosigned_final(struct store_txn *t, uint64_t most, size_t needed,
                           struct cosigned_head *ret)
{
    struct cosigned_head head = {.size = most + 1};
    enum ng_err e = cosigned_before(t, head.size, &head);
    const struct cosigned_head newest = head;
    while (!e && head.count < needed) {
        e = cosigned_before(t, head.size, &head);
    }
    if (e == NG_ERR_NOT_FOUND && newest.note.size > 0) {
        head = newest;
        e = NG_OK;
    }
    if (!e) {
        *ret = head;
    }
    return e;
}

static enum ng_err count_one(void *context, const struct registry_party *p)
{
    size_t *count = context;
    (void)p;
    ++*count;
    return NG_OK;
}

enum ng_err cosigned_parties(struct store_txn *t, size_t *ret_count)
{
    *ret_count = 0;
    return cosigners_each(t, count_one, ret_count);
}

struct each {
    struct store_txn *txn;
    uint64_t size;
    cosigned_fn fn;
    void *context;
};

static enum ng_err show_one(void *context, const struct registry_party *p)
{
    const struct each *all = context;
    const struct key_public public_key = key_of(p);
    const struct row_key there = row_key(all->size, p->code.text);
    struct bytes row;
    const enum ng_err e = store_get(all->txn, TABLES_WITNESSES, ROW_KEY(there), &row);
    if (e && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    return all->fn(all->context, p->code.text, &public_key,
                   !e && is_of_key(row, p) ? row.data + KEY_PUBLIC_SIZE : NULL);
}

enum ng_err cosigned_each(struct store_txn *t, uint64_t size, cosigned_fn fn, void *context)
{
    struct each all = {t, size, fn, context};
    return cosigners_each(t, show_one, &all);
}
