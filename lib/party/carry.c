/* What comes back for a bundle.
 *
 * Happy path: each receipt is checked against the own statement as witness_receipt does for the
 * broker's own answer, then the delivered mark moves; then each file that the log's key says is
 * stored waits no more.
 *
 * Failures: a receipt that does not hold refuses the whole file. A file without the log's word goes
 * on waiting and is told: it costs a second delivery and nothing else. A receipt whose tree head
 * has the size of ours and another root is worse than a bad file: the log's key signed two logs,
 * and a person is told with both heads. One of another size is proved to be of our log with the
 * next connection (seen.h). */
#include "party/carry.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "blob/blob_proof.h"
#include "party/alarm.h"
#include "party/courier.h"
#include "party/kept_head.h"
#include "party/outbox.h"
#include "party/seen.h"
#include "party/tables.h"

#include <stdio.h>
#include <string.h>

static unsigned long long llu(uint64_t v)
{
    return (unsigned long long)v;
}

/* ---- Receipts that were brought ---- */

struct import {
    const struct identity *id;
    const struct bundle *brought;
    struct key_public key; /* of the epoch */
    struct log_keys keys;  /* of the log, with the changes that came along */
    struct carry_imported news;
    bool two_logs;
};

/* The newest head we hold against the one a receipt came with. */
static enum ng_err compare_heads(struct store_txn *t, struct import *in, struct bytes text,
                                 const struct note_head *brought, uint64_t index)
{
    struct bytes note;
    struct note_head own;
    enum ng_err e = kept_head_get(t, in->id, &note, &own);
    const bool same_size = own.size == brought->size;
    if (e || (same_size && hash_equal(&own.root, &brought->root))) {
        return e;
    }
    if (!same_size || own.size == 0) {
        return seen_brought(t, brought, index); /* proved with the next connection */
    }
    char told[ALARM_TEXT_MAX];
    struct buf evidence = BUF_INIT(NOTE_SIZE_MAX + RECEIPT_SIZE_MAX);
    (void)snprintf(told, sizeof(told),
                   _("the broker signed two different logs of %llu entries: keep this folder and "
                     "tell the office and the auditor"),
                   llu(own.size));
    e = buf_add(&evidence, note.data, note.size);
    if (!e) {
        e = buf_add(&evidence, text.data, text.size);
    }
    if (!e) {
        e = alarm_add(t, clock_wall_ms(), told, buf_bytes(&evidence), NULL);
    }
    buf_fini(&evidence);
    in->two_logs = !e;
    return e;
}

static enum ng_err does_not_hold(uint64_t seq)
{
    return err_set(NG_ERR_VERIFY,
                   _("the receipt for number %llu in this file does not hold: nothing of it is "
                     "kept; ask whoever submitted the bundle to submit it again"),
                   llu(seq));
}

static enum ng_err import_one(struct store_txn *t, struct import *in, uint64_t seq,
                              struct bytes text)
{
    struct bytes statement, signature, there;
    struct receipt receipt;
    uint64_t index = 0, received_at = 0;
    enum ng_err e = outbox_get(t, in->brought->epoch, seq, &statement, &signature);
    if (e) {
        return e == NG_ERR_NOT_FOUND ? does_not_hold(seq) : e;
    }
    e = receipt_verify(text, statement, &in->key, in->id->origin, &in->keys, &receipt);
    if (e) {
        return e == NG_ERR_NOMEM ? e : does_not_hold(seq);
    }
    e = compare_heads(t, in, text, &receipt.head, receipt.index);
    if (e || in->two_logs) {
        return e;
    }
    e = outbox_receipt(t, in->brought->epoch, seq, &index, &received_at, &there);
    if (e != NG_ERR_NOT_FOUND) {
        in->news.known += e ? 0 : 1;
        return e;
    }
    in->news.count++;
    return outbox_keep_receipt(t, in->brought->epoch, seq, &receipt, text);
}

static bool is_key_change(struct bytes seq)
{
    return bytes_get_u64(seq.data) == 0;
}

/* A unit that has no line hears of a change of the log's key here. Of fewer than it knows of it is
 * told by an older file. */
