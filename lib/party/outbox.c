/* The outbox on the store.
 *
 * Idea: seq, prev and the statement itself are written in one transaction, and LMDB lets one writer
 * in at a time over all processes; so numbering needs no lock of its own. The marks of an epoch are
 * one record, read and rewritten with each change.
 *
 * Happy path: outbox_author gives the next seq, chains it to the one before, signs, stores;
 * outbox_keep_receipt later stores the proof and moves `delivered`.
 *
 * Failures: everything below the caller's transaction is undone with it. A statement is never
 * removed: what is delivered is told by the mark, and a broker that lost its tail can be given it
 * again. */
#include "party/outbox.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "party/kept_head.h"
#include "party/tables.h"
#include "party/to_seq.h"
#include "party/uplink.h"

#include <string.h>

#define MARKS_SIZE (8 + 8 + HASH_SIZE + 4)
#define RECEIPT_HEADER_SIZE 16

static struct bytes epoch_key(uint32_t epoch, uint8_t key[4])
{
    bytes_put_u32(key, epoch);
    return (struct bytes){key, 4};
}

enum ng_err outbox_marks(struct store_txn *t, uint32_t epoch, struct outbox_marks *ret)
{
    uint8_t key[4];
    struct bytes value;
    const enum ng_err e = store_get(t, TABLES_EPOCHS, epoch_key(epoch, key), &value);
    if (e == NG_ERR_NOT_FOUND) {
        *ret = (struct outbox_marks){0};
        return NG_OK;
    }
    if (e) {
        return e;
    }
    if (value.size != MARKS_SIZE) {
        return tables_damaged("epochs", epoch);
    }
    ret->authored = bytes_get_u64(value.data);
    ret->delivered = bytes_get_u64(value.data + 8);
    memcpy(ret->prev.bytes, value.data + 16, HASH_SIZE);
    ret->mute = bytes_get_u32(value.data + 16 + HASH_SIZE);
    return NG_OK;
}

static enum ng_err put_marks(struct store_txn *t, uint32_t epoch, const struct outbox_marks *m)
{
    uint8_t key[4], value[MARKS_SIZE];
    bytes_put_u64(value, m->authored);
    bytes_put_u64(value + 8, m->delivered);
    memcpy(value + 16, m->prev.bytes, HASH_SIZE);
    bytes_put_u32(value + 16 + HASH_SIZE, m->mute);
    return store_put(t, TABLES_EPOCHS, epoch_key(epoch, key), (struct bytes){value, sizeof(value)});
}

enum ng_err outbox_set_mute(struct store_txn *t, uint32_t epoch, uint32_t mute)
{
    struct outbox_marks m;
    enum ng_err e = outbox_marks(t, epoch, &m);
    if (e || m.mute == mute) {
        return e;
    }
    m.mute = mute;
    return put_marks(t, epoch, &m);
}

static enum ng_err refuse_muted(uint32_t mute)
{
    if (mute == UPLINK_SPEAKS) {
        return NG_OK;
    }
    if (mute == UPLINK_OLD_COPY || mute == UPLINK_REPLACED) {
        return err_set(
            NG_ERR_REFUSED,
            _("this data folder is an old copy, nothing more can be sent from it: ask the "
              "office for a new slip and enrol again"));
    }
    return err_set(NG_ERR_REFUSED,
                   _("the broker takes nothing more from this key: ask the office to lift the "
                     "freeze or for a new slip"));
}

/* The identity in memory may be older than the folder: nobody would ever send what it writes. */
static enum ng_err refuse_left(struct store_txn *t, uint32_t epoch)
{
    uint64_t left = 0;
    const enum ng_err e = tables_get_u64(t, TABLES_LEFT_EPOCH, &left);
    if (e || epoch > left) {
        return e;
    }
    return err_set(NG_ERR_REFUSED,
                   _("this folder was enrolled again meanwhile, nothing was written: report "
                     "again (if that enrolment was interrupted, first enrol with the same slip)"));
}

/* ---- Authoring ---- */

