/* What the broker sends: a frame, its head, and what is in a Welcome or a Submitted; what is read
 * of the log is exchange_read.c's, and what follows a frame that does not hold exchange_blame.c's.
 *
 * Idea: three judges in a row. The uplink says what is awaited, the witness what is proved, the
 * store's transaction what counts. A frame changes the exchange only after all three agreed: the
 * witness works on a copy, the transaction is committed, then the copy is taken over and the uplink
 * is told.
 *
 * Happy path of a receipt: Submitted comes -> match_answers -> verify_receipts (witness_receipt for
 * each) -> keep_commit -> the uplink's ANSWERED. Here it is decided that a report is delivered.
 *
 * Failures: bytes that make no sense, or not what was asked for, end the connection and blame
 * nobody. A proof that does not hold is an alarm with its evidence, and ends the connection; the
 * statement stays in the outbox. `blame` tells the two from failures of our own store or reader,
 * which are returned and end the run. */
#include "party/exchange_state.h"

#include "base/lang.h"
#include "base/log.h"
#include "party/keep.h"
#include "party/outbox.h"
#include "party/tables.h"

#include <stdio.h>
#include <string.h>

#define EXCHANGE_CONTACT_MS 300000 /* an idle contact is written down this often */

static unsigned long long llu(uint64_t v)
{
    return (unsigned long long)v;
}

enum ng_err exchange_take_blame(struct exchange *x, enum ng_err e)
{
    if (e == NG_ERR_VERIFY || e == NG_ERR_PROTO || e == NG_ERR_LIMIT) {
        x->blame = e == NG_ERR_VERIFY ? NG_ERR_VERIFY : NG_ERR_PROTO;
    }
    return e;
}

struct keep exchange_take_keep(const struct exchange *x, struct exchange_time now,
                               const struct witness *w)
{
    struct keep k = {.identity = party_identity(x->party), .wall_ms = now.wall_ms};
    if (w->note_size != x->witness.note_size ||
        memcmp(w->note, x->witness.note, w->note_size) != 0) {
        k.head = (struct bytes){w->note, w->note_size};
    }
    if (k.head.size || w->keys.count != x->witness.keys.count) {
        k.keys = &w->keys;
    }
    return k;
}

enum ng_err exchange_take_over(struct exchange *x, const struct witness *w, struct keep *k)
{
    const bool idle = !k->head.size && !k->keys && !k->receipt_count && !k->entry_count &&
                      !k->inbox_next && !k->log_next && !k->sync_done && !k->cosigned && !k->role &&
                      !k->proved && k->wall_ms - x->contact_ms < EXCHANGE_CONTACT_MS;
    const enum ng_err e = idle ? NG_OK : keep_commit(party_store(x->party), k);
    if (e) {
        return e;
    }
    x->witness = *w;
    if (!idle) {
        x->contact_ms = k->wall_ms;
    }
    if (k->sync_done) {
        x->sync_done = k->sync_done;
    }
    return x->head_is_witness ? exchange_cosign_head(x, k->wall_ms) : NG_OK;
}

static enum ng_err check_welcome(const struct exchange *x, const struct wire_from_broker *m)
{
    const char *code = party_identity(x->party)->party.text;
    if (m->u.welcome.protocol != WIRE_PROTOCOL) {
        return err_set(NG_ERR_PROTO,
                       _("the broker speaks version %u of the protocol, this program version %d: "
                         "install the newer program"),
                       (unsigned)m->u.welcome.protocol, WIRE_PROTOCOL);
    }
    if (strcmp(m->u.welcome.party, code) != 0) {
        return err_set(NG_ERR_PROTO, "welcomed as \"%s\"", m->u.welcome.party);
    }
    return NG_OK;
}

/* What the broker takes us for, if that is news: a command has to know it without a line. */
static enum ng_err note_role(const struct exchange *x, uint32_t role, struct keep *k)
{
    struct store_txn *t = NULL;
    uint64_t known = 0;
    enum ng_err e = store_begin_read(party_store(x->party), &t);
    if (!e) {
        e = tables_get_u64(t, TABLES_ROLE, &known);
    }
    store_end_read(&t);
    k->role = !e && known != role ? role : 0;
    return e;
}

static enum ng_err take_welcome(struct exchange *x, struct exchange_time now,
                                const struct wire_from_broker *m, const struct witness *w)
{
    enum ng_err e = exchange_take_blame(x, check_welcome(x, m));
    if (e) {
        return e;
    }
    struct keep k = exchange_take_keep(x, now, w);
    if (w->keys.count > x->witness.keys.count) {
        log_event(LOG_NOTICE, "log_key_changed", "party=%s entry=%llu",
                  party_identity(x->party)->party.text,
                  llu(w->keys.links[w->keys.count - 1].index));
    }
    e = note_role(x, m->u.welcome.role, &k);
    if (!e) {
        e = exchange_take_over(x, w, &k);
    }
    if (!e) {
        e = exchange_look(x, now); /* the marks decide what the high-water mark means */
    }
    if (e) {
        return e;
    }
    const struct uplink_event event = {.kind = UPLINK_EV_WELCOME,
                                       .u.welcome = {.id = m->id,
                                                     .epoch = m->u.welcome.epoch,
                                                     .high_water = m->u.welcome.high_water,
                                                     .credit = m->u.welcome.credit,
                                                     .frozen = m->u.welcome.frozen}};
    e = exchange_step(x, now, &event);
    return e ? e : exchange_seen_ask(x, now);
}