static enum ng_err import_keys(struct store_txn *t, struct import *in)
{
    struct wire_signed changes[WIRE_KEY_CHANGES_MAX];
    struct bundle left = *in->brought;
    struct bytes seq, both;
    size_t count = 0;
    const enum ng_err e = kept_head_keys(t, in->id, &in->keys);
    while (!e && count < WIRE_KEY_CHANGES_MAX && bundle_next(&left, BUNDLE_RECEIPTS, &seq, &both) &&
           is_key_change(seq) && both.size > KEY_SIGNATURE_SIZE) {
        changes[count++] =
            (struct wire_signed){{both.data + KEY_SIGNATURE_SIZE, both.size - KEY_SIGNATURE_SIZE},
                                 {both.data, KEY_SIGNATURE_SIZE}};
    }
    if (e || count < in->keys.count) {
        return e;
    }
    const struct log_keys known = in->keys;
    const enum ng_err followed = log_keys_follow(&known, in->id->origin, changes, count, &in->keys);
    return followed ? followed : kept_head_put(t, &in->keys, (struct bytes){NULL, 0});
}

static enum ng_err import_all(struct store_txn *t, void *context)
{
    struct import *in = context;
    struct bundle left = *in->brought;
    struct bytes seq, text;
    struct outbox_marks m = {0};
    in->news = (struct carry_imported){.epoch = left.epoch}; /* it may be run a second time */
    enum ng_err e = import_keys(t, in);
    while (!e && !in->two_logs && bundle_next(&left, BUNDLE_RECEIPTS, &seq, &text)) {
        e = is_key_change(seq) ? NG_OK : import_one(t, in, bytes_get_u64(seq.data), text);
    }
    if (!e) {
        e = outbox_marks(t, in->id->epoch, &m);
    }
    in->news.outbox = m.authored - m.delivered;
    return e;
}

static enum ng_err check_ours(const struct identity *id, const struct bundle *b)
{
    if (strcmp(b->origin, id->origin) != 0) {
        return err_set(NG_ERR_INPUT, _("the file belongs to the log %s, this machine to %s"),
                       b->origin, id->origin);
    }
    if (strcmp(b->party.text, id->party.text) != 0) {
        return err_set(NG_ERR_INPUT, _("these are receipts of %s, here is %s"), b->party.text,
                       id->party.text);
    }
    return NG_OK;
}

/* ---- Files that were stored ---- */

static enum ng_err take_one(const struct import *in, struct blob_folder *b, const struct hash *file,
                            const uint8_t *proof, struct carry_imported *news)
{
    /* By the present key alone: an older one may be a thief's, and the file is only sent again. */
    if (!blob_proof_holds(log_keys_newest(&in->keys), in->id->log_id, file, proof)) {
        news->unproved++;
        return NG_OK;
    }
    bool waits = false;
    enum ng_err e = blob_waits(b, file, &waits);
    if (!e && waits) {
        e = blob_wait_remove(b, file);
        news->stored += e ? 0 : 1;
    }
    return e;
}

static enum ng_err take_stored(struct party *p, struct import *in)
{
    struct blob_folder *b = NULL;
    struct bundle left = *in->brought;
    struct hash file;
    const uint8_t *proof = NULL;
    if (left.file_count == 0) {
        return NG_OK;
    }
    enum ng_err e = courier_open_there(party_folder(p), &b);
    if (e == NG_ERR_NOT_FOUND) {
        return NG_OK; /* this machine has no files: they are another's copy of the folder */
    }
    while (!e && bundle_next_stored(&left, &file, &proof)) {
        e = take_one(in, b, &file, proof, &in->news);
    }
    blob_close(&b);
    return e;
}

enum ng_err carry_import(struct party *p, struct bytes answer, struct carry_imported *ret)
{
    struct bundle brought;
    struct import in = {.id = party_identity(p), .brought = &brought};
    enum ng_err e = bundle_read(answer, BUNDLE_RECEIPTS, &brought);
    if (!e) {
        e = check_ours(in.id, &brought);
    }
    if (!e) {
        e = party_key_of(p, brought.epoch, &in.key);
        e = e == NG_ERR_NOT_FOUND ? does_not_hold(1) : e;
    }
    if (!e) {
        e = store_write(party_store(p), import_all, &in);
    }
    if (e) {
        return e;
    }
    if (in.two_logs) {
        return err_set(NG_ERR_VERIFY,
                       _("the tree head of this file and the one known here contradict each "
                         "other: see the alarms"));
    }
    e = take_stored(p, &in);
    *ret = in.news;
    party_wake(party_folder(p));
    return e;
}
