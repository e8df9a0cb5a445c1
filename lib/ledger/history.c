#include "ledger/history.h"

#include "base/lang.h"
#include "base/omap.h"
#include "ledger/ledger_index.h"
#include "ledger/ledger_overlay.h"
#include "ledger/ledger_table.h"
#include "ledger/note.h"
#include "ledger/registry_keys.h"
#include "ledger/registry_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough of a statement's hash to tell it from another one with its number. */
struct history_said {
    uint8_t bytes[16];
};

struct history {
    char origin[NOTE_ORIGIN_MAX + 1];
    uint8_t log_id[LOG_ID_SIZE];
    struct key_public first_key;
    struct ledger_overlay folded; /* over nothing: the history's own rows */
    bool whole;                   /* no hole so far */
    struct history_said *said;    /* by leaf */
    size_t count;
    size_t capacity;
    struct previous previous;
    char text[128]; /* of a fault that has a detail */
};

enum ng_err history_new(const char *origin, const struct log_keys *keys, struct history **ret)
{
    struct history *h = calloc(1, sizeof(*h));
    if (h == NULL) {
        return err_set(NG_ERR_NOMEM, "history");
    }
    enum ng_err e = ledger_overlay_init(&h->folded, NULL);
    if (e != NG_OK) {
        free(h);
        return e;
    }
    (void)snprintf(h->origin, sizeof(h->origin), "%s", origin);
    statement_log_id(origin, h->log_id);
    h->first_key = keys->links[0].key;
    h->whole = true;
    *ret = h;
    return NG_OK;
}

void history_destroy(struct history **h)
{
    if (h == NULL || *h == NULL) {
        return;
    }
    ledger_overlay_fini(&(*h)->folded);
    free((*h)->said);
    free(*h);
    *h = NULL;
}

void history_break(struct history *h)
{
    h->whole = false;
}

bool history_whole(const struct history *h)
{
    return h->whole;
}

const struct previous *history_previous(const struct history *h)
{
    return &h->previous;
}

