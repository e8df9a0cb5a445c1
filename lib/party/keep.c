#include "party/keep.h"

#include "ledger/previous.h"
#include "party/alarm.h"
#include "party/inbox.h"
#include "party/kept_head.h"
#include "party/key_event.h"
#include "party/outbox.h"
#include "party/seen.h"
#include "party/tables.h"
#include "party/to_seq.h"

static enum ng_err keep_receipts(struct store_txn *t, const struct keep *k)
{
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < k->receipt_count && !e; i++) {
        const struct keep_receipt *r = &k->receipts[i];
        e = outbox_keep_receipt(t, k->identity->epoch, r->seq, &r->receipt,
                                (struct bytes){k->texts.data + r->text_at, r->text_size});
    }
    return e;
}

/* Whoever enrols in a log that follows a lost one is told so by his own machine; each command says
 * it until he has read it. */
static enum ng_err tell_previous(struct store_txn *t, const struct leaf *leaf, struct bytes encoded,
                                 int64_t now_ms)
{
    struct statement s;
    struct previous p;
    char text[PREVIOUS_SENTENCE_MAX];
    if (leaf->index != 0 || statement_decode(leaf->statement, &s) || previous_of(&s, &p) ||
        p.head.size == 0) {
        return NG_OK;
    }
    previous_sentence(&p, text);
    return alarm_add(t, now_ms, text, encoded, NULL);
}

static enum ng_err keep_inbox(struct store_txn *t, const struct keep *k)
{
    uint64_t next = 0;
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < k->entry_count && !e; i++) {
        struct leaf leaf;
        e = leaf_decode(k->entries[i].leaf, &leaf);
        if (!e) {
            e = inbox_keep(t, leaf.index, k->entries[i].leaf);
        }
        if (!e) {
            e = key_event_look(t, k->identity, &leaf, k->entries[i].leaf, k->wall_ms);
        }
        if (!e) {
            e = tell_previous(t, &leaf, k->entries[i].leaf, k->wall_ms);
        }
        if (!e) {
            e = seen_look(t, k->identity, &leaf, k->entries[i].leaf, k->wall_ms);
        }
        if (!e) {
            e = to_seq_look(t, &leaf, k->entries[i].leaf, k->wall_ms);
        }
    }
    if (!e) {
        e = inbox_next(t, &next);
    }
    return !e && k->inbox_next > next ? inbox_set_next(t, k->inbox_next) : e;
}

static enum ng_err keep_seen(struct store_txn *t, const struct keep *k)
{
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < k->leaf_count && !e; i++) {
        struct leaf leaf;
        e = leaf_decode(k->leaves[i], &leaf);
        if (!e) {
            e = seen_look(t, k->identity, &leaf, k->leaves[i], k->wall_ms);
        }
    }
    return e;
}

static enum ng_err keep_marks(struct store_txn *t, const struct keep *k)
{
    enum ng_err e = tables_put_u64(t, TABLES_LAST_CONTACT, (uint64_t)k->wall_ms);
    if (!e && k->keys) {
        e = kept_head_put(t, k->keys, k->head);
    }
    if (!e && k->log_next) {
        e = tables_put_u64(t, TABLES_LOG_NEXT, k->log_next);
    }
    if (!e && k->sync_done) {
        e = tables_put_u64(t, TABLES_SYNC_DONE, k->sync_done);
    }
    if (!e && k->role) {
        e = tables_put_u64(t, TABLES_ROLE, k->role);
    }
    if (!e && k->set_mute) {
        e = outbox_set_mute(t, k->identity->epoch, k->mute);
    }
    return e;
}

static enum ng_err commit(struct store_txn *t, void *context)
{
    struct keep *k = context;
    struct outbox_marks marks;
    enum ng_err e = keep_receipts(t, k);
    if (!e) {
        e = keep_inbox(t, k);
    }
    if (!e) {
        e = keep_seen(t, k);
    }
    if (!e && k->proved) {
        e = seen_proved(t, k->proved);
    }
    if (!e) {
        e = keep_marks(t, k);
    }
    if (!e && k->cosigned) {
        e = cosigned_keep(t, k->cosigned);
    }
    if (!e && k->alarm) {
        e = alarm_add(t, k->wall_ms, k->alarm, k->evidence, &k->alarm_added);
    }
    if (!e) {
        e = outbox_marks(t, k->identity->epoch, &marks);
    }
    if (!e) {
        k->delivered = marks.delivered;
    }
    return e;
}

enum ng_err keep_commit(struct store *s, struct keep *k)
{
    return store_write(s, commit, k);
}
