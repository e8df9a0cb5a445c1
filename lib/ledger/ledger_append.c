/* The group commit: leaves, tree, indexes, registry and the signed head of a whole batch in one
 * synced transaction.
 *
 * Happy path: judge the batch (ledger_admit.c) in a read transaction; then, in one write
 * transaction, read the tree's right edge, see that it still has the root that was signed last, add
 * leaf after leaf, write the changed rows, sign the new head. LMDB syncs; memory changes after
 * that.
 *
 * Possible failures:
 * - the map is full: the store grows it and runs the write again; it depends on nothing it changed.
 * - the disk is full or memory is short: nothing was written, a later batch may pass.
 * - the edge does not have the signed root, or another process wrote: nothing is signed on top of
 *   that; the ledger is read-only until somebody has looked (ledger_state_stop).
 * - anything else, a failed sync above all: final for writing likewise. What the caller was told
 *   before stands; nothing of this batch was acknowledged.
 */
#include "ledger/ledger_append.h"

#include "base/lang.h"
#include "ledger/ledger_admit.h"
#include "ledger/ledger_index.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_state.h"
#include "ledger/ledger_stream.h"
#include "ledger/ledger_table.h"

#include <string.h>

struct ledger_append_job {
    struct ledger *ledger;
    const struct ledger_admit *admit;
    struct ledger_head head; /* out */
};

/* The state of one run of the write. */
struct ledger_append_run {
    struct store_txn *txn;
    struct tree_edge edge;
    uint64_t end; /* of the stream */
    struct ledger_stream_writer stream;
    struct ledger_nodes nodes; /* of the leaf being added */
    struct buf encoded;
};

static const uint8_t ledger_append_head_key[] = {'h', 'e', 'a', 'd'};
#define HEAD_KEY ((struct bytes){ledger_append_head_key, sizeof(ledger_append_head_key)})

/* The log's name and key go in with its first leaf. */
static enum ng_err ledger_append_found(struct store_txn *t, const struct ledger *l)
{
    static const uint8_t origin_key[] = {'o', 'r', 'i', 'g', 'i', 'n'};
    static const uint8_t log_key[] = {'l', 'o', 'g', '_', 'k', 'e', 'y'};
    struct bytes origin = {(const uint8_t *)l->origin, strlen(l->origin)};
    struct bytes key = {l->founded.bytes, KEY_PUBLIC_SIZE};
    enum ng_err e =
        store_put(t, LEDGER_TABLE_META, (struct bytes){origin_key, sizeof(origin_key)}, origin);
    return e == NG_OK
               ? store_put(t, LEDGER_TABLE_META, (struct bytes){log_key, sizeof(log_key)}, key)
               : e;
}

/* What is in the store must be what was signed last, or nothing may be built on it. */
static enum ng_err ledger_append_start(struct ledger_append_run *r, struct ledger *l)
{
    const struct ledger_head *head = &l->head;
    uint64_t size = head->head.size;
    struct bytes note;
    enum ng_err e = store_get(r->txn, LEDGER_TABLE_META, HEAD_KEY, &note);
    if (e != NG_OK && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    size_t note_size = e == NG_OK ? note.size : 0;
    if (note_size != head->note_size ||
        (note_size > 0 && memcmp(note.data, head->note, note_size) != 0)) {
        return err_set(NG_ERR_CORRUPT, _("%s: the log was changed behind this process"),
                       store_path(l->store));
    }
    e = tree_edge_read(size, ledger_nodes_read, r->txn, &r->edge);
    if (e == NG_OK && size > 0) {
        struct hash root = tree_edge_root(&r->edge);
        if (!hash_equal(&root, &head->head.root)) {
            return err_set(NG_ERR_CORRUPT,
                           _("%s: the stored tree does not have the root that was signed: find the "
                             "damage with \"nganam-broker log verify\""),
                           store_path(l->store));
        }
        struct ledger_nodes last;
        e = ledger_nodes_get(r->txn, size - 1, &last);
        r->end = e == NG_OK ? last.end : 0;
    }
    return e == NG_OK ? ledger_stream_begin(&r->stream, r->txn, r->end) : e;
}

/* A tree_emit_fn: gathers what the leaf completes. */
static enum ng_err ledger_append_emit(void *context, unsigned level, uint64_t index,
                                      const struct hash *hash)
{
    struct ledger_nodes *nodes = context;
    (void)index;
    nodes->hashes[level] = *hash;
    nodes->count = level + 1;
    return NG_OK;
}

static enum ng_err ledger_append_leaf(struct ledger_append_run *r,
                                      const struct ledger_admit_leaf *l)
{
    buf_clear(&r->encoded);
    enum ng_err e = leaf_encode(&l->leaf, &r->encoded);
    if (e == NG_OK) {
        e = ledger_stream_add(&r->stream, buf_bytes(&r->encoded));
    }
    if (e == NG_OK) {
        struct hash hash = leaf_hash(buf_bytes(&r->encoded));
        e = tree_edge_add(&r->edge, &hash, ledger_append_emit, &r->nodes);
    }
    if (e == NG_OK) {
        r->end += r->encoded.size;
        r->nodes.end = r->end;
        e = ledger_nodes_append(r->txn, l->leaf.index, &r->nodes);
    }
    if (e == NG_OK && l->inbox.text[0] != '\0') {
        e = ledger_index_add_inbox(r->txn, l->inbox.text, l->leaf.index);
    }
    return e;
}

static enum ng_err ledger_append_sign(struct ledger_append_run *r, const struct ledger *l,
                                      uint64_t received_at, struct ledger_head *ret)
{
    struct ledger_head head = {.head = {.size = r->edge.size}};
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    memcpy(head.head.origin, l->origin, sizeof(l->origin));
    head.head.root = tree_edge_root(&r->edge);
    enum ng_err e = note_sign(&head.head, &l->pair, &note);
    if (e == NG_OK && received_at < l->old_until) {
        e = note_add_line(l->origin, &l->old, &note);
    }
    if (e == NG_OK) {
        e = store_put(r->txn, LEDGER_TABLE_META, HEAD_KEY, buf_bytes(&note));
    }
    if (e == NG_OK) {
        memcpy(head.note, note.data, note.size);
        head.note_size = note.size;
        *ret = head;
    }
    buf_fini(&note);
    return e;
}

/* A store_fn; everything it changes outside the transaction is in its own run and job->head. */
static enum ng_err ledger_append_write(struct store_txn *txn, void *context)
{
    struct ledger_append_job *job = context;
    struct ledger_append_run r = {.txn = txn, .encoded = BUF_INIT(LEAF_SIZE_MAX)};
    enum ng_err e = ledger_append_start(&r, job->ledger);
    for (size_t i = 0; i < job->admit->count && e == NG_OK; i++) {
        e = ledger_append_leaf(&r, &job->admit->leaves[i]);
    }
    if (e == NG_OK) {
        e = ledger_stream_finish(&r.stream);
    }
    if (e == NG_OK) {
        e = ledger_overlay_flush(&job->admit->overlay, txn);
    }
    if (e == NG_OK && job->ledger->head.head.size == 0) {
        e = ledger_append_found(txn, job->ledger);
    }
    if (e == NG_OK) {
        e = ledger_append_sign(&r, job->ledger, job->admit->received_at, &job->head);
    }
    buf_fini(&r.encoded);
    return e;
}

bool ledger_append_may_try_again(enum ng_err e)
{
    return e == NG_ERR_FULL || e == NG_ERR_NOMEM || e == NG_ERR_AGAIN || e == NG_ERR_BUSY ||
           e == NG_ERR_LIMIT;
}

/* Writes what was admitted; in-memory state follows only what is on disk. */
enum ng_err ledger_append_admitted(struct ledger *l, const struct ledger_admit *a)
{
    if (a->count == 0) {
        return NG_OK;
    }
    struct ledger_append_job job = {.ledger = l, .admit = a};
    enum ng_err e = store_write(l->store, ledger_append_write, &job);
    if (e == NG_OK) {
        l->head = job.head;
        l->last_received_at = a->received_at; /* the last leaf's */
    }
    return e;
}

static enum ng_err ledger_append_judge(struct ledger_admit *a, struct ledger_item *items,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum ng_err e = ledger_admit_item(a, &items[i]);
        if (e != NG_OK) {
            return e;
        }
    }
    return NG_OK;
}

