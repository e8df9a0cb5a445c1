/* Leaving key epochs.
 *
 * Idea: whoever writes a statement that is in the log already a second time under another key
 * counts it twice, so nothing is ever authored again here. What the earlier key signed either gets
 * into the log as it stands, or is named to a person. Two facts about the broker make the second
 * certain: it looks for a statement's bytes in the log before it looks at the key, and a key that
 * was replaced can add nothing any more. So after the new key is in the log, showing the old
 * statements once more tells which of them the log has.
 *
 *     with the old key, while it is current     leave_submit
 *     the new key's enrol statement is logged
 *     nothing more can be authored before       leave_close
 *     with the new key, for each earlier epoch  leave_submit
 *     the rest is named, its causes are free    leave_tell
 *
 * Happy path: the first line leaves nothing to the others. Failures: all can be run again; receipts
 * are kept one by one, and the telling is done once. */
#include "party/leave.h"

#include "base/lang.h"
#include "ledger/refusal.h"
#include "ledger/registry.h"
#include "party/alarm.h"
#include "party/keep.h"
#include "party/tables.h"

#include <stdio.h>
#include <string.h>

enum ng_err leave_marks(struct store *s, uint32_t epoch, struct outbox_marks *ret)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(s, &t);
    if (!e) {
        e = outbox_marks(t, epoch, ret);
    }
    store_end_read(&t);
    return e;
}

/* ---- Submitting ---- */

/* One own statement, copied: the broker's answer is waited for without a transaction. */
struct own {
    uint64_t seq;
    struct buf statement;
    uint8_t signature[KEY_SIGNATURE_SIZE];
};

/* The first statement without a receipt; NG_ERR_NOT_FOUND: all have one. */
static enum ng_err read_first(struct store *s, uint32_t epoch, struct own *ret)
{
    struct store_txn *t = NULL;
    struct outbox_marks m;
    struct bytes statement, signature;
    enum ng_err e = store_begin_read(s, &t);
    buf_clear(&ret->statement);
    if (!e) {
        e = outbox_marks(t, epoch, &m);
    }
    if (!e && m.delivered == m.authored) {
        e = err_plain(NG_ERR_NOT_FOUND);
    } else if (!e) {
        ret->seq = m.delivered + 1;
        e = outbox_get(t, epoch, ret->seq, &statement, &signature);
        e = e == NG_ERR_NOT_FOUND ? tables_damaged("own", ret->seq) : e;
    }
    if (!e) {
        memcpy(ret->signature, signature.data, sizeof(ret->signature));
        e = buf_add(&ret->statement, statement.data, statement.size);
    }
    store_end_read(&t);
    return e;
}

/* The epoch's public key, from its first statement: the identity that held it may be gone. */
static enum ng_err read_key(struct store *s, uint32_t epoch, struct key_public *ret)
{
    struct store_txn *t = NULL;
    struct bytes bytes, signature;
    struct statement first;
    struct wire_rotate keys;
    enum ng_err e = store_begin_read(s, &t);
    if (!e) {
        e = outbox_get(t, epoch, 1, &bytes, &signature);
    }
    if (!e) {
        e = statement_decode(bytes, &first);
    }
    if (!e) {
        e = registry_epoch_keys(&first, &keys);
    }
    if (!e) {
        memcpy(ret->bytes, keys.key, sizeof(ret->bytes));
    }
    store_end_read(&t);
    return e == NG_ERR_NOT_FOUND || e == NG_ERR_PROTO || e == NG_ERR_LIMIT
               ? tables_damaged("own", 1)
               : e;
}

static enum ng_err keep_receipt(struct store *s, const struct witness *w, uint32_t epoch,
                                const struct key_public *key, const struct own *own,
                                const struct wire_answer *a)
{
    const struct identity id = {.epoch = epoch};
    const struct bytes signature = {own->signature, sizeof(own->signature)};
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    struct keep_receipt r = {.seq = own->seq};
    enum ng_err e =
        witness_receipt(w, a, buf_bytes(&own->statement), signature, key, &text, &r.receipt);
    if (!e) {
        r.text_size = text.size;
        struct keep k = {.identity = &id,
                         .wall_ms = clock_wall_ms(),
                         .keys = &w->keys,
                         .head = {w->note, w->note_size},
                         .receipts = &r,
                         .receipt_count = 1,
                         .texts = buf_bytes(&text)};
        e = keep_commit(s, &k);
    }
    buf_fini(&text);
    return e;
}

/* A gap would be chased for ever; here nothing comes that could fill it. */
static enum ng_err refused(const struct wire_answer *a)
{
    const enum refusal refusal = (enum refusal)a->refusal_code;
    const bool later = a->refusal_class == REFUSAL_AGAIN && refusal != REFUSAL_GAP;
    return err_set(later ? NG_ERR_AGAIN : NG_ERR_REFUSED, "%s", refusal_text(refusal));
}