static enum ng_err cause_known(struct store_txn *t, struct bytes cause, bool *ret_known)
{
    struct bytes value;
    *ret_known = false;
    if (cause.size == 0) {
        return NG_OK;
    }
    if (cause.size > OUTBOX_CAUSE_MAX) {
        return err_set(NG_ERR_INPUT, _("a cause of %zu bytes is too long"), cause.size);
    }
    const enum ng_err e = store_get(t, TABLES_CAUSES, cause, &value);
    *ret_known = !e;
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

/* An invite is addressed to the office and lies in the inbox of the party it is for. What the
 * draft adds itself may be a signature over all before it, so it comes last. */
static enum ng_err finish_payload(struct store_txn *t, const struct statement *place,
                                  const struct party_draft *draft, struct buf *payload)
{
    const struct party_code *to = draft->copied.text[0] != 0 ? &draft->copied : &draft->to;
    enum ng_err e = NG_OK;
    if (draft->payload.size) {
        e = buf_add(payload, draft->payload.data, draft->payload.size);
    }
    if (!e && to->text[0] != 0) {
        e = to_seq_append(t, place->epoch, draft->kind, to, payload);
    }
    return e || !draft->finish ? e : draft->finish(draft->finish_context, place, payload);
}

/* "Not written before": the newest head we verified. */
static enum ng_err read_seen(struct store_txn *t, const struct identity *id,
                             struct outbox_seen *seen)
{
    if (seen->known) {
        return NG_OK;
    }
    struct bytes note;
    struct note_head head;
    enum ng_err e = kept_head_get(t, id, &note, &head);
    if (e == NG_ERR_VERIFY || e == NG_ERR_PROTO) {
        return err_wrap(NG_ERR_CORRUPT, _("the kept tree head"));
    }
    if (!e) {
        seen->size = head.size;
        seen->root = head.root;
    }
    seen->known = !e;
    return e;
}

static enum ng_err encode_statement(struct store_txn *t, const struct identity *id,
                                    const struct outbox_marks *m, const struct outbox_seen *seen,
                                    const struct party_draft *draft, int64_t now_ms, struct buf *to)
{
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE);
    struct statement s = {.author = id->party,
                          .to = draft->to,
                          .epoch = id->epoch,
                          .kind = draft->kind,
                          .seq = m->authored + 1,
                          .authored_at = now_ms > 0 ? (uint64_t)now_ms : 0,
                          .prev = m->prev,
                          .seen_size = seen->size,
                          .seen_root = seen->root};
    memcpy(s.log_id, id->log_id, LOG_ID_SIZE);
    enum ng_err e = finish_payload(t, &s, draft, &payload);
    if (!e) {
        s.payload = buf_bytes(&payload);
        e = statement_encode(&s, to);
    }
    buf_fini(&payload);
    return e;
}

static enum ng_err put_own(struct store_txn *t, const struct identity *id, uint64_t seq,
                           struct bytes statement)
{
    uint8_t signature[KEY_SIGNATURE_SIZE];
    struct buf value = BUF_INIT(KEY_SIGNATURE_SIZE + STATEMENT_SIZE_MAX);
    key_sign(&id->key, statement, signature);
    enum ng_err e = buf_add(&value, signature, sizeof(signature));
    if (!e) {
        e = buf_add(&value, statement.data, statement.size);
    }
    const struct tables_key_seq key = tables_key_seq(id->epoch, seq);
    if (!e) {
        e = store_put(t, TABLES_OWN, STORE_KEY(key), buf_bytes(&value));
    }
    buf_fini(&value);
    return e;
}

enum ng_err outbox_author(struct store_txn *t, const struct identity *id, struct outbox_seen *seen,
                          const struct party_draft *draft, int64_t now_ms, uint64_t *ret_seq)
{
    struct outbox_marks m;
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    bool known = false;
    enum ng_err e = refuse_left(t, id->epoch);
    if (!e) {
        e = outbox_marks(t, id->epoch, &m);
    }
    if (!e) {
        e = refuse_muted(m.mute);
    }
    if (!e) {
        e = cause_known(t, draft->cause, &known);
    }
    if (e || known) {
        if (!e) {
            *ret_seq = 0;
        }
        return e;
    }
    e = read_seen(t, id, seen);
    if (!e) {
        e = encode_statement(t, id, &m, seen, draft, now_ms, &statement);
    }
    if (!e) {
        e = put_own(t, id, m.authored + 1, buf_bytes(&statement));
    }
    if (!e) {
        m.authored++;
        m.prev = statement_hash(buf_bytes(&statement));
        e = put_marks(t, id->epoch, &m);
    }
    const struct tables_key_seq place = tables_key_seq(id->epoch, m.authored);
    if (!e && draft->cause.size) {
        e = store_put(t, TABLES_CAUSES, draft->cause, STORE_KEY(place));
    }
    if (!e) {
        *ret_seq = m.authored;
    }
    buf_fini(&statement);
    return e;
}

enum ng_err outbox_get(struct store_txn *t, uint32_t epoch, uint64_t seq,
                       struct bytes *ret_statement, struct bytes *ret_signature)
{
    const struct tables_key_seq key = tables_key_seq(epoch, seq);
    struct bytes value;
    const enum ng_err e = store_get(t, TABLES_OWN, STORE_KEY(key), &value);
    if (e) {
        return e;
    }
    if (value.size < KEY_SIGNATURE_SIZE + STATEMENT_HEADER_SIZE) {
        return tables_damaged("own", seq);
    }
    *ret_signature = (struct bytes){value.data, KEY_SIGNATURE_SIZE};
    *ret_statement =
        (struct bytes){value.data + KEY_SIGNATURE_SIZE, value.size - KEY_SIGNATURE_SIZE};
    return NG_OK;
}

/* ---- Receipts ---- */

