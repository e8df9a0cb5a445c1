#include "broker/cosigned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Who counts ---- */

static bool counts(const struct registry_party *p)
{
    return p->epoch > 0 && !p->revoked && !p->frozen && !p->unconfirmed;
}

static enum ng_err each_party(struct ledger *l,
                              enum ng_err (*fn)(void *, const struct registry_party *),
                              void *context)
{
    struct store_txn *t = NULL;
    const enum ng_err err = store_begin_read(ledger_store(l), &t);
    if (err != NG_OK) {
        return err;
    }
    const enum ng_err done = registry_each(t, fn, context);
    store_end_read(&t);
    return done;
}

static enum ng_err count_party(void *context, const struct registry_party *p)
{
    size_t *count = context;
    *count += counts(p);
    return NG_OK;
}

enum ng_err cosigned_parties(struct ledger *l, size_t *ret)
{
    *ret = 0;
    return each_party(l, count_party, ret);
}

/* ---- Who has cosigned ---- */

static enum ng_err give_page(const struct witnesses_page *page, const char *origin, cosigned_fn fn,
                             void *context)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < page->count && err == NG_OK; i++) {
        struct cosigned_one one = {.party = page->codes[i].text,
                                   .key = page->keys[i],
                                   .cosignature = page->items[i].cosignature.data};
        cosign_name(origin, one.party, one.name);
        err = fn(context, &one);
    }
    return err;
}

enum ng_err cosigned_each(const struct witnesses *w, const struct ledger_head *head, cosigned_fn fn,
                          void *context)
{
    struct witnesses_page *page = calloc(1, sizeof(*page));
    struct party_code after = {""};
    enum ng_err err = page == NULL ? err_set(NG_ERR_NOMEM, "witness") : NG_OK;
    bool more = true;
    while (err == NG_OK && more) {
        witnesses_list(w, head->head.size, after.text, page);
        err = give_page(page, head->head.origin, fn, context);
        more = page->more;
        if (page->count > 0) {
            after = page->codes[page->count - 1];
        }
    }
    free(page);
    return err;
}

/* ---- An export ---- */

struct export_text {
    const char *origin;
    struct buf *to;
    struct buf *members; /* of the policy's group; NULL: keys alone */
    size_t member_count;
};

static enum ng_err add_vkey(struct buf *to, const char *name, const struct key_public *key)
{
    const enum ng_err err = cosign_vkey(name, key, to);
    return err == NG_OK ? buf_add_byte(to, '\n') : err;
}

static enum ng_err add_party(void *context, const struct registry_party *p)
{
    static const uint8_t none[sizeof(p->cosign_key)];
    struct export_text *x = context;
    char name[COSIGN_NAME_MAX + 1];
    struct key_public key;
    enum ng_err err = NG_OK;
    if (!counts(p) || memcmp(p->cosign_key, none, sizeof(none)) == 0) {
        return NG_OK;
    }
    memcpy(key.bytes, p->cosign_key, sizeof(key.bytes));
    cosign_name(x->origin, p->code.text, name);
    if (x->members != NULL) {
        x->member_count++;
        err = buf_printf(x->members, " %s", p->code.text);
        err = err == NG_OK ? buf_printf(x->to, "witness %s ", p->code.text) : err;
    }
    return err == NG_OK ? add_vkey(x->to, name, &key) : err;
}

static enum ng_err add_witness_vkey(void *context, const struct cosigned_one *one)
{
    struct buf *to = context;
    struct buf line = BUF_INIT(512);
    enum ng_err err = add_vkey(&line, one->name, &one->key);
    if (err == NG_OK && strstr(buf_text(to), buf_text(&line)) == NULL) { /* of an earlier epoch */
        err = buf_add(to, line.data, line.size);
    }
    buf_fini(&line);
    return err;
}

static enum ng_err add_witness_line(void *context, const struct cosigned_one *one)
{
    return cosign_line(one->name, &one->key, one->cosignature, context);
}

/* Each cosignature of the head that is exported, behind its note if `note` is given. Nothing where
 * there is none yet. */
static enum ng_err each_witness(const struct cosigned_beside *b, struct buf *note, cosigned_fn fn,
                                void *context)
{
    struct witnesses *w = NULL;
    size_t parties = 0;
    const struct ledger_head *head = NULL;
    enum ng_err err = witnesses_open(b->folder, b->ledger, true, &w);
    if (err == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    if (err == NG_OK) {
        err = cosigned_parties(b->ledger, &parties);
    }
    if (err == NG_OK) {
        head = witnesses_final(w, cosign_quorum(parties));
    }
    if (head != NULL && note != NULL) {
        err = buf_add(note, head->note, head->note_size);
    }
    if (head != NULL && err == NG_OK) {
        err = cosigned_each(w, head, fn, context);
    }
    witnesses_close(&w);
    return err;
}

static enum ng_err export_vkeys(struct source *s, struct buf *to)
{
    const struct cosigned_beside *b = s->beside;
    struct export_text x = {.origin = s->origin, .to = to};
    const enum ng_err err = each_party(b->ledger, add_party, &x);
    return err == NG_OK ? each_witness(b, NULL, add_witness_vkey, to) : err;
}

static enum ng_err export_policy(struct source *s, struct buf *to)
{
    const struct cosigned_beside *b = s->beside;
    struct buf members = BUF_INIT(to->size_max);
    struct export_text x = {.origin = s->origin, .to = to, .members = &members};
    size_t parties = 0;
    enum ng_err err = cosigned_parties(b->ledger, &parties);
    if (err == NG_OK) {
        err = each_party(b->ledger, add_party, &x);
    }
    const size_t needed = cosign_quorum(parties);
    if (err == NG_OK && x.member_count >= needed && x.member_count > 0) {
        err = buf_printf(to, "group parties %zu%s\nquorum parties\n", needed, buf_text(&members));
    } else if (err == NG_OK) {
        err = buf_add_text(to, "quorum none\n");
    }
    buf_fini(&members);
    return err;
}

static enum ng_err export_cosigned(struct source *s, struct buf *to)
{
    return each_witness(s->beside, to, add_witness_line, to);
}

void cosigned_into(struct source *s, struct cosigned_beside *beside)
{
    beside->ops = *s->ops;
    beside->ops.vkeys = export_vkeys;
    beside->ops.policy = export_policy;
    beside->ops.cosigned = export_cosigned;
    s->ops = &beside->ops;
    s->beside = beside;
}