/* Nothing of the batch was logged: no item may look as if it were. */
static void ledger_append_refuse(struct ledger_item *items, size_t count, enum refusal refusal)
{
    for (size_t i = 0; i < count; i++) {
        items[i].refusal = refusal;
        items[i].duplicate = false;
    }
}

enum ng_err ledger_append(struct ledger *l, struct ledger_item *items, size_t count,
                          uint64_t now_ms)
{
    if (l->mode != LEDGER_WRITE || l->read_only[0] != '\0') {
        ledger_append_refuse(items, count, REFUSAL_READ_ONLY);
        return NG_OK;
    }
    if (count == 0) {
        return NG_OK;
    }
    struct ledger_admit a;
    struct store_txn *txn = NULL;
    enum ng_err e = store_begin_read(l->store, &txn);
    if (e == NG_OK) {
        ledger_signatures_check(l, txn, items, count);
        e = ledger_admit_init(&a, l, txn, count, now_ms);
        if (e == NG_OK) {
            e = ledger_append_judge(&a, items, count);
        }
        store_end_read(&txn);
        if (e == NG_OK) {
            e = ledger_append_admitted(l, &a);
        }
        ledger_admit_fini(&a);
    }
    for (size_t i = 0; i < count; i++) {
        items[i].signature_checked = false; /* it was for these bytes and this call */
    }
    if (e != NG_OK) {
        bool again = ledger_append_may_try_again(e);
        ledger_append_refuse(items, count, again ? REFUSAL_FULL : REFUSAL_READ_ONLY);
        e = err_wrap(e, "%s", _("the log was not extended"));
        if (!again) {
            ledger_state_stop(l, e);
        }
    }
    return e;
}

enum ng_err ledger_append_log(struct ledger *l, uint32_t kind, const struct party_code *to,
                              struct bytes payload, uint64_t now_ms, uint64_t *ret_index)
{
    if (l->mode != LEDGER_WRITE || l->read_only[0] != '\0') {
        return err_set(NG_ERR_REFUSED, _("the log is read-only: %s"), l->read_only);
    }
    struct ledger_admit a;
    struct store_txn *txn = NULL;
    enum ng_err e = store_begin_read(l->store, &txn);
    if (e != NG_OK) {
        return e;
    }
    e = ledger_admit_init(&a, l, txn, 1, now_ms);
    if (e == NG_OK) {
        e = ledger_admit_log(&a, kind, to, payload);
    }
    store_end_read(&txn);
    if (e == NG_OK) {
        e = ledger_append_admitted(l, &a);
    }
    if (e == NG_OK) {
        *ret_index = a.first_index;
    }
    ledger_admit_fini(&a);
    if (e != NG_OK && e != NG_ERR_REFUSED && !ledger_append_may_try_again(e)) {
        ledger_state_stop(l, e);
    }
    return e;
}