enum ng_err outbox_receipt(struct store_txn *t, uint32_t epoch, uint64_t seq, uint64_t *ret_index,
                           uint64_t *ret_received_at, struct bytes *ret_text)
{
    const struct tables_key_seq key = tables_key_seq(epoch, seq);
    struct bytes value;
    const enum ng_err e = store_get(t, TABLES_RECEIPTS, STORE_KEY(key), &value);
    if (e) {
        return e;
    }
    if (value.size < RECEIPT_HEADER_SIZE) {
        return tables_damaged("receipts", seq);
    }
    *ret_index = bytes_get_u64(value.data);
    *ret_received_at = bytes_get_u64(value.data + 8);
    *ret_text = (struct bytes){value.data + RECEIPT_HEADER_SIZE, value.size - RECEIPT_HEADER_SIZE};
    return NG_OK;
}

static enum ng_err has_receipt(struct store_txn *t, uint32_t epoch, uint64_t seq, bool *ret_has)
{
    const struct tables_key_seq key = tables_key_seq(epoch, seq);
    struct bytes value;
    const enum ng_err e = store_get(t, TABLES_RECEIPTS, STORE_KEY(key), &value);
    *ret_has = !e;
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

static enum ng_err put_receipt(struct store_txn *t, uint32_t epoch, uint64_t seq,
                               const struct receipt *receipt, struct bytes text)
{
    struct buf value = BUF_INIT(RECEIPT_HEADER_SIZE + RECEIPT_SIZE_MAX);
    enum ng_err e = buf_add_u64(&value, receipt->index);
    if (!e) {
        e = buf_add_u64(&value, receipt->received_at);
    }
    if (!e) {
        e = buf_add(&value, text.data, text.size);
    }
    const struct tables_key_seq key = tables_key_seq(epoch, seq);
    if (!e) {
        e = store_put(t, TABLES_RECEIPTS, STORE_KEY(key), buf_bytes(&value));
    }
    buf_fini(&value);
    return e;
}

enum ng_err outbox_keep_receipt(struct store_txn *t, uint32_t epoch, uint64_t seq,
                                const struct receipt *receipt, struct bytes text)
{
    struct outbox_marks m;
    bool has = false;
    enum ng_err e = has_receipt(t, epoch, seq, &has);
    if (e || has) {
        return e;
    }
    e = put_receipt(t, epoch, seq, receipt, text);
    if (!e) {
        e = outbox_marks(t, epoch, &m);
    }
    if (e) {
        return e;
    }
    const uint64_t before = m.delivered;
    do {
        e = has_receipt(t, epoch, m.delivered + 1, &has);
        if (!e && has) {
            m.delivered++;
        }
    } while (!e && has);
    if (!e && m.delivered != before) {
        e = put_marks(t, epoch, &m);
    }
    return e;
}

/* ---- Leaving an epoch ---- */

enum ng_err outbox_release_causes(struct store_txn *t, uint32_t epoch, uint64_t *ret_undelivered)
{
    struct outbox_marks m;
    struct store_cursor *c = NULL;
    enum ng_err e = outbox_marks(t, epoch, &m);
    if (e) {
        return e;
    }
    *ret_undelivered = m.authored - m.delivered;
    /* A removal may move what a cursor stands on: each turn seeks again behind the last key seen.
     */
    uint8_t last[OUTBOX_CAUSE_MAX + 1] = {0};
    struct bytes from = {last, 1}, key, value;
    while (!e && *ret_undelivered > 0) {
        e = store_cursor_open(t, TABLES_CAUSES, &c);
        if (!e) {
            e = store_cursor_seek(c, from, &key, &value);
        }
        store_cursor_close(&c);
        if (e || key.size > OUTBOX_CAUSE_MAX) {
            break;
        }
        memcpy(last, key.data, key.size);
        last[key.size] = 0; /* the smallest key behind this one */
        from.size = key.size + 1;
        if (value.size == 12 && bytes_get_u32(value.data) == epoch &&
            bytes_get_u64(value.data + 4) > m.delivered) {
            e = store_remove(t, TABLES_CAUSES, (struct bytes){last, from.size - 1});
        }
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

enum ng_err outbox_find_epoch(struct store_txn *t, uint32_t from, uint32_t *ret_epoch)
{
    struct store_cursor *c = NULL;
    uint8_t bytes[4];
    struct bytes key, value;
    enum ng_err e = store_cursor_open(t, TABLES_EPOCHS, &c);
    if (!e) {
        e = store_cursor_seek(c, epoch_key(from, bytes), &key, &value);
    }
    if (!e && key.size != 4) {
        e = tables_damaged("epochs", from);
    }
    if (!e) {
        *ret_epoch = bytes_get_u32(key.data);
    }
    store_cursor_close(&c);
    return e;
}

enum ng_err outbox_forget_epoch(struct store_txn *t, uint32_t epoch)
{
    struct outbox_marks m;
    enum ng_err e = outbox_marks(t, epoch, &m);
    if (!e && m.delivered > 0) {
        e = err_set(NG_ERR_REFUSED, _("the key of enrolment %u is in the log already: it stays"),
                    (unsigned)epoch);
    }
    for (uint64_t seq = 1; !e && seq <= m.authored; seq++) {
        const struct tables_key_seq key = tables_key_seq(epoch, seq);
        e = store_remove(t, TABLES_OWN, STORE_KEY(key));
    }
    m = (struct outbox_marks){0};
    return e ? e : put_marks(t, epoch, &m);
}