/* Verifies the receipts of the answers up to the first refused. */
static enum ng_err verify_receipts(struct exchange *x, struct exchange_time now,
                                   struct store_txn *t, const struct wire_from_broker *m,
                                   const struct witness *w, struct keep *k, struct buf *texts)
{
    const struct identity *id = party_identity(x->party);
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < m->u.submitted.count && !e; i++) {
        const struct wire_answer *a = &m->u.submitted.answers[i];
        struct keep_receipt *r = &k->receipts[k->receipt_count];
        struct bytes statement, signature;
        if (!a->accepted) {
            break;
        }
        buf_clear(&text);
        e = outbox_get(t, id->epoch, a->seq, &statement, &signature);
        if (!e) {
            e = exchange_take_blame(x, witness_receipt(w, a, statement, signature,
                                                       &id->key.public_key, &text, &r->receipt));
        }
        if (!e) {
            e = buf_add(texts, text.data, text.size);
        }
        if (e) {
            break;
        }
        exchange_times_receipt(x, now, r->receipt.received_at, statement);
        r->seq = a->seq;
        r->text_at = texts->size - text.size;
        r->text_size = text.size;
        k->receipt_count++;
    }
    buf_fini(&text);
    return e;
}

/* One answer for each statement of the Submit, in its order; the first refused, if any. */
static enum ng_err match_answers(const struct wire_from_broker *m, const struct uplink_request *r,
                                 struct uplink_event *event)
{
    if (!r || m->u.submitted.count != r->last_seq - r->from_seq + 1) {
        return err_set(NG_ERR_PROTO, "%zu answers", m->u.submitted.count);
    }
    for (size_t i = 0; i < m->u.submitted.count; i++) {
        const struct wire_answer *a = &m->u.submitted.answers[i];
        if (a->seq != r->from_seq + i) {
            return err_set(NG_ERR_PROTO, "answer for statement %llu", llu(a->seq));
        }
        if (a->accepted || event->u.answered.refused_seq != 0) {
            continue;
        }
        event->u.answered.refused_seq = a->seq;
        event->u.answered.refusal = (enum refusal)a->refusal_code;
        event->u.answered.refusal_class = (enum refusal_class)a->refusal_class;
        event->u.answered.expected_seq = a->expected_seq;
        if (a->refusal_code == REFUSAL_OK) {
            return err_set(NG_ERR_PROTO, "refused without a code");
        }
    }
    return NG_OK;
}

static enum ng_err take_submitted(struct exchange *x, struct exchange_time now,
                                  const struct wire_from_broker *m, const struct witness *w)
{
    struct uplink_event event = {.kind = UPLINK_EV_ANSWERED, .u.answered = {.id = m->id}};
    enum ng_err e =
        exchange_take_blame(x, match_answers(m, uplink_submit(&x->uplink, m->id), &event));
    if (e) {
        return e;
    }
    struct buf texts = BUF_INIT((size_t)WIRE_STATEMENTS_MAX * RECEIPT_SIZE_MAX);
    struct keep_receipt receipts[WIRE_STATEMENTS_MAX];
    struct keep k = exchange_take_keep(x, now, w);
    struct store_txn *t = NULL;
    k.receipts = receipts;
    e = store_begin_read(party_store(x->party), &t);
    if (!e) {
        e = verify_receipts(x, now, t, m, w, &k, &texts);
    }
    store_end_read(&t);
    k.texts = buf_bytes(&texts);
    k.delivered = x->uplink.delivered;
    if (!e) {
        e = exchange_take_over(x, w, &k);
    }
    buf_fini(&texts);
    if (e) {
        return e;
    }
    if (event.u.answered.refused_seq) {
        log_event(LOG_WARNING, "uplink_refused", "seq=%llu code=%s",
                  llu(event.u.answered.refused_seq), refusal_name(event.u.answered.refusal));
    }
    event.u.answered.delivered = k.delivered;
    e = exchange_times_tell(x, now);
    return e ? e : exchange_step(x, now, &event);
}

