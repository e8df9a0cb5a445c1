/* Answers point into two places that both live as long as the snapshot: leaves into the store's
 * pages, proofs into one buffer that is reserved whole, so that it never moves.
 *
 * The consistency proof from one head to another costs some forty reads; after a commit that wakes
 * a thousand parked fetches they nearly all want the same one, so the last is kept.
 *
 * The ledger verifies each proof against the signed head, and re-hashes each leaf, before it gives
 * them out; a leaf that a page of the disk has changed is NG_ERR_CORRUPT: an answer that a party
 * would accuse us for must not be sent, and the desk says so instead. The one thing left to verify
 * here is whether a head that somebody else remembers is an earlier state of this log.
 */
#include "broker/reply.h"

#include "base/check.h"
#include "base/lang.h"

#include <string.h>

#define ENTRY_OVERHEAD 16u /* tags and lengths around a leaf and its proof */

enum ng_err reply_init(struct reply *r, struct ledger *ledger)
{
    *r = (struct reply){.ledger = ledger, .proofs = BUF_INIT(WIRE_FRAME_MAX)};
    return buf_reserve(&r->proofs, WIRE_FRAME_MAX);
}

void reply_fini(struct reply *r)
{
    reply_end(r);
    buf_fini(&r->proofs);
}

enum ng_err reply_begin(struct reply *r)
{
    CHECK(r->txn == NULL);
    enum ng_err err = store_begin_read(ledger_store(r->ledger), &r->txn);
    if (err == NG_OK) {
        err = ledger_head_in(r->ledger, r->txn, &r->head);
    }
    if (err != NG_OK) {
        reply_end(r);
    }
    r->before.size = 0;
    return err_wrap(err, "log");
}

void reply_end(struct reply *r)
{
    if (r->txn != NULL) {
        store_end_read(&r->txn);
    }
}

void reply_next(struct reply *r)
{
    buf_clear(&r->proofs);
}

/* ---- Proofs ---- */

/* Lays the hashes into the answer. */
static enum ng_err lay(struct reply *r, const struct tree_proof *proof, struct bytes *ret)
{
    const size_t at = r->proofs.size;
    const size_t size = proof->count * HASH_SIZE;
    enum ng_err err = buf_add(&r->proofs, proof->hashes, size);
    if (err == NG_OK) {
        *ret = (struct bytes){r->proofs.data + at, size};
    }
    return err;
}

static enum ng_err make_inclusion(struct reply *r, uint64_t index, uint64_t size, struct bytes *ret)
{
    struct tree_proof proof;
    enum ng_err err = ledger_inclusion(r->ledger, r->txn, index, size, &proof);
    return err != NG_OK ? err : lay(r, &proof, ret);
}

static enum ng_err make_consistency(struct reply *r, uint64_t old_size, uint64_t new_size,
                                    struct bytes *ret)
{
    struct tree_proof proof;
    enum ng_err err = ledger_consistency(r->ledger, r->txn, old_size, new_size, &proof);
    return err != NG_OK ? err : lay(r, &proof, ret);
}

/* ---- Head ---- */

static bool same_head(const struct note_head *a, const struct note_head *b)
{
    return a->size == b->size && hash_equal(&a->root, &b->root);
}

enum ng_err reply_head(struct reply *r, const struct note_head *before, struct wire_head *ret)
{
    const struct note_head *head = &r->head.head;
    *ret = (struct wire_head){.note = r->head.note, .from_size = before->size};
    if (before->size == 0 || same_head(before, head)) {
        return NG_OK;
    }
    if (before->size >= head->size) {
        return err_set(NG_ERR_VERIFY,
                       _("a tree head of %llu entries is known, but the log has %llu"),
                       (unsigned long long)before->size, (unsigned long long)head->size);
    }
    if (!same_head(before, &r->before)) {
        r->before.size = 0;
        enum ng_err err =
            ledger_consistency(r->ledger, r->txn, before->size, head->size, &r->consistency);
        if (err == NG_OK) {
            err = tree_verify_consistency(before->size, head->size, &before->root, &head->root,
                                          r->consistency.hashes, r->consistency.count);
        }
        if (err != NG_OK) {
            return err_wrap(err, _("proof from the head of %llu entries"),
                            (unsigned long long)before->size);
        }
        r->before = *before;
    }
    return lay(r, &r->consistency, &ret->consistency);
}