enum ng_err leave_submit(struct store *s, struct witness *w, struct ask *a, uint32_t epoch,
                         uint64_t *delivered)
{
    struct own own = {.statement = BUF_INIT(STATEMENT_SIZE_MAX)};
    struct key_public key;
    struct wire_from_broker *m = NULL;
    enum ng_err e = NG_OK;
    while (!e && !(e = read_first(s, epoch, &own))) {
        const struct bytes signature = {own.signature, sizeof(own.signature)};
        e = read_key(s, epoch, &key);
        if (!e) {
            e = ask_submit(a, buf_bytes(&own.statement), signature, &m);
        }
        if (!e) {
            const struct wire_answer *answer = &m->u.submitted.answers[0];
            e = answer->accepted ? keep_receipt(s, w, epoch, &key, &own, answer) : refused(answer);
            *delivered += e ? 0 : 1;
        }
        wire_from_broker_destroy(&m);
    }
    buf_fini(&own.statement);
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

/* ---- The end of an epoch ---- */

static enum ng_err find_next(struct store_txn *t, uint32_t current, uint32_t from,
                             uint32_t *ret_epoch)
{
    uint64_t told = 0;
    uint32_t epoch = 0;
    struct outbox_marks m;
    enum ng_err e = tables_get_u64(t, TABLES_TOLD_EPOCH, &told);
    if (!e && from <= told) {
        from = (uint32_t)told + 1;
    }
    while (!e && !(e = outbox_find_epoch(t, from, &epoch))) {
        if (epoch >= current) {
            return err_plain(NG_ERR_NOT_FOUND);
        }
        e = outbox_marks(t, epoch, &m);
        if (!e && m.authored > m.delivered) {
            *ret_epoch = epoch;
            return NG_OK;
        }
        from = epoch + 1;
    }
    return e;
}

enum ng_err leave_next(struct store *s, uint32_t current, uint32_t from, uint32_t *ret_epoch)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(s, &t);
    if (!e) {
        e = find_next(t, current, from, ret_epoch);
    }
    store_end_read(&t);
    return e;
}

static enum ng_err put_left(struct store_txn *t, void *context)
{
    const uint32_t *current = context;
    uint64_t left = 0;
    const enum ng_err e = tables_get_u64(t, TABLES_LEFT_EPOCH, &left);
    return e || left + 1 >= *current ? e : tables_put_u64(t, TABLES_LEFT_EPOCH, *current - 1);
}

enum ng_err leave_close(struct store *s, uint32_t current)
{
    return current > 1 ? store_write(s, put_left, &current) : NG_OK;
}

/* The first that a person has to say again: not the epoch's first statement, nor a heartbeat, which
 * is written only when nothing else waits. */
static enum ng_err first_to_say(struct store_txn *t, uint32_t epoch, const struct outbox_marks *m,
                                uint64_t *ret_first)
{
    struct bytes bytes, signature;
    struct statement s = {.kind = 0};
    *ret_first = m->delivered > 0 ? m->delivered + 1 : 2;
    if (*ret_first > m->authored) {
        return NG_OK;
    }
    enum ng_err e = outbox_get(t, epoch, *ret_first, &bytes, &signature);
    if (!e) {
        e = statement_decode(bytes, &s);
    }
    *ret_first += s.kind == STATEMENT_HEARTBEAT ? 1 : 0;
    return e == NG_ERR_NOT_FOUND || e == NG_ERR_PROTO || e == NG_ERR_LIMIT
               ? tables_damaged("own", *ret_first)
               : e;
}

static enum ng_err tell_epoch(struct store_txn *t, uint32_t epoch, uint64_t *lost)
{
    struct outbox_marks m;
    uint64_t undelivered = 0, first_seq = 0;
    char text[ALARM_TEXT_MAX];
    enum ng_err e = outbox_marks(t, epoch, &m);
    if (!e) {
        e = outbox_release_causes(t, epoch, &undelivered);
    }
    if (!e) {
        e = first_to_say(t, epoch, &m, &first_seq);
    }
    const unsigned long long first = first_seq;
    if (e || first > m.authored) {
        return e;
    }
    *lost += m.authored - first + 1;
    if (first == m.authored) {
        (void)snprintf(text, sizeof(text),
                       _("of the statements of the earlier key (epoch %u), number %llu is not in "
                         "the log and never will be: report it again"),
                       (unsigned)epoch, first);
    } else {
        (void)snprintf(text, sizeof(text),
                       _("of the statements of the earlier key (epoch %u), numbers %llu to %llu "
                         "are not in the log and never will be: report them again"),
                       (unsigned)epoch, first, (unsigned long long)m.authored);
    }
    return alarm_add(t, clock_wall_ms(), text, (struct bytes){NULL, 0}, NULL);
}

struct tell {
    uint32_t current;
    uint64_t lost;
};

static enum ng_err tell_all(struct store_txn *t, void *context)
{
    struct tell *tell = context;
    uint32_t epoch = 0;
    enum ng_err e;
    tell->lost = 0; /* the write may be run a second time */
    while (!(e = find_next(t, tell->current, epoch + 1, &epoch))) {
        e = tell_epoch(t, epoch, &tell->lost);
        if (e) {
            return e;
        }
    }
    return e == NG_ERR_NOT_FOUND ? tables_put_u64(t, TABLES_TOLD_EPOCH, tell->current - 1) : e;
}

enum ng_err leave_tell(struct store *s, uint32_t current, uint64_t *ret_lost)
{
    struct tell tell = {.current = current};
    const enum ng_err e = current > 1 ? store_write(s, tell_all, &tell) : NG_OK;
    if (!e) {
        *ret_lost = tell.lost;
    }
    return e;
}