static enum ng_err check_kind(const struct wire_from_broker *m, enum uplink_awaits awaits)
{
    static const enum wire_from_kind kinds[] = {[UPLINK_AWAITS_WELCOME] = WIRE_WELCOME,
                                                [UPLINK_AWAITS_SUBMITTED] = WIRE_SUBMITTED,
                                                [UPLINK_AWAITS_ENTRIES] = WIRE_ENTRIES};
    if (m->kind == WIRE_ERROR) {
        return err_set(NG_ERR_PROTO, "the broker says error %u (%s)", (unsigned)m->u.error.code,
                       m->u.error.text);
    }
    return m->kind == kinds[awaits] ? NG_OK : err_plain(NG_ERR_PROTO);
}

/* The head first, on a copy; then the body against it. */
static enum ng_err take(struct exchange *x, struct exchange_time now,
                        const struct wire_from_broker *m, enum uplink_awaits awaits)
{
    struct witness w = x->witness;
    const bool cosigned = awaits == UPLINK_AWAITS_NOTHING && m->kind == WIRE_COSIGNED;
    const bool proof = awaits == UPLINK_AWAITS_NOTHING && m->kind == WIRE_PROOF;
    enum ng_err e = cosigned || proof ? NG_OK : exchange_take_blame(x, check_kind(m, awaits));
    x->head_is_witness = m->head.witness;
    x->accused = m->head.note;
    if (!e && awaits == UPLINK_AWAITS_WELCOME) {
        e = exchange_take_blame(x, witness_keys(&w, m));
    }
    if (!e) {
        e = exchange_take_blame(x, witness_head(&w, &m->head, awaits == UPLINK_AWAITS_WELCOME));
    }
    if (e) {
        return e;
    }
    if (cosigned) {
        return exchange_cosign_take(x, now, m, &w);
    }
    if (proof) {
        return exchange_seen_take(x, now, m, &w);
    }
    if (awaits == UPLINK_AWAITS_WELCOME) {
        bool offers = false;
        e = exchange_offer_begin(x, now, m, &offers);
        return e || offers ? e : take_welcome(x, now, m, &w);
    }
    if (awaits == UPLINK_AWAITS_SUBMITTED) {
        return take_submitted(x, now, m, &w);
    }
    return exchange_read_take(x, now, m, &w);
}

/* The key waits for its confirmation, or its role reads no log: said once, asked again later. */
static enum ng_err no_log(struct exchange *x, struct exchange_time now)
{
    if (!x->log_forbidden) {
        log_event(LOG_NOTICE, "uplink_no_log",
                  "detail=\"the broker does not give this key the log\" next=ask_again");
    }
    x->log_forbidden = true;
    return exchange_line_lost(x, now);
}

static enum ng_err replaced(struct exchange *x, struct exchange_time now, bool revoked)
{
    const struct uplink_event event = {.kind = UPLINK_EV_REPLACED,
                                       .u.replaced = {.revoked = revoked}};
    return exchange_step(x, now, &event);
}

enum ng_err exchange_frame(struct exchange *x, struct exchange_time now, struct bytes frame)
{
    struct wire_from_broker *m = NULL;
    enum ng_err e = wire_from_broker_decode(frame, &m);
    if (e == NG_ERR_NOMEM) {
        return e;
    }
    if (e) {
        return exchange_blame_nonsense(x, now, e);
    }
    const enum uplink_awaits awaits = uplink_awaits(&x->uplink, m->id);
    x->blame = NG_OK;
    if (x->offer.id != 0 && m->id == x->offer.id) {
        e = exchange_offer_take(x, now, m);
        wire_from_broker_destroy(&m);
        return e;
    }
    /* An answer nobody waits for is passed over unread; an error without an id concerns the line,
     * and a witness head comes whether it is waited for or not. */
    const bool is_seen = x->seen.id != 0 && m->id == x->seen.id;
    const bool welcomed = x->uplink.state == UPLINK_READY || x->uplink.state == UPLINK_MUTE;
    if (awaits != UPLINK_AWAITS_NOTHING || (m->kind == WIRE_ERROR && m->id == 0) ||
        (m->kind == WIRE_COSIGNED && welcomed) || (m->kind == WIRE_PROOF && is_seen)) {
        e = take(x, now, m, awaits);
    } else if (is_seen) {
        exchange_seen_forget(x); /* refused: asked again when more was read */
    }
    const uint32_t code = x->blame && m->kind == WIRE_ERROR ? m->u.error.code : 0;
    if (code == WIRE_ERROR_REPLACED || code == WIRE_ERROR_REVOKED) {
        e = replaced(x, now, code == WIRE_ERROR_REVOKED);
    } else if (code == WIRE_ERROR_FORBIDDEN && x->reader && awaits == UPLINK_AWAITS_ENTRIES) {
        e = no_log(x, now);
    } else if (x->blame == NG_ERR_VERIFY) {
        e = exchange_blame_accuse(x, now, m, x->accused);
    } else if (x->blame) {
        e = exchange_blame_nonsense(x, now, e);
    }
    wire_from_broker_destroy(&m);
    return e;
}
