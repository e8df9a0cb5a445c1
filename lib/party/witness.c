/* What the broker must prove.
 *
 * Idea: the broker's word is worth nothing here. A head counts when the log's key signed it and a
 * consistency proof leads to it from the newest head this party holds; a receipt counts when the
 * leaf rebuilt from it and *our own* statement lies under such a head; a leaf counts when it lies
 * under such a head and its author's signature holds.
 *
 * The head chain: each frame's proof begins at the head sent before on the connection, the first at
 * the head we showed. A frame that begins elsewhere means that one was lost on the way: the
 * connection ends, and the next one begins again from the head we hold; nobody is accused. Two
 * different roots for one size, a proof that does not hold, or a broker that greets us with less
 * than we have seen, is a lie (or a log restored from an old backup, which is the same to a ward).
 */
#include "party/witness.h"

#include "base/lang.h"
#include "ledger/registry.h"

#include <stdio.h>
#include <string.h>

enum ng_err witness_init(struct witness *w, const char *origin, const struct log_keys *keys,
                         struct bytes note)
{
    *w = (struct witness){.keys = *keys};
    memcpy(w->origin, origin, strlen(origin) + 1);
    if (note.size == 0) {
        return NG_OK;
    }
    const enum ng_err e =
        note.size > NOTE_SIZE_MAX ? NG_ERR_CORRUPT : log_keys_verify(keys, origin, note, &w->head);
    if (e == NG_ERR_NOMEM) {
        return e;
    }
    if (e) {
        return err_set(NG_ERR_CORRUPT, _("the tree head kept in this folder is damaged"));
    }
    memcpy(w->note, note.data, note.size);
    w->note_size = note.size;
    return NG_OK;
}

enum ng_err witness_keys(struct witness *w, const struct wire_from_broker *welcome)
{
    struct log_keys keys;
    char why[256];
    enum ng_err e = log_keys_follow(&w->keys, w->origin, welcome->u.welcome.key_changes,
                                    welcome->u.welcome.key_change_count, &keys);
    if (e == NG_ERR_VERIFY) {
        (void)snprintf(why, sizeof(why), "%s", err_explain(e));
        return err_set(e,
                       _("the log's key was changed in a way that the key known here does not "
                         "vouch for (%s): nothing is sent; tell the office and the auditor"),
                       why);
    }
    if (!e) {
        w->keys = keys;
    }
    return e;
}

/* Whole hashes out of a byte string; at most TREE_PROOF_MAX. */
static enum ng_err read_hashes(struct bytes from, struct tree_proof *ret)
{
    if (from.size % HASH_SIZE != 0 || from.size / HASH_SIZE > TREE_PROOF_MAX) {
        return err_set(NG_ERR_PROTO, "proof of %zu bytes", from.size);
    }
    ret->count = from.size / HASH_SIZE;
    if (from.size) {
        memcpy(ret->hashes, from.data, from.size);
    }
    return NG_OK;
}

static unsigned long long llu(uint64_t v)
{
    return (unsigned long long)v;
}

static enum ng_err two_logs(uint64_t size)
{
    return err_set(NG_ERR_VERIFY,
                   _("the broker signed two different logs of %llu entries: keep this folder and "
                     "tell the office and the auditor"),
                   llu(size));
}

static enum ng_err check_extends(const struct witness *w, const struct wire_head *wire,
                                 const struct note_head *head, bool greeting)
{
    struct tree_proof proof;
    if (w->head.size == 0) {
        return NG_OK; /* the first head ever seen: nothing to be consistent with */
    }
    if (head->size == w->head.size && !hash_equal(&head->root, &w->head.root)) {
        return two_logs(head->size);
    }
    if (greeting && head->size < w->head.size) {
        return err_set(NG_ERR_VERIFY,
                       _("the broker's log has %llu entries, but %llu were proved before: tell the "
                         "office; nothing is sent until the log is whole again"),
                       llu(head->size), llu(w->head.size));
    }
    if (wire->from_size != w->head.size && !greeting) {
        return err_set(NG_ERR_PROTO, "head proved from %llu, not %llu", llu(wire->from_size),
                       llu(w->head.size));
    }
    const enum ng_err e = read_hashes(wire->consistency, &proof);
    if (e) {
        return e;
    }
    if (wire->from_size != w->head.size ||
        tree_verify_consistency(w->head.size, head->size, &w->head.root, &head->root, proof.hashes,
                                proof.count)) {
        return err_set(
            NG_ERR_VERIFY,
            _("the broker's log of %llu entries does not continue the log of %llu entries "
              "it proved before: tell the office and the auditor"),
            llu(head->size), llu(w->head.size));
    }
    return NG_OK;
}