enum ng_err reply_earlier_head(struct reply *r, const struct note_head *before,
                               const struct ledger_head *to, struct wire_head *ret)
{
    CHECK(before->size < to->head.size && to->head.size < r->head.head.size);
    *ret = (struct wire_head){.note = to->note, .from_size = before->size};
    return make_consistency(r, before->size, to->head.size, &ret->consistency);
}

/* ---- Receipts, leaves, proofs asked for ---- */

enum ng_err reply_accepted(struct reply *r, uint64_t index, struct wire_answer *ret)
{
    struct bytes leaf = {NULL, 0};
    enum ng_err err = ledger_leaf(r->ledger, r->txn, index, &leaf);
    if (err == NG_OK) {
        err = make_inclusion(r, index, r->head.head.size, &ret->inclusion);
    }
    if (err == NG_OK) {
        ret->accepted = true;
        ret->index = index;
        ret->leaf_header = (struct bytes){leaf.data, LEAF_HEADER_SIZE};
    }
    return err;
}

/* The first leaf for this reader at or above *index; false at the end. */
static enum ng_err find_leaf(struct reply *r, enum wire_scope scope, const char *party,
                             uint64_t *index, bool *ret_found)
{
    enum ng_err err = NG_OK;
    if (scope == WIRE_SCOPE_INBOX) {
        err = ledger_inbox_next(r->ledger, r->txn, party, *index, index);
    } else if (*index >= r->head.head.size) {
        err = NG_ERR_NOT_FOUND;
    }
    *ret_found = err == NG_OK;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err read_leaf(struct reply *r, enum wire_scope scope, uint64_t index,
                             struct wire_entry *ret)
{
    *ret = (struct wire_entry){0};
    enum ng_err err = ledger_leaf(r->ledger, r->txn, index, &ret->leaf);
    if (err == NG_OK && scope == WIRE_SCOPE_INBOX) {
        err = make_inclusion(r, index, r->head.head.size, &ret->inclusion);
    }
    return err;
}

enum ng_err reply_entries(struct reply *r, enum wire_scope scope, const char *party,
                          uint64_t from_index, uint32_t max_bytes, struct wire_from_broker *ret)
{
    const size_t room = WIRE_FRAME_MAX - WIRE_HEAD_MAX - 2 * WIRE_PROOF_MAX;
    size_t used = 0;
    size_t leaf_bytes = 0;
    size_t count = 0;
    uint64_t next = from_index;
    while (count < WIRE_ENTRIES_MAX) {
        bool found = false;
        uint64_t index = next;
        enum ng_err err = find_leaf(r, scope, party, &index, &found);
        if (err == NG_OK && found) {
            err = read_leaf(r, scope, index, &r->entries[count]);
        }
        if (err == NG_ERR_CORRUPT && count > 0) {
            ledger_stop(r->ledger, err);
            break; /* the sound ones before it; it is met again as the first of the next */
        }
        if (err != NG_OK) {
            return err;
        }
        if (!found) {
            next = r->head.head.size; /* nothing more for this reader up to the head */
            break;
        }
        const struct wire_entry *e = &r->entries[count];
        used += e->leaf.size + e->inclusion.size + ENTRY_OVERHEAD;
        leaf_bytes += e->leaf.size;
        if (count > 0 && (used > room || (max_bytes > 0 && leaf_bytes > max_bytes))) {
            break; /* this one comes next time */
        }
        next = index + 1;
        count++;
    }
    ret->kind = WIRE_ENTRIES;
    ret->u.entries.entries = r->entries;
    ret->u.entries.count = count;
    ret->u.entries.next_index = next;
    ret->u.entries.tail = (struct bytes){NULL, 0};
    if (scope == WIRE_SCOPE_LOG && next > 0 && next < r->head.head.size) {
        return make_consistency(r, next, r->head.head.size, &ret->u.entries.tail);
    }
    return NG_OK;
}

enum ng_err reply_prove(struct reply *r, enum wire_prove_kind kind, uint64_t a, uint64_t b,
                        struct wire_from_broker *ret)
{
    const uint64_t size = r->head.head.size;
    const bool inclusion = kind == WIRE_PROVE_INCLUSION;
    if (b > size || (inclusion ? a >= b : a > b || a == 0)) {
        return err_set(NG_ERR_INPUT, _("a log of %llu entries has no such sizes"),
                       (unsigned long long)size);
    }
    ret->kind = WIRE_PROOF;
    return inclusion ? make_inclusion(r, a, b, &ret->u.proof.hashes)
                     : make_consistency(r, a, b, &ret->u.proof.hashes);
}
