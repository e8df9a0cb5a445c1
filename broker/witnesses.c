/* Two places: a map in memory of the newest heads' cosignatures, from which everything is answered,
 * and the store, which is read at the start and written behind. Both have the same rows:
 *
 *     heads          size                   the note
 *     cosignatures   size || party (16)     key (32) || cosignature (72)
 *
 * The key stands beside its cosignature, so that the line can still be printed when the party has
 * enrolled anew since.
 */
#include "broker/witnesses.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/omap.h"

#include <stdlib.h>
#include <string.h>

#define WITNESSES_FORMAT "nganam witness"
#define WITNESSES_VERSION 1
#define ROW_SIZE (KEY_PUBLIC_SIZE + COSIGN_SIZE)

enum { TABLE_HEADS, TABLE_COSIGNATURES };
static const char *const table_names[] = {
    [TABLE_HEADS] = "heads", [TABLE_COSIGNATURES] = "cosignatures", NULL};

struct witnesses {
    struct store *store;
    struct ledger_head heads[WITNESSES_GATHERING]; /* the newest last */
    size_t head_count;
    size_t unsaved_heads; /* of them, at the end */
    struct omap *rows;    /* of these heads */
    struct omap *unsaved; /* rows that are not in the store yet */
    struct mono next;     /* no witness head before */
};

struct row_key {
    uint8_t bytes[8 + PARTY_CODE_MAX];
};

static struct row_key row_key(uint64_t size, const char *party)
{
    struct row_key key = {{0}};
    bytes_put_u64(key.bytes, size);
    memcpy(key.bytes + 8, party, strnlen(party, PARTY_CODE_MAX));
    return key;
}
#define ROW_KEY(k) ((struct bytes){(k).bytes, sizeof((k).bytes)})

/* ---- Heads ---- */

const struct ledger_head *witnesses_newest(const struct witnesses *w)
{
    return w->head_count > 0 ? &w->heads[w->head_count - 1] : NULL;
}

const struct ledger_head *witnesses_find(const struct witnesses *w, uint64_t size)
{
    if (size == 0) {
        return witnesses_newest(w);
    }
    for (size_t i = 0; i < w->head_count; i++) {
        if (w->heads[i].head.size == size) {
            return &w->heads[i];
        }
    }
    return NULL;
}

const struct ledger_head *witnesses_below(const struct witnesses *w, uint64_t most)
{
    for (size_t i = w->head_count; i > 0; i--) {
        if (w->heads[i - 1].head.size <= most) {
            return &w->heads[i - 1];
        }
    }
    return NULL;
}

/* The first row of this head behind `key`; false when there is none. */
static bool next_row(const struct omap *rows, uint64_t size, struct bytes key,
                     struct bytes *ret_key, struct bytes *ret_row)
{
    return omap_seek(rows, key, ret_key, ret_row) && bytes_get_u64(ret_key->data) == size;
}

static void drop_oldest(struct witnesses *w)
{
    const uint64_t size = w->heads[0].head.size;
    struct row_key from = row_key(size, "");
    struct bytes key, row;
    while (next_row(w->rows, size, ROW_KEY(from), &key, &row)) {
        struct row_key gone;
        memcpy(gone.bytes, key.data, sizeof(gone.bytes));
        (void)omap_remove(w->rows, ROW_KEY(gone));
    }
    w->head_count--;
    memmove(w->heads, w->heads + 1, w->head_count * sizeof(w->heads[0]));
}

static void add_head(struct witnesses *w, const struct ledger_head *head)
{
    if (w->head_count == WITNESSES_GATHERING) {
        drop_oldest(w);
    }
    w->heads[w->head_count++] = *head;
}

void witnesses_mark(struct witnesses *w, const struct ledger_head *head, struct mono now)
{
    const struct ledger_head *newest = witnesses_newest(w);
    if (clock_between_ms(w->next, now) < 0 ||
        (newest != NULL && head->head.size <= newest->head.size) ||
        w->unsaved_heads == WITNESSES_GATHERING) { /* the store takes nothing: keep what it lacks */
        return;
    }
    add_head(w, head);
    w->unsaved_heads++;
    w->next = clock_after(now, WITNESSES_MS);
}

/* ---- Cosignatures ---- */

enum ng_err witnesses_add(struct witnesses *w, uint64_t size, const char *party,
                          const uint8_t key[KEY_PUBLIC_SIZE], struct bytes cosignature)
{
    const struct ledger_head *head = size > 0 ? witnesses_find(w, size) : NULL;
    const struct row_key row = row_key(size, party);
    struct key_public public_key;
    struct bytes there;
    uint8_t value[ROW_SIZE];
    if (head == NULL || cosignature.size != COSIGN_SIZE) {
        return err_plain(NG_ERR_INPUT);
    }
    memcpy(public_key.bytes, key, KEY_PUBLIC_SIZE);
    if (cosign_verify((struct bytes){(const uint8_t *)head->note, head->note_size}, &public_key,
                      cosignature.data) != NG_OK) {
        return err_plain(NG_ERR_INPUT);
    }
    if (omap_get(w->rows, ROW_KEY(row), &there)) {
        return NG_OK;
    }
    memcpy(value, key, KEY_PUBLIC_SIZE);
    memcpy(value + KEY_PUBLIC_SIZE, cosignature.data, COSIGN_SIZE);
    const struct bytes bytes = {value, sizeof(value)};
    const enum ng_err err = omap_put(w->unsaved, ROW_KEY(row), bytes);
    return err != NG_OK ? err : omap_put(w->rows, ROW_KEY(row), bytes);
}

