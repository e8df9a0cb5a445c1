#include "broker/cosigned.h"

#include <stdlib.h>
#include <string.h>

/* ---- Which count ---- */

/* Whether the party counts now, and by this key. */
static enum ng_err one_counts(struct store_txn *t, const char *code, const struct key_public *key,
                              bool *ret)
{
    struct registry_party party;
    const enum ng_err err = registry_party_get(t, code, &party);
    *ret = err == NG_OK && registry_counts(&party) &&
           memcmp(party.cosign_key, key->bytes, sizeof(key->bytes)) == 0;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err give_page(struct store_txn *t, const struct witnesses_page *page,
                             const char *origin, cosigned_fn fn, void *context)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < page->count && err == NG_OK; i++) {
        struct cosigned_one one = {.party = page->codes[i].text,
                                   .key = page->keys[i],
                                   .cosignature = page->items[i].cosignature.data};
        bool counts = false;
        err = one_counts(t, one.party, &one.key, &counts);
        if (err == NG_OK && counts) {
            cosign_name(origin, one.party, one.name);
            err = fn(context, &one);
        }
    }
    return err;
}

enum ng_err cosigned_each(struct store_txn *t, const struct witnesses *w,
                          const struct ledger_head *head, cosigned_fn fn, void *context)
{
    struct witnesses_page *page = calloc(1, sizeof(*page));
    struct party_code after = {""};
    enum ng_err err = page == NULL ? err_set(NG_ERR_NOMEM, "witness") : NG_OK;
    bool more = true;
    while (err == NG_OK && more) {
        witnesses_list(w, head->head.size, after.text, page);
        err = give_page(t, page, head->head.origin, fn, context);
        more = page->more;
        if (page->count > 0) {
            after = page->codes[page->count - 1];
        }
    }
    free(page);
    return err;
}

static enum ng_err count_one(void *context, const struct cosigned_one *one)
{
    size_t *count = context;
    (void)one;
    ++*count;
    return NG_OK;
}

enum ng_err cosigned_count(struct store_txn *t, const struct witnesses *w,
                           const struct ledger_head *head, size_t *ret)
{
    *ret = 0;
    return cosigned_each(t, w, head, count_one, ret);
}

static enum ng_err count_party(void *context, const struct registry_party *p)
{
    size_t *count = context;
    *count += registry_counts(p);
    return NG_OK;
}

/* ---- Which head ---- */

enum ng_err cosigned_find(struct store_txn *t, const struct witnesses *w, uint64_t most,
                          struct cosigned_view *ret)
{
    struct cosigned_view newest = {.head = NULL};
    enum ng_err err = registry_each(t, count_party, &newest.parties);
    newest.needed = cosign_quorum(newest.parties);
    *ret = newest;
    const struct ledger_head *head = witnesses_below(w, most);
    for (bool first = true; err == NG_OK && head != NULL; first = false) {
        struct cosigned_view v = {.head = head, .parties = newest.parties, .needed = newest.needed};
        err = cosigned_count(t, w, head, &v.cosigned);
        if (first || (err == NG_OK && v.cosigned >= v.needed)) {
            *ret = v;
        }
        head = v.cosigned >= v.needed || head->head.size == 0
                   ? NULL
                   : witnesses_below(w, head->head.size - 1);
    }
    return err;
}

/* ---- An export ---- */

static enum ng_err add_witness_line(void *context, const struct cosigned_one *one)
{
    return cosign_line(one->name, &one->key, one->cosignature, context);
}

static enum ng_err export_cosigned(struct source *s, struct buf *to)
{
    const struct cosigned_beside *b = s->beside;
    struct store_txn *t = source_ledger_txn(s);
    struct cosigned_view v = {.head = NULL};
    struct ledger_head log;
    enum ng_err err = ledger_head_in(b->ledger, t, &log);
    if (err == NG_OK) {
        err = cosigned_find(t, b->witnesses, log.head.size, &v);
    }
    if (err == NG_OK && v.cosigned > 0) {
        err = buf_add(to, v.head->note, v.head->note_size);
    }
    if (err == NG_OK && v.cosigned > 0) {
        err = cosigned_each(t, b->witnesses, v.head, add_witness_line, to);
    }
    return err;
}

enum ng_err cosigned_into(struct source *s, struct ledger *l, const char *folder,
                          struct cosigned_beside *ret)
{
    *ret = (struct cosigned_beside){.ledger = l, .ops = *s->ops};
    const enum ng_err err = witnesses_open(folder, l, true, &ret->witnesses);
    if (err == NG_OK) {
        ret->ops.cosigned = export_cosigned;
        s->ops = &ret->ops;
        s->beside = ret;
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

void cosigned_close(struct cosigned_beside *b)
{
    witnesses_close(&b->witnesses);
}
