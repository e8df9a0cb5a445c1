/* Bringing back what the broker lost.
 *
 * A broker whose log is behind says so in its Welcome: what it lacks, from where to where. We hold
 * our own statements of that range with the receipts it gave for them, under every key this folder
 * ever had; they go to it a frame at a time, each after the answer to the one before. Such a
 * connection is for nothing else: its heads do not continue the one we hold, so nothing it says can
 * count, and it ends with the last frame. The next Welcome shows whether the log is whole again.
 *
 * That a person is told of the shorter log is decided before (exchange_take.c): a broker may not
 * buy our silence by asking for something. */
#include "party/exchange_state.h"

#include "base/bytes.h"
#include "base/log.h"
#include "party/outbox.h"
#include "party/tables.h"

#include <string.h>

#define FRAME_SPARE 64 /* bytes of an Offer around what it carries */
#define KEPT_SPARE 16  /* bytes around one statement and its receipt */

/* The first own receipt from here on whose leaf is wanted; NG_ERR_NOT_FOUND. */
static enum ng_err next_wanted(struct store_txn *t, struct exchange_state_offer *o,
                               struct bytes *ret_receipt)
{
    struct store_cursor *c = NULL;
    struct bytes key, value;
    const struct tables_key_seq first = tables_key_seq(o->epoch, o->seq);
    bool found = false;
    enum ng_err e = store_cursor_open(t, TABLES_RECEIPTS, &c);
    if (!e) {
        e = store_cursor_seek(c, STORE_KEY(first), &key, &value);
    }
    while (!e && !found) {
        uint64_t index = 0, received_at = 0;
        if (key.size != sizeof(first.bytes)) {
            e = tables_damaged("receipts", o->seq);
            break;
        }
        o->epoch = bytes_get_u32(key.data);
        o->seq = bytes_get_u64(key.data + 4);
        e = outbox_receipt(t, o->epoch, o->seq, &index, &received_at, ret_receipt);
        found = !e && index >= o->from && index < o->to;
        if (!e && !found) {
            e = store_cursor_next(c, &key, &value);
        }
    }
    store_cursor_close(&c);
    return e;
}

struct offer_frame {
    struct wire_kept kept[WIRE_KEPT_MAX];
    size_t count;
    size_t room;
    struct buf texts; /* of the receipts, each with its NUL; never moves */
};

/* One more; *ret_full: it comes first in the next frame. One that would fit into none is left out.
 */
static enum ng_err add_kept(struct store_txn *t, const struct exchange_state_offer *o,
                            struct bytes receipt, struct offer_frame *f, bool *ret_full)
{
    struct wire_kept *k = &f->kept[f->count];
    struct bytes signature;
    enum ng_err e = outbox_get(t, o->epoch, o->seq, &k->statement, &signature);
    const size_t size = e ? 0 : k->statement.size + receipt.size + KEPT_SPARE;
    *ret_full = !e && size > f->room && f->count > 0;
    if (e || size > f->room) {
        return e;
    }
    k->receipt = (const char *)f->texts.data + f->texts.size;
    e = buf_add(&f->texts, receipt.data, receipt.size);
    if (!e) {
        e = buf_add_byte(&f->texts, 0);
    }
    f->room -= size;
    f->count++;
    return e;
}

static enum ng_err fill(struct store_txn *t, struct exchange_state_offer *o, struct offer_frame *f)
{
    enum ng_err e = buf_reserve(&f->texts, WIRE_FRAME_MAX);
    bool full = false;
    while (!e && !full && f->count < WIRE_KEPT_MAX) {
        struct bytes receipt;
        e = next_wanted(t, o, &receipt);
        if (!e) {
            e = add_kept(t, o, receipt, f, &full);
        }
        o->seq += !e && !full ? 1 : 0;
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

/* The next frame; *ret_sent false: there is nothing more. */
static enum ng_err send_next(struct exchange *x, struct exchange_time now, bool *ret_sent)
{
    struct exchange_state_offer *o = &x->offer;
    struct offer_frame f = {.room = WIRE_FRAME_MAX - FRAME_SPARE,
                            .texts = BUF_INIT(WIRE_FRAME_MAX)};
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(party_store(x->party), &t);
    if (!e) {
        e = fill(t, o, &f);
    }
    *ret_sent = !e && f.count > 0;
    if (*ret_sent) {
        struct wire_to_broker m = {.id = x->uplink.next_id++, .kind = WIRE_OFFER};
        m.u.offer.kept = f.kept;
        m.u.offer.count = f.count;
        o->id = m.id;
        o->offered += f.count;
        e = exchange_send(x, &m);
    }
    store_end_read(&t);
    buf_fini(&f.texts);
    const struct uplink_event event = {.kind = UPLINK_EV_OFFERING};
    return e || !*ret_sent ? e : exchange_step(x, now, &event);
}

enum ng_err exchange_offer_begin(struct exchange *x, struct exchange_time now,
                                 const struct wire_from_broker *m, bool *ret_begun)
{
    *ret_begun = false;
    if (m->kind != WIRE_WELCOME || m->u.welcome.wanted_from >= m->u.welcome.wanted_to) {
        return NG_OK;
    }
    x->offer = (struct exchange_state_offer){.from = m->u.welcome.wanted_from,
                                             .to = m->u.welcome.wanted_to};
    return send_next(x, now, ret_begun);
}

enum ng_err exchange_offer_take(struct exchange *x, struct exchange_time now,
                                const struct wire_from_broker *m)
{
    struct exchange_state_offer *o = &x->offer;
    bool sent = false;
    enum ng_err e = NG_OK;
    o->id = 0;
    if (m->kind == WIRE_OFFERED && m->u.offered.to > 0) {
        e = send_next(x, now, &sent);
    }
    if (e || sent) {
        return e;
    }
    log_event(LOG_NOTICE, "offered", "party=%s statements=%llu from=%llu to=%llu",
              party_identity(x->party)->party.text, (unsigned long long)o->offered,
              (unsigned long long)o->from, (unsigned long long)o->to);
    const struct uplink_event event = {.kind = UPLINK_EV_LOST};
    return exchange_step(x, now, &event);
}

void exchange_offer_forget(struct exchange *x)
{
    memset(&x->offer, 0, sizeof(x->offer));
}
