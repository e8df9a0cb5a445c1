/* Judging a batch (cheapest check first; proto/PROTOCOL.md, refusals).
 *
 *     size, domain, log ─> the invite's limits ─> seen before? ─> author, epoch, kind, addressee
 *         ─> signature ─> fork? ─> seq, prev, registry payload ─> taken
 *
 * The idea: everything is judged in a read transaction over an overlay of what the batch itself has
 * changed so far, so that statements of one author chain within a batch, and the write transaction
 * that follows has nothing left to decide and can be run again when the map grows.
 *
 * Something seen before is compared with the logged bytes, which costs less than a signature: the
 * same bytes get their receipt again even when the key is frozen or old. Other bytes under a number
 * that was used are believed only after their signature, and are then evidence.
 *
 * What fails: the store, or a leaf that does not hold; then nothing of the batch is written.
 */
#include "ledger/ledger_admit.h"

#include "base/check.h"
#include "base/lang.h"
#include "ledger/ledger_index.h"
#include "ledger/ledger_table.h"

#include <stdlib.h>
#include <string.h>

enum ng_err ledger_admit_init(struct ledger_admit *a, struct ledger *l, struct store_txn *txn,
                              size_t capacity, uint64_t now_ms)
{
    *a = (struct ledger_admit){.ledger = l, .txn = txn, .capacity = capacity};
    a->first_index = l->head.head.size;
    a->received_at = now_ms > l->last_received_at ? now_ms : l->last_received_at;
    enum ng_err e = ledger_overlay_init(&a->overlay, txn);
    if (e != NG_OK) {
        return e;
    }
    a->leaves = calloc(capacity, sizeof(*a->leaves));
    return a->leaves == NULL ? err_set(NG_ERR_NOMEM, "ledger: %zu leaves", capacity) : NG_OK;
}

void ledger_admit_fini(struct ledger_admit *a)
{
    for (size_t i = 0; i < a->count; i++) {
        free(a->leaves[i].owned);
    }
    free(a->leaves);
    a->leaves = NULL;
    ledger_overlay_fini(&a->overlay);
}

/* ---- Taking a statement that passed ---- */

static enum ng_err ledger_admit_take(struct ledger_admit *a, const struct statement *s,
                                     struct bytes statement, const uint8_t *signature,
                                     const struct registry_fold_author *author)
{
    CHECK(a->count < a->capacity);
    struct ledger_admit_leaf *l = &a->leaves[a->count];
    memcpy(l->signature, signature, KEY_SIGNATURE_SIZE);
    l->leaf = (struct leaf){.index = a->first_index + a->count,
                            .received_at = a->received_at,
                            .key = author->key,
                            .statement = statement,
                            .signature = l->signature};
    struct registry_fold_rows rows = ledger_overlay_registry(&a->overlay);
    struct hash hash = statement_hash(statement);
    enum ng_err e = registry_fold_inbox(&rows, s, &l->inbox);
    if (e == NG_OK) {
        e = registry_fold_apply(&rows, s, &hash, l->leaf.index, a->received_at, author);
    }
    if (e == NG_OK) {
        e = ledger_index_add_author(&a->overlay, &author->party, s, l->leaf.index);
    }
    a->count += e == NG_OK ? 1 : 0;
    return e;
}

/* ---- Statements of the log itself ---- */