void witnesses_list(const struct witnesses *w, uint64_t size, const char *after,
                    struct witnesses_page *ret)
{
    struct row_key from = row_key(size, after);
    struct bytes key, row;
    ret->count = 0;
    ret->more = false;
    while (next_row(w->rows, size, ROW_KEY(from), &key, &row)) {
        struct party_code code = {""};
        memcpy(code.text, key.data + 8, PARTY_CODE_MAX);
        const bool is_after = strcmp(code.text, after) > 0;
        if (is_after && ret->count == WIRE_WITNESSES_MAX) {
            ret->more = true;
            return;
        }
        if (is_after) {
            const size_t i = ret->count++;
            ret->codes[i] = code;
            memcpy(ret->keys[i].bytes, row.data, KEY_PUBLIC_SIZE);
            ret->items[i].party = ret->codes[i].text;
            ret->items[i].cosignature = (struct bytes){row.data + KEY_PUBLIC_SIZE, COSIGN_SIZE};
        }
        const size_t next = omap_position(w->rows, key) + 1;
        if (!omap_at(w->rows, next, &key, &row)) {
            return;
        }
        memcpy(from.bytes, key.data, sizeof(from.bytes));
    }
}

size_t witnesses_count(const struct witnesses *w, uint64_t size)
{
    const struct row_key from = row_key(size, ""), end = row_key(size + 1, "");
    return omap_position(w->rows, ROW_KEY(end)) - omap_position(w->rows, ROW_KEY(from));
}

/* ---- The store ---- */

/* The first key of a table at or behind `from`, copied into its place. */
static enum ng_err first_key(struct store_txn *t, unsigned table, struct bytes from, uint8_t *to)
{
    struct store_cursor *c = NULL;
    struct bytes key, value;
    enum ng_err err = store_cursor_open(t, table, &c);
    if (err == NG_OK) {
        err = store_cursor_seek(c, from, &key, &value);
    }
    if (err == NG_OK && key.size != from.size) {
        err = err_plain(NG_ERR_CORRUPT);
    }
    if (err == NG_OK) {
        memcpy(to, key.data, key.size);
    }
    store_cursor_close(&c);
    return err;
}