enum ng_err witness_head(struct witness *w, const struct wire_head *wire, bool greeting)
{
    const struct bytes note = {(const uint8_t *)wire->note, strlen(wire->note)};
    struct note_head head;
    if (note.size == 0) {
        return greeting ? err_set(NG_ERR_PROTO, "a welcome without a head") : NG_OK;
    }
    if (note.size > NOTE_SIZE_MAX) {
        return err_set(NG_ERR_PROTO, "tree head of %zu bytes", note.size);
    }
    enum ng_err e = log_keys_verify(&w->keys, w->origin, note, &head);
    if (e == NG_ERR_VERIFY) {
        return err_set(e, _("the broker sent a tree head that the log's key did not sign"));
    }
    if (!e) {
        e = check_extends(w, wire, &head, greeting);
    }
    if (e) {
        return e;
    }
    w->head = head;
    memcpy(w->note, note.data, note.size);
    w->note_size = note.size;
    return NG_OK;
}

enum ng_err witness_cosigned(const struct witness *w, const struct wire_from_broker *frame,
                             struct note_head *ret)
{
    const char *text = frame->u.cosigned.note;
    const struct bytes note = {(const uint8_t *)text, strlen(text)};
    struct tree_proof proof;
    enum ng_err e = log_keys_verify(&w->keys, w->origin, note, ret);
    if (e == NG_ERR_VERIFY) {
        return err_set(e, _("the broker sent a tree head that the log's key did not sign"));
    }
    if (!e && (ret->size == 0 || ret->size > w->head.size)) {
        e = err_set(NG_ERR_PROTO, "a witness head of %llu beyond %llu", llu(ret->size),
                    llu(w->head.size));
    }
    if (!e) {
        e = read_hashes(frame->u.cosigned.consistency, &proof);
    }
    if (e) {
        return e;
    }
    if (ret->size == w->head.size && !hash_equal(&ret->root, &w->head.root)) {
        return two_logs(ret->size);
    }
    if (tree_verify_consistency(ret->size, w->head.size, &ret->root, &w->head.root, proof.hashes,
                                proof.count)) {
        return err_set(
            NG_ERR_VERIFY,
            _("the broker signed a log of %llu entries for others that is no part of the "
              "log of %llu entries it proved here: keep this folder and tell the office "
              "and the auditor"),
            llu(ret->size), llu(w->head.size));
    }
    return NG_OK;
}

enum ng_err witness_receipt(const struct witness *w, const struct wire_answer *answer,
                            struct bytes statement, struct bytes signature,
                            const struct key_public *own_key, struct buf *ret_text,
                            struct receipt *ret)
{
    if (answer->leaf_header.size != LEAF_HEADER_SIZE || signature.size != KEY_SIGNATURE_SIZE) {
        return err_set(NG_ERR_PROTO, "leaf header of %zu bytes", answer->leaf_header.size);
    }
    const struct bytes note = {w->note, w->note_size};
    enum ng_err e = receipt_format(answer->leaf_header.data, signature.data, answer->index,
                                   answer->inclusion, note, ret_text);
    if (!e) {
        e = receipt_verify_under(buf_bytes(ret_text), statement, own_key, note, &w->head, ret);
    }
    if (!e && ret->index != answer->index) {
        e = NG_ERR_VERIFY;
    }
    if (e == NG_ERR_VERIFY || e == NG_ERR_PROTO || e == NG_ERR_INPUT) {
        return err_set(
            NG_ERR_VERIFY,
            _("the broker's receipt for statement %llu does not hold: the statement stays "
              "in the outbox; tell the office"),
            llu(answer->seq));
    }
    return e;
}

static enum ng_err check_leaf(struct bytes bytes, uint64_t index_min, struct leaf *ret)
{
    enum ng_err e = leaf_decode(bytes, ret);
    if (!e && ret->index < index_min) {
        e = err_set(NG_ERR_PROTO, "entry %llu out of order", llu(ret->index));
    }
    if (!e && leaf_verify(ret)) {
        e = err_set(NG_ERR_VERIFY,
                    _("entry %llu of the log is not signed by its author: tell the office and the "
                      "auditor"),
                    llu(ret->index));
    }
    return e;
}

/* What was said to somebody else is true and signed, and would still be a lie as a word to us. */
static enum ng_err check_addressee(const struct leaf *leaf, const struct party_code *own)
{
    struct statement s;
    struct party_code inbox;
    enum ng_err e = statement_decode(leaf->statement, &s);
    if (!e) {
        e = registry_inbox_of(&s, &inbox);
    }
    if (e || strcmp(inbox.text, own->text) == 0 || strcmp(inbox.text, "*") == 0) {
        return e;
    }
    return err_set(NG_ERR_VERIFY,
                   _("the broker sent entry %llu as ours, but it is addressed to another: it is "
                     "not kept; tell the office"),
                   llu(leaf->index));
}