enum ng_err history_check_keys(struct history *h, const struct log_keys *keys, uint64_t size,
                               bool *ret_agree)
{
    const struct registry_fold_rows rows = ledger_overlay_registry(&h->folded);
    struct log_keys told;
    const enum ng_err e = registry_keys_of_log(&rows, &told);
    if (e == NG_OK || e == NG_ERR_NOT_FOUND) {
        *ret_agree = e == NG_OK ? log_keys_agree(&told, keys, size) : size == 0;
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

struct ledger_overlay *history_rows(struct history *h)
{
    return &h->folded;
}

enum ng_err history_each_party(struct history *h, registry_each_fn fn, void *context)
{
    const uint8_t first[] = {LEDGER_TABLE_REGISTRY, 'P'};
    const struct omap *rows = h->folded.changes;
    struct bytes key, row;
    enum ng_err e = NG_OK;
    for (size_t i = omap_position(rows, (struct bytes){first, sizeof(first)});
         e == NG_OK && omap_at(rows, i, &key, &row) && key.size > sizeof(first) &&
         memcmp(key.data, first, sizeof(first)) == 0;
         i++) {
        struct registry_party party;
        e = registry_row_get_party(row, &party);
        if (e == NG_OK && strcmp(party.code.text, STATEMENT_LOG_AUTHOR) != 0) {
            e = fn(context, &party);
        }
    }
    return e;
}

/* What the bytes are to blame for; anything else (memory) says nothing about the log. */
static bool history_blames(enum ng_err e)
{
    return e == NG_ERR_CORRUPT || e == NG_ERR_PROTO || e == NG_ERR_LIMIT || e == NG_ERR_NOT_FOUND ||
           e == NG_ERR_VERIFY || e == NG_ERR_REFUSED || e == NG_ERR_INPUT;
}

static enum ng_err history_genesis(struct history *h, const struct leaf *leaf,
                                   const struct statement *s, bool *ret)
{
    struct wire_genesis genesis;
    *ret = false;
    if (s->kind != STATEMENT_GENESIS) {
        return NG_OK;
    }
    enum ng_err e = wire_genesis_decode(s->payload, &genesis);
    if (e == NG_OK) {
        e = previous_read(&genesis, &h->previous);
    }
    if (e != NG_OK) {
        return history_blames(e) ? NG_OK : e;
    }
    *ret = strcmp(genesis.origin, h->origin) == 0 &&
           memcmp(leaf->key.bytes, h->first_key.bytes, KEY_PUBLIC_SIZE) == 0;
    return NG_OK;
}

/* A leaf that is not the next has its fault elsewhere. */
static enum ng_err history_remember(struct history *h, uint64_t index, const struct hash *hash)
{
    if (index != h->count) {
        return NG_OK;
    }
    if (h->count == h->capacity) {
        const size_t capacity = h->capacity == 0 ? 1024 : h->capacity * 2;
        struct history_said *said = reallocarray(h->said, capacity, sizeof(*said));
        if (said == NULL) {
            return err_set(NG_ERR_NOMEM, "history");
        }
        h->said = said;
        h->capacity = capacity;
    }
    memcpy(h->said[h->count++].bytes, hash->bytes, sizeof(h->said->bytes));
    return NG_OK;
}

/* Evidence of a fork names the leaf that has its statement's number, and that leaf says something
 * else. */
static enum ng_err history_evidence(struct history *h, const struct statement *s, bool *ret)
{
    struct buf copy = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    struct wire_fork fork = {.index = 0};
    struct statement other;
    uint64_t index = 0;
    *ret = false;
    enum ng_err e = registry_fold_evidence(s, &copy, &fork, &other);
    if (e == NG_OK) {
        e = ledger_index_find(&h->folded, other.author.text, other.epoch, other.seq, &index);
    }
    if (e == NG_OK && index == fork.index && index < h->count) {
        const struct hash hash = statement_hash(fork.statement);
        *ret = memcmp(hash.bytes, h->said[index].bytes, sizeof(h->said[index].bytes)) != 0;
    }
    buf_fini(&copy);
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

/* The registry's rules over what was before; then what the statement changes. */
static enum ng_err history_fold(struct history *h, const struct leaf *leaf,
                                const struct statement *s, const char **ret_wrong)
{
    struct registry_fold_rows rows = ledger_overlay_registry(&h->folded);
    struct registry_fold_author author;
    enum refusal refusal = REFUSAL_OK;
    uint64_t expected = 0;
    enum ng_err e = registry_fold_judge(&rows, s, &author, &refusal);
    if (e == NG_OK && refusal == REFUSAL_OK) {
        e = registry_fold_follows(&rows, s, &author, leaf->index, leaf->received_at, &refusal,
                                  &expected);
    }
    if (e == NG_OK && refusal != REFUSAL_OK) {
        (void)snprintf(h->text, sizeof(h->text), _("by the rules it was never taken (%s)"),
                       refusal_name(refusal));
        *ret_wrong = h->text;
        return NG_OK;
    }
    if (e == NG_OK && memcmp(author.key.bytes, leaf->key.bytes, KEY_PUBLIC_SIZE) != 0) {
        *ret_wrong = _("its key is not its author's");
        return NG_OK;
    }
    bool proves = true;
    if (e == NG_OK && s->kind == STATEMENT_FORK) {
        e = history_evidence(h, s, &proves);
    }
    if (e == NG_OK && !proves) {
        *ret_wrong = _("its evidence of a fork proves none");
        return NG_OK;
    }
    struct hash hash = statement_hash(leaf->statement);
    if (e == NG_OK) {
        e = history_remember(h, leaf->index, &hash);
    }
    if (e == NG_OK) {
        e = registry_fold_apply(&rows, s, &hash, leaf->index, leaf->received_at, &author);
    }
    return e == NG_OK ? ledger_index_add_author(&h->folded, &author.party, s, leaf->index) : e;
}

static enum ng_err history_judge(struct history *h, const struct leaf *leaf,
                                 const struct statement *s, const char **ret_wrong)
{
    bool genesis = false;
    if (memcmp(s->log_id, h->log_id, LOG_ID_SIZE) != 0) {
        *ret_wrong = _("it is for another log");
        return NG_OK;
    }
    enum ng_err e = history_genesis(h, leaf, s, &genesis);
    if (e == NG_OK && (leaf->index == 0) != genesis) {
        *ret_wrong = _("the log does not begin with its one genesis");
        return NG_OK;
    }
    return e == NG_OK ? history_fold(h, leaf, s, ret_wrong) : e;
}

enum ng_err history_take(struct history *h, const struct leaf *leaf, const struct statement *s,
                         const char **ret_wrong)
{
    *ret_wrong = NULL;
    if (!h->whole) {
        return NG_OK;
    }
    enum ng_err e = history_judge(h, leaf, s, ret_wrong);
    if (e != NG_OK && history_blames(e)) {
        (void)snprintf(h->text, sizeof(h->text), "%s", err_explain(e));
        *ret_wrong = h->text;
        e = NG_OK;
    }
    h->whole = h->whole && e == NG_OK && *ret_wrong == NULL;
    return e;
}