static enum ng_err remove_rows(struct store_txn *t, uint64_t size)
{
    enum ng_err err = NG_OK;
    while (err == NG_OK) {
        struct row_key row = row_key(size, "");
        err = first_key(t, TABLE_COSIGNATURES, ROW_KEY(row), row.bytes);
        if (err == NG_OK && bytes_get_u64(row.bytes) != size) {
            return NG_OK;
        }
        if (err == NG_OK) {
            err = store_remove(t, TABLE_COSIGNATURES, ROW_KEY(row));
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err trim(struct store_txn *t)
{
    uint64_t count = 0;
    enum ng_err err = store_count(t, TABLE_HEADS, &count);
    for (; err == NG_OK && count > WITNESSES_KEPT; count--) {
        struct store_key_u64 oldest = store_key_u64(0);
        err = first_key(t, TABLE_HEADS, STORE_KEY(oldest), oldest.bytes);
        if (err == NG_OK) {
            err = remove_rows(t, bytes_get_u64(oldest.bytes));
        }
        if (err == NG_OK) {
            err = store_remove(t, TABLE_HEADS, STORE_KEY(oldest));
        }
    }
    return err;
}

static enum ng_err save(struct store_txn *t, void *context)
{
    const struct witnesses *w = context;
    enum ng_err err = NG_OK;
    struct bytes key, row;
    for (size_t i = w->head_count - w->unsaved_heads; err == NG_OK && i < w->head_count; i++) {
        const struct store_key_u64 size = store_key_u64(w->heads[i].head.size);
        err = store_put(t, TABLE_HEADS, STORE_KEY(size),
                        (struct bytes){(const uint8_t *)w->heads[i].note, w->heads[i].note_size});
    }
    for (size_t i = 0; err == NG_OK && omap_at(w->unsaved, i, &key, &row); i++) {
        err = store_put(t, TABLE_COSIGNATURES, key, row);
    }
    return err != NG_OK ? err : trim(t);
}

enum ng_err witnesses_flush(struct witnesses *w)
{
    if (w->unsaved_heads == 0 && omap_count(w->unsaved) == 0) {
        return NG_OK;
    }
    const enum ng_err err = store_write(w->store, save, w);
    if (err != NG_OK) {
        return err_wrap(err, "witness");
    }
    struct bytes key, row;
    while (omap_at(w->unsaved, 0, &key, &row)) {
        struct row_key saved;
        memcpy(saved.bytes, key.data, sizeof(saved.bytes));
        (void)omap_remove(w->unsaved, ROW_KEY(saved));
    }
    w->unsaved_heads = 0;
    return NG_OK;
}

/* ---- Start ---- */

/* Is this head an earlier state of the log? */
static bool is_of_log(struct ledger *l, struct store_txn *t, const struct ledger_head *log,
                      const struct note_head *head)
{
    struct tree_proof proof;
    if (head->size == log->head.size) {
        return hash_equal(&head->root, &log->head.root);
    }
    return head->size > 0 && head->size < log->head.size &&
           ledger_consistency(l, t, head->size, log->head.size, &proof) == NG_OK &&
           tree_verify_consistency(head->size, log->head.size, &head->root, &log->head.root,
                                   proof.hashes, proof.count) == NG_OK;
}

static enum ng_err load_rows(struct witnesses *w, struct store_txn *t, uint64_t size)
{
    struct store_cursor *c = NULL;
    const struct row_key from = row_key(size, "");
    struct bytes key, row;
    enum ng_err err = store_cursor_open(t, TABLE_COSIGNATURES, &c);
    if (err == NG_OK) {
        err = store_cursor_seek(c, ROW_KEY(from), &key, &row);
    }
    while (err == NG_OK && key.size == sizeof(from.bytes) && bytes_get_u64(key.data) == size) {
        err = row.size == ROW_SIZE ? omap_put(w->rows, key, row) : err_plain(NG_ERR_CORRUPT);
        if (err == NG_OK) {
            err = store_cursor_next(c, &key, &row);
        }
    }
    store_cursor_close(&c);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* The newest heads that this log bears out, from the last back; they come in the wrong order. */
static enum ng_err load_heads(struct witnesses *w, struct ledger *l, struct store_txn *log,
                              struct store_txn *t)
{
    struct store_cursor *c = NULL;
    struct ledger_head newest, head;
    struct bytes key, note;
    enum ng_err err = ledger_head_in(l, log, &newest);
    if (err == NG_OK) {
        err = store_cursor_open(t, TABLE_HEADS, &c);
    }
    if (err == NG_OK) {
        err = store_cursor_last(c, &key, &note);
    }
    while (err == NG_OK && w->head_count < WITNESSES_GATHERING) {
        if (note.size < sizeof(head.note) && key.size == sizeof(uint64_t) &&
            log_keys_verify(ledger_log_keys(l), ledger_origin(l), note, &head.head) == NG_OK &&
            head.head.size == bytes_get_u64(key.data) && is_of_log(l, log, &newest, &head.head)) {
            memmove(w->heads + 1, w->heads, w->head_count * sizeof(w->heads[0]));
            memcpy(head.note, note.data, note.size);
            head.note[note.size] = '\0';
            head.note_size = note.size;
            w->heads[0] = head;
            w->head_count++;
            err = load_rows(w, t, head.head.size);
        }
        if (err == NG_OK) {
            err = store_cursor_prev(c, &key, &note);
        }
    }
    store_cursor_close(&c);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err load(struct witnesses *w, struct ledger *l)
{
    struct store_txn *log = NULL, *t = NULL;
    enum ng_err err = store_begin_read(ledger_store(l), &log);
    if (err == NG_OK) {
        err = store_begin_read(w->store, &t);
    }
    if (err == NG_OK) {
        err = load_heads(w, l, log, t);
    }
    if (t != NULL) {
        store_end_read(&t);
    }
    if (log != NULL) {
        store_end_read(&log);
    }
    return err;
}

enum ng_err witnesses_open(const char *folder, struct ledger *l, bool read_only,
                           struct witnesses **ret)
{
    struct witnesses *w = calloc(1, sizeof(*w));
    char *path = file_join(folder, "witness");
    enum ng_err err = w == NULL || path == NULL ? err_set(NG_ERR_NOMEM, "witness") : NG_OK;
    if (err == NG_OK) {
        const struct store_config config = {.path = path,
                                            .tables = table_names,
                                            .format = WITNESSES_FORMAT,
                                            .format_version = WITNESSES_VERSION,
                                            .create = !read_only,
                                            .read_only = read_only,
                                            .relaxed_meta = true,
                                            .sealed = true};
        w->rows = omap_new();
        w->unsaved = omap_new();
        err = w->rows == NULL || w->unsaved == NULL ? err_set(NG_ERR_NOMEM, "witness")
                                                    : store_open(&config, &w->store);
    }
    if (err == NG_OK) {
        err = load(w, l);
    }
    free(path);
    if (err != NG_OK) {
        witnesses_close(&w);
        return err_wrap(err, "witness");
    }
    *ret = w;
    return NG_OK;
}

void witnesses_close(struct witnesses **w)
{
    if (*w == NULL) {
        return;
    }
    store_close(&(*w)->store);
    omap_destroy(&(*w)->rows);
    omap_destroy(&(*w)->unsaved);
    free(*w);
    *w = NULL;
}