static enum ng_err ledger_admit_compose(struct ledger_admit *a, uint32_t kind,
                                        const struct party_code *to, struct bytes payload,
                                        struct statement *ret)
{
    struct registry_fold_rows rows = ledger_overlay_registry(&a->overlay);
    struct registry_party log = {.high_water = 0};
    enum ng_err e = registry_fold_party(&rows, STATEMENT_LOG_AUTHOR, &log);
    if (e != NG_OK && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    const struct note_head *head = &a->ledger->head.head;
    *ret = (struct statement){.author = {STATEMENT_LOG_AUTHOR},
                              .to = *to,
                              .epoch = 1,
                              .kind = kind,
                              .seq = log.high_water + 1,
                              .authored_at = a->received_at,
                              .seen_size = head->size,
                              .seen_root = head->root,
                              .prev = log.prev,
                              .payload = payload};
    memcpy(ret->log_id, a->ledger->log_id, LOG_ID_SIZE);
    return NG_OK;
}

enum ng_err ledger_admit_log(struct ledger_admit *a, uint32_t kind, const struct party_code *to,
                             struct bytes payload)
{
    struct registry_fold_rows rows = ledger_overlay_registry(&a->overlay);
    struct buf encoded = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    struct registry_fold_author author;
    struct statement s;
    enum refusal refusal = REFUSAL_OK;
    uint64_t expected = 0;
    uint8_t signature[KEY_SIGNATURE_SIZE];
    enum ng_err e = ledger_admit_compose(a, kind, to, payload, &s);
    if (e == NG_OK) {
        e = statement_encode(&s, &encoded);
    }
    if (e == NG_OK) {
        e = registry_fold_judge(&rows, &s, &author, &refusal);
    }
    if (e == NG_OK && refusal == REFUSAL_OK) {
        e = registry_fold_follows(&rows, &s, &author, a->first_index + a->count, a->received_at,
                                  &refusal, &expected);
    }
    if (e == NG_OK && refusal != REFUSAL_OK) {
        e = err_set(NG_ERR_REFUSED, "%s", refusal_text(refusal));
    }
    if (e == NG_OK) {
        key_sign(&a->ledger->pair, buf_bytes(&encoded), signature);
        e = ledger_admit_take(a, &s, buf_bytes(&encoded), signature, &author);
    }
    if (e != NG_OK) {
        buf_fini(&encoded);
        return e;
    }
    a->leaves[a->count - 1].owned = encoded.data; /* takes the buffer's memory */
    return NG_OK;
}

/* ---- Statements that come in ---- */

static enum refusal ledger_admit_parse(const struct ledger_admit *a, struct ledger_item *item,
                                       struct statement *ret)
{
    enum ng_err e = statement_decode(item->statement, ret);
    if (e != NG_OK) {
        return e == NG_ERR_LIMIT ? REFUSAL_SIZE : REFUSAL_DOMAIN;
    }
    item->author = ret->author;
    item->kind = ret->kind;
    item->seq = ret->seq;
    if (memcmp(ret->log_id, a->ledger->log_id, LOG_ID_SIZE) != 0) {
        return REFUSAL_LOG;
    }
    if (item->signature.size != KEY_SIGNATURE_SIZE) {
        return REFUSAL_SIGNATURE;
    }
    /* A connection that holds only an invite is good for one thing. */
    if (item->invited_as.text[0] != '\0') {
        if (strcmp(item->invited_as.text, ret->author.text) != 0) {
            return REFUSAL_INVITE;
        }
        return ret->kind == STATEMENT_ENROL ? REFUSAL_OK : REFUSAL_KIND;
    }
    return REFUSAL_OK;
}

/* The leaf at an index that the authors' index gave: logged, or planned by this batch. */
static enum ng_err ledger_admit_leaf_at(struct ledger_admit *a, uint64_t index, struct leaf *ret)
{
    if (index >= a->first_index && index - a->first_index < a->count) {
        *ret = a->leaves[index - a->first_index].leaf;
        return NG_OK;
    }
    struct bytes encoded;
    enum ng_err e = ledger_leaf(a->ledger, a->txn, index, &encoded);
    return e == NG_OK ? leaf_decode(encoded, ret) : e;
}

/* What is logged under this author, epoch and seq; NG_ERR_NOT_FOUND. */
static enum ng_err ledger_admit_seen(struct ledger_admit *a, const struct statement *s,
                                     struct leaf *ret)
{
    uint64_t index = 0;
    enum ng_err e = ledger_index_find(&a->overlay, s->author.text, s->epoch, s->seq, &index);
    if (e == NG_OK) {
        e = ledger_admit_leaf_at(a, index, ret);
    }
    if (e != NG_OK) {
        return e;
    }
    struct statement logged;
    if (statement_decode(ret->statement, &logged) != NG_OK ||
        strcmp(logged.author.text, s->author.text) != 0 || logged.epoch != s->epoch ||
        logged.seq != s->seq) {
        return err_set(NG_ERR_CORRUPT, _("the index of authors names the wrong leaf %llu"),
                       (unsigned long long)index);
    }
    return NG_OK;
}

static void ledger_admit_accept(struct ledger_item *item, const struct leaf *leaf, bool duplicate)
{
    item->refusal = REFUSAL_OK;
    item->duplicate = duplicate;
    item->index = leaf->index;
    item->received_at = leaf->received_at;
    item->key = leaf->key;
}

/* Both statements with one number go into the log: the first is there, the evidence holds this. */
static enum ng_err ledger_admit_fork(struct ledger_admit *a, const struct ledger_item *item,
                                     uint64_t logged_index)
{
    struct wire_fork fork = {.index = logged_index, .statement = item->statement};
    struct buf payload = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    struct party_code office = {""};
    memcpy(fork.signature, item->signature.data, KEY_SIGNATURE_SIZE);
    enum ng_err e = wire_fork_encode(&fork, &payload);
    if (e == NG_OK) {
        e = ledger_admit_log(a, STATEMENT_FORK, &office, buf_bytes(&payload));
    }
    buf_fini(&payload);
    return e;
}

static bool ledger_admit_signed(const struct ledger_item *item, const struct key_public *key)
{
    if (item->signature_checked && memcmp(item->key.bytes, key->bytes, KEY_PUBLIC_SIZE) == 0) {
        return item->signature_holds;
    }
    return key_verify(key, item->statement, item->signature.data);
}

/* Author, signature, fork, order; sets item->refusal. logged: what has its number, or NULL. */
static enum ng_err ledger_admit_judge(struct ledger_admit *a, struct ledger_item *item,
                                      const struct statement *s, const struct leaf *logged)
{
    struct registry_fold_rows rows = ledger_overlay_registry(&a->overlay);
    struct registry_fold_author author;
    enum ng_err e = registry_fold_judge(&rows, s, &author, &item->refusal);
    if (e != NG_OK || item->refusal != REFUSAL_OK) {
        return e;
    }
    if (!ledger_admit_signed(item, &author.key)) {
        item->refusal = REFUSAL_SIGNATURE;
        return NG_OK;
    }
    item->key = author.key;
    if (logged != NULL) {
        const struct hash hash = statement_hash(item->statement);
        bool known = false;
        item->refusal = REFUSAL_FORK;
        e = registry_fold_evidence_known(&rows, &hash, &known);
        return e != NG_OK || known ? e : ledger_admit_fork(a, item, logged->index);
    }
    if (!author.begins && s->seq != 0 && s->seq <= author.party.high_water) {
        return err_set(NG_ERR_CORRUPT, _("the index of authors lacks %s %llu"), s->author.text,
                       (unsigned long long)s->seq);
    }
    uint64_t expected = 0;
    e = registry_fold_follows(&rows, s, &author, a->first_index + a->count, a->received_at,
                              &item->refusal, &expected);
    item->expected_seq = item->refusal == REFUSAL_GAP ? expected : 0;
    if (e != NG_OK || item->refusal != REFUSAL_OK) {
        return e;
    }
    e = ledger_admit_take(a, s, item->statement, item->signature.data, &author);
    if (e == NG_OK) {
        ledger_admit_accept(item, &a->leaves[a->count - 1].leaf, false);
    }
    return e;
}

enum ng_err ledger_admit_item(struct ledger_admit *a, struct ledger_item *item)
{
    struct statement s;
    item->duplicate = false;
    item->expected_seq = 0;
    item->refusal = ledger_admit_parse(a, item, &s);
    if (item->refusal != REFUSAL_OK) {
        return NG_OK;
    }
    struct leaf logged;
    enum ng_err e = ledger_admit_seen(a, &s, &logged);
    if (e != NG_OK && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    bool seen = e == NG_OK;
    if (seen && logged.statement.size == item->statement.size &&
        memcmp(logged.statement.data, item->statement.data, logged.statement.size) == 0) {
        ledger_admit_accept(item, &logged, true);
        return NG_OK;
    }
    if (strcmp(s.author.text, STATEMENT_LOG_AUTHOR) == 0) {
        item->refusal = REFUSAL_AUTHOR; /* the log speaks for itself, never through a connection */
        return NG_OK;
    }
    return ledger_admit_judge(a, item, &s, seen ? &logged : NULL);
}

/* ---- Leaves that are put back ---- */

static enum ng_err ledger_admit_unfit(const char *why)
{
    return err_set(NG_ERR_VERIFY, _("by the rules of the log it was never taken (%s)"), why);
}

/* The registry's rules over what was before, with the time of then. */
static enum ng_err ledger_admit_judge_original(struct ledger_admit *a, const struct leaf *leaf,
                                               const struct statement *s,
                                               struct registry_fold_author *ret_author)
{
    struct registry_fold_rows rows = ledger_overlay_registry(&a->overlay);
    enum refusal refusal = REFUSAL_OK;
    uint64_t expected = 0;
    enum ng_err e = registry_fold_judge(&rows, s, ret_author, &refusal);
    if (e == NG_OK && refusal == REFUSAL_OK) {
        e = registry_fold_follows(&rows, s, ret_author, leaf->index, leaf->received_at, &refusal,
                                  &expected);
    }
    if (e == NG_OK && refusal != REFUSAL_OK) {
        return ledger_admit_unfit(refusal_name(refusal));
    }
    if (e == NG_OK &&
        memcmp(ret_author->key.bytes, leaf->key.bytes, sizeof(leaf->key.bytes)) != 0) {
        return ledger_admit_unfit(_("its key is not its author's"));
    }
    return e;
}

enum ng_err ledger_admit_original(struct ledger_admit *a, uint64_t index, struct bytes encoded)
{
    struct leaf leaf;
    struct statement s;
    struct registry_fold_author author;
    enum ng_err e = leaf_decode(encoded, &leaf);
    if (e == NG_OK) {
        e = leaf_verify(&leaf);
    }
    if (e == NG_OK) {
        e = statement_decode(leaf.statement, &s);
    }
    if (e != NG_OK) {
        return err_set(NG_ERR_VERIFY, _("it is no leaf, or its signature does not hold"));
    }
    if (leaf.index != index || index != a->first_index + a->count ||
        memcmp(s.log_id, a->ledger->log_id, LOG_ID_SIZE) != 0 ||
        leaf.received_at < a->received_at) {
        return ledger_admit_unfit(_("index, log or time"));
    }
    a->received_at = leaf.received_at;
    e = ledger_admit_judge_original(a, &leaf, &s, &author);
    uint8_t *own = e == NG_OK ? malloc(leaf.statement.size) : NULL;
    if (e != NG_OK || own == NULL) {
        return e != NG_OK ? e : err_set(NG_ERR_NOMEM, "ledger");
    }
    memcpy(own, leaf.statement.data, leaf.statement.size);
    e = ledger_admit_take(a, &s, (struct bytes){own, leaf.statement.size}, leaf.signature, &author);
    if (e != NG_OK) {
        free(own);
        return e;
    }
    a->leaves[a->count - 1].owned = own;
    return NG_OK;
}
