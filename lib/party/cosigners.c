/* The happy path: a statement of a registry kind is judged by the rows, then applied to them. What
 * the rules would not have taken changes nothing here: whether the broker may have logged it is for
 * the reader to say. The authors' numbering is not followed, so it is taken to be right. */
#include "party/cosigners.h"

#include "ledger/leaf.h"
#include "ledger/registry_fold.h"
#include "party/tables.h"

#include <string.h>

#define PARTY_LETTER 'P' /* of a party's row in the registry */

static enum ng_err get_row(void *context, struct bytes key, struct bytes *ret_row)
{
    return store_get(context, TABLES_COSIGNERS, key, ret_row);
}

static enum ng_err put_row(void *context, struct bytes key, struct bytes row)
{
    return store_put(context, TABLES_COSIGNERS, key, row);
}

static struct registry_fold_rows rows_of(struct store_txn *t)
{
    return (struct registry_fold_rows){t, get_row, put_row};
}

/* ---- Folding ---- */

static bool is_of_registry(struct bytes bytes, struct leaf *leaf, struct statement *ret)
{
    return leaf_decode(bytes, leaf) == NG_OK && statement_decode(leaf->statement, ret) == NG_OK &&
           ret->kind < STATEMENT_FIELD_FIRST && ret->kind != STATEMENT_HEARTBEAT;
}

static enum ng_err fold_one(const struct registry_fold_rows *rows, const struct leaf *leaf,
                            const struct statement *s)
{
    struct registry_fold_author author;
    enum refusal refusal = REFUSAL_OK;
    uint64_t expected = 0;
    enum ng_err e = registry_fold_judge(rows, s, &author, &refusal);
    if (e || refusal != REFUSAL_OK ||
        memcmp(author.key.bytes, leaf->key.bytes, KEY_PUBLIC_SIZE) != 0) {
        return e;
    }
    author.party.high_water = s->seq - 1;
    author.party.prev = s->prev;
    e = registry_fold_follows(rows, s, &author, leaf->index, leaf->received_at, &refusal,
                              &expected);
    if (!e && refusal == REFUSAL_OK) {
        const struct hash none = {{0}};
        e = registry_fold_apply(rows, s, &none, leaf->index, leaf->received_at, &author);
    }
    return e;
}

struct leaves {
    const struct bytes *items;
    size_t count;
    const struct cosigners_watch *watch;
};

static enum ng_err fold_all(struct store_txn *t, void *context)
{
    const struct registry_fold_rows rows = rows_of(t);
    const struct leaves *l = context;
    struct leaf leaf;
    struct statement s;
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < l->count && !e; i++) {
        if (is_of_registry(l->items[i], &leaf, &s)) {
            e = fold_one(&rows, &leaf, &s);
            if (!e && l->watch) {
                e = l->watch->look(l->watch->context, t, &rows, &leaf, &s, l->items[i]);
            }
        }
    }
    return e;
}

enum ng_err cosigners_fold(struct store *s, const struct bytes *leaves, size_t count,
                           const struct cosigners_watch *watch)
{
    struct leaves l = {leaves, count, watch};
    struct leaf leaf;
    struct statement statement;
    for (size_t i = 0; i < count; i++) {
        if (is_of_registry(leaves[i], &leaf, &statement)) {
            return store_write(s, fold_all, &l);
        }
    }
    return NG_OK;
}

/* ---- Looking up ---- */

enum ng_err cosigners_get(struct store_txn *t, const char *party, struct registry_party *ret)
{
    const struct registry_fold_rows rows = rows_of(t);
    struct registry_party p;
    const enum ng_err e = registry_fold_party(&rows, party, &p);
    if (e || !registry_counts(&p)) {
        return e ? e : err_plain(NG_ERR_NOT_FOUND);
    }
    *ret = p;
    return NG_OK;
}

/* Each party there is, the log itself too. */
static enum ng_err each_row(struct store_txn *t, registry_each_fn fn, void *context)
{
    const struct registry_fold_rows rows = rows_of(t);
    struct store_cursor *c = NULL;
    const uint8_t first[1] = {PARTY_LETTER};
    struct bytes key, row;
    enum ng_err e = store_cursor_open(t, TABLES_COSIGNERS, &c);
    if (!e) {
        e = store_cursor_seek(c, (struct bytes){first, sizeof(first)}, &key, &row);
    }
    while (!e && key.data[0] == PARTY_LETTER) {
        struct party_code code = {""};
        struct registry_party p;
        if (key.size > PARTY_CODE_MAX + 1) {
            e = tables_damaged("cosigners", 0);
            break;
        }
        memcpy(code.text, key.data + 1, key.size - 1);
        e = registry_fold_party(&rows, code.text, &p);
        if (!e) {
            e = fn(context, &p);
        }
        if (!e) {
            e = store_cursor_next(c, &key, &row);
        }
    }
    store_cursor_close(&c);
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

static enum ng_err take_newest(void *context, const struct registry_party *p)
{
    uint64_t *newest = context;
    *newest = p->last_index > *newest ? p->last_index : *newest;
    return NG_OK;
}

enum ng_err cosigners_newest(struct store_txn *t, uint64_t *ret_index)
{
    *ret_index = 0;
    return each_row(t, take_newest, ret_index);
}

struct counting {
    registry_each_fn fn;
    void *context;
};

static enum ng_err give_counting(void *context, const struct registry_party *p)
{
    const struct counting *c = context;
    return registry_counts(p) ? c->fn(c->context, p) : NG_OK;
}

enum ng_err cosigners_each(struct store_txn *t, registry_each_fn fn, void *context)
{
    struct counting c = {fn, context};
    return each_row(t, give_counting, &c);
}