static enum ng_err check_inbox_leaf(const struct witness *w, const struct party_code *own,
                                    const struct wire_entry *entry, uint64_t index_min,
                                    uint64_t *ret_index)
{
    struct leaf leaf;
    struct tree_proof proof;
    enum ng_err e = check_leaf(entry->leaf, index_min, &leaf);
    if (!e) {
        e = read_hashes(entry->inclusion, &proof);
    }
    if (e) {
        return e;
    }
    const struct hash hash = leaf_hash(entry->leaf);
    if (leaf.index >= w->head.size ||
        tree_verify_inclusion(leaf.index, w->head.size, &hash, proof.hashes, proof.count,
                              &w->head.root)) {
        return err_set(
            NG_ERR_VERIFY,
            _("the broker sent entry %llu, which is not in the log: it is not kept; tell "
              "the office"),
            llu(leaf.index));
    }
    *ret_index = leaf.index;
    return check_addressee(&leaf, own);
}

enum ng_err witness_inbox(const struct witness *w, const struct party_code *own,
                          const struct wire_from_broker *frame, uint64_t from_index,
                          size_t *ret_first)
{
    const size_t count = frame->u.entries.count;
    uint64_t index_min = 0;
    size_t first = count;
    for (size_t i = 0; i < count; i++) {
        uint64_t index = 0;
        const enum ng_err e =
            check_inbox_leaf(w, own, &frame->u.entries.entries[i], index_min, &index);
        if (e) {
            return e;
        }
        if (index >= from_index && first == count) {
            first = i;
        }
        index_min = index + 1;
    }
    const uint64_t next = frame->u.entries.next_index;
    if (next < index_min || next > w->head.size) {
        return err_set(NG_ERR_PROTO, "next index %llu", llu(next));
    }
    *ret_first = first;
    return NG_OK;
}

/* The computed root of the first edge->size leaves against the newest head. */
static enum ng_err check_prefix(const struct witness *w, const struct tree_edge *edge,
                                struct bytes tail)
{
    struct tree_proof proof;
    if (edge->size == 0) {
        return NG_OK;
    }
    const enum ng_err e = read_hashes(tail, &proof);
    if (e) {
        return e;
    }
    const struct hash root = tree_edge_root(edge);
    if (edge->size > w->head.size ||
        tree_verify_consistency(edge->size, w->head.size, &root, &w->head.root, proof.hashes,
                                proof.count)) {
        return err_set(NG_ERR_VERIFY,
                       _("the first %llu entries read do not belong to the log that the broker "
                         "signed: nothing of them is applied; tell the auditor"),
                       llu(edge->size));
    }
    return NG_OK;
}

/* Adds the leaves behind the edge. ret_first: the first of them. */
static enum ng_err grow_edge(const struct wire_from_broker *frame, struct tree_edge *edge,
                             size_t *ret_first)
{
    const size_t count = frame->u.entries.count;
    const uint64_t known = edge->size;
    *ret_first = count;
    for (size_t i = 0; i < count; i++) {
        const struct bytes bytes = frame->u.entries.entries[i].leaf;
        struct leaf leaf;
        enum ng_err e = check_leaf(bytes, 0, &leaf);
        if (!e && leaf.index < known && *ret_first == count) {
            continue; /* read before, by the Fetch that this one took the place of */
        }
        if (!e && leaf.index != edge->size) {
            e = err_set(NG_ERR_PROTO, "entry %llu instead of %llu", llu(leaf.index),
                        llu(edge->size));
        }
        const struct hash hash = leaf_hash(bytes);
        if (!e) {
            e = tree_edge_add(edge, &hash, NULL, NULL);
        }
        if (e) {
            return e;
        }
        if (*ret_first == count) {
            *ret_first = i;
        }
    }
    return NG_OK;
}

enum ng_err witness_log(const struct witness *w, const struct wire_from_broker *frame,
                        struct tree_edge *edge, size_t *ret_first)
{
    struct tree_edge grown = *edge;
    size_t first = 0;
    const uint64_t next = frame->u.entries.next_index;
    enum ng_err e = grow_edge(frame, &grown, &first);
    if (e) {
        return e;
    }
    /* An answer that ends before our edge brought nothing, and its tail says nothing about us. */
    const bool nothing_new = first == frame->u.entries.count && next < grown.size;
    if (next != grown.size && !nothing_new) {
        return err_set(NG_ERR_PROTO, "next index %llu, not %llu", llu(next), llu(grown.size));
    }
    e = nothing_new ? NG_OK : check_prefix(w, &grown, frame->u.entries.tail);
    if (e) {
        return e;
    }
    *edge = grown;
    *ret_first = first;
    return NG_OK;
}
