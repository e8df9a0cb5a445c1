/* The conversation with the broker, outward: what the uplink's state machine asks for is made into
 * orders to the line; what happened (time, the line, the store) is told to it. What comes in is in
 * exchange_take.c.
 *
 * Happy path of a report: look() sees it authored -> SUBMIT -> packed into a frame, as many as fit
 * -> the answer. Failures: only our own (store, memory); they are returned and end the run. */
#include "party/exchange_state.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/log.h"
#include "party/keep.h"
#include "party/kept_head.h"
#include "party/outbox.h"
#include "party/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXCHANGE_FRAME_SPARE 64     /* bytes of a Submit around its statements */
#define EXCHANGE_STATEMENT_SPARE 16 /* bytes around one statement and its signature */

static unsigned long long llu(uint64_t v)
{
    return (unsigned long long)v;
}

/* ---- Orders to the line ---- */

static struct exchange_state_order *add_order(struct exchange *x, enum exchange_kind kind)
{
    CHECK(x->order_count < EXCHANGE_STATE_ORDERS_MAX);
    struct exchange_state_order *o =
        &x->orders[(x->order_first + x->order_count++) % EXCHANGE_STATE_ORDERS_MAX];
    o->kind = kind;
    buf_init(&o->frame, WIRE_FRAME_MAX);
    return o;
}

static void drop_orders(struct exchange *x)
{
    for (; x->order_count > 0; x->order_count--) {
        buf_fini(&x->orders[x->order_first].frame);
        x->order_first = (x->order_first + 1) % EXCHANGE_STATE_ORDERS_MAX;
    }
}

bool exchange_next(struct exchange *x, struct exchange_order *ret)
{
    buf_fini(&x->sending);
    if (x->order_count == 0) {
        return false;
    }
    struct exchange_state_order *o = &x->orders[x->order_first];
    x->order_first = (x->order_first + 1) % EXCHANGE_STATE_ORDERS_MAX;
    x->order_count--;
    x->sending = o->frame;
    *ret = (struct exchange_order){o->kind, buf_bytes(&x->sending)};
    return true;
}

enum ng_err exchange_send(struct exchange *x, const struct wire_to_broker *m)
{
    struct exchange_state_order *o = add_order(x, EXCHANGE_SEND);
    return err_wrap(wire_to_broker_encode(m, &o->frame), "uplink");
}

/* ---- Actions of the uplink ---- */

static enum ng_err keep_alarm(struct exchange *x, struct keep *k)
{
    const enum ng_err e = keep_commit(party_store(x->party), k);
    if (e) {
        return e;
    }
    (void)snprintf(x->alarm, sizeof(x->alarm), "%s", k->alarm);
    if (k->alarm_added) {
        log_event(LOG_ERROR, "uplink_alarm", "text=\"%s\"", k->alarm);
    }
    return NG_OK;
}

enum ng_err exchange_raise_alarm(struct exchange *x, struct exchange_time now, const char *text,
                                 struct bytes evidence)
{
    struct keep k = {.identity = party_identity(x->party),
                     .wall_ms = now.wall_ms,
                     .alarm = text,
                     .evidence = evidence};
    return keep_alarm(x, &k);
}

static enum ng_err tell_muted(struct exchange *x, struct exchange_time now,
                              const struct uplink_action *a)
{
    char text[512];
    if (a->refusal == REFUSAL_OLD_EPOCH || a->refusal == REFUSAL_REVOKED) {
        (void)snprintf(text, sizeof(text), "%s", refusal_text(a->refusal));
    } else if (a->mute == UPLINK_OLD_COPY || a->mute == UPLINK_REPLACED) {
        (void)snprintf(
            text, sizeof(text),
            _("this data folder is an old copy: the broker has %llu statements of this "
              "key, this folder knows %llu; nothing is sent: ask the office for a new slip "
              "and enrol again"),
            llu(a->from_seq), llu(x->uplink.authored));
    } else if (a->mute == UPLINK_STOPPED) {
        (void)snprintf(text, sizeof(text),
                       _("the broker takes nothing more from this key (%s): %s"),
                       refusal_name(a->refusal), refusal_text(a->refusal));
    } else {
        (void)snprintf(text, sizeof(text),
                       _("the broker can never take statement %llu (%s): %s; nothing behind it is "
                         "sent: bring the program up to date; if that does not help, ask the "
                         "office for a new slip and enrol again"),
                       llu(a->from_seq), refusal_name(a->refusal), refusal_text(a->refusal));
    }
    /* A void statement does not forbid to write on: what is authored stays safe in the outbox. */
    struct keep k = {.identity = party_identity(x->party),
                     .wall_ms = now.wall_ms,
                     .alarm = text,
                     .set_mute = a->mute != UPLINK_VOID,
                     .mute = a->mute};
    return keep_alarm(x, &k);
}

static enum ng_err tell_lie(struct exchange *x, struct exchange_time now, enum uplink_lie lie)
{
    static const char *const texts[] = {
        [UPLINK_HONEST] = "",
        [UPLINK_LOST_ACKNOWLEDGED] = N_(
            "the broker no longer has statements that it gave receipts for: keep this folder and "
            "tell the office"),
        [UPLINK_OTHER_EPOCH] =
            N_("the broker no longer knows this party's key: keep this folder and tell the office"),
        [UPLINK_SHUT_OUT] =
            N_("the broker does not admit this party's key: it was revoked, or another machine has "
               "taken its place; ask the office why, and for a new slip, and enrol again"),
    };
    const struct bytes head = {x->witness.note, x->witness.note_size};
    return exchange_raise_alarm(x, now, _(texts[lie]), head);
}

static enum ng_err unmute(struct exchange *x, struct exchange_time now)
{
    struct keep k = {.identity = party_identity(x->party),
                     .wall_ms = now.wall_ms,
                     .set_mute = true,
                     .mute = UPLINK_SPEAKS};
    return keep_commit(party_store(x->party), &k);
}

static enum ng_err say_hello(struct exchange *x, uint64_t id)
{
    char note[NOTE_SIZE_MAX + 1];
    memcpy(note, x->witness.note, x->witness.note_size);
    note[x->witness.note_size] = 0;
    struct wire_to_broker m = {.id = id, .kind = WIRE_HELLO};
    m.u.hello.protocol = WIRE_PROTOCOL;
    m.u.hello.head = note;
    return exchange_send(x, &m);
}

static enum ng_err send_fetch(struct exchange *x, struct exchange_time now,
                              const struct uplink_action *a)
{
    struct wire_to_broker m = {.id = a->id, .kind = WIRE_FETCH};
    m.u.fetch.scope = x->reader ? WIRE_SCOPE_LOG : WIRE_SCOPE_INBOX;
    m.u.fetch.wait_ms = a->wait_ms;
    x->times.asked_ms = now.wall_ms;
    enum ng_err e = exchange_read_position(x, &m.u.fetch.from_index);
    if (!e) {
        e = exchange_cosign_send(x, now.mono);
    }
    return e ? e : exchange_send(x, &m);
}

/* As many statements from from_seq as fit into a frame. */
static enum ng_err pack(struct exchange *x, struct store_txn *t, const struct uplink_action *a,
                        uint64_t *ret_last_seq)
{
    struct wire_signed statements[WIRE_STATEMENTS_MAX];
    const uint32_t epoch = party_identity(x->party)->epoch;
    size_t count = 0, room = WIRE_FRAME_MAX - EXCHANGE_FRAME_SPARE;
    enum ng_err e = NG_OK;
    while (count < WIRE_STATEMENTS_MAX) {
        struct wire_signed *s = &statements[count];
        e = outbox_get(t, epoch, a->from_seq + count, &s->statement, &s->signature);
        const size_t size =
            e ? 0 : s->statement.size + s->signature.size + EXCHANGE_STATEMENT_SPARE;
        if (e || size > room) {
            break;
        }
        room -= size;
        count++;
    }
    if (e && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    *ret_last_seq = a->from_seq + count - 1;
    if (count == 0) {
        return err_set(NG_ERR_CORRUPT, _("own statement %llu is missing from the outbox"),
                       llu(a->from_seq));
    }
    struct wire_to_broker m = {.id = a->id, .kind = WIRE_SUBMIT};
    m.u.submit.statements = statements;
    m.u.submit.count = count;
    return exchange_send(x, &m);
}

static enum ng_err send_submit(struct exchange *x, const struct uplink_action *a,
                               struct uplink_event *ret_packed)
{
    struct store_txn *t = NULL;
    uint64_t last_seq = 0;
    enum ng_err e = store_begin_read(party_store(x->party), &t);
    if (!e) {
        e = pack(x, t, a, &last_seq);
    }
    store_end_read(&t);
    ret_packed->kind = UPLINK_EV_PACKED;
    ret_packed->u.packed.id = a->id;
    ret_packed->u.packed.last_seq = last_seq;
    return e;
}

static enum ng_err perform(struct exchange *x, struct exchange_time now,
                           const struct uplink_action *a, struct uplink_event *ret_packed)
{
    switch (a->kind) {
    case UPLINK_ACT_OPEN:
        (void)add_order(x, EXCHANGE_OPEN);
        return NG_OK;
    case UPLINK_ACT_CLOSE:
        drop_orders(x);
        exchange_cosign_forget(x);
        exchange_offer_forget(x);
        exchange_seen_forget(x);
        x->times.read_ms = 0;
        (void)add_order(x, EXCHANGE_CLOSE);
        return NG_OK;
    case UPLINK_ACT_HELLO:
        return say_hello(x, a->id);
    case UPLINK_ACT_SUBMIT:
        return send_submit(x, a, ret_packed);
    case UPLINK_ACT_FETCH:
        return send_fetch(x, now, a);
    case UPLINK_ACT_MUTED:
        return tell_muted(x, now, a);
    case UPLINK_ACT_UNMUTED:
        return unmute(x, now);
    case UPLINK_ACT_ALARM:
        return tell_lie(x, now, a->lie);
    default:
        CHECK(false);
        return NG_OK;
    }
}

/* One event, and the PACKED events that its SUBMIT actions lead to (at most the credit). */
enum ng_err exchange_step(struct exchange *x, struct exchange_time now,
                          const struct uplink_event *event)
{
    struct uplink_event next = *event;
    bool more = true;
    while (more) {
        struct uplink_actions actions;
        const enum uplink_state before = x->uplink.state;
        uplink_step(&x->uplink, now.mono, &next, &actions);
        if (x->uplink.state != before) {
            log_event(LOG_DEBUG, "uplink_state", "party=%s state=%s",
                      party_identity(x->party)->party.text, uplink_state_name(x->uplink.state));
        }
        more = false;
        for (size_t i = 0; i < actions.count; i++) {
            const enum ng_err e = perform(x, now, &actions.items[i], &next);
            if (e) {
                return e;
            }
            more = more || actions.items[i].kind == UPLINK_ACT_SUBMIT;
        }
    }
    return NG_OK;
}

/* ---- The other events ---- */

enum ng_err exchange_tick(struct exchange *x, struct exchange_time now)
{
    const struct uplink_event event = {.kind = UPLINK_EV_TICK};
    return exchange_step(x, now, &event);
}

enum ng_err exchange_connected(struct exchange *x, struct exchange_time now)
{
    const struct uplink_event event = {.kind = UPLINK_EV_CONNECTED};
    return exchange_step(x, now, &event);
}

enum ng_err exchange_lost(struct exchange *x, struct exchange_time now, bool denied)
{
    const struct uplink_event event = {.kind = denied ? UPLINK_EV_DENIED : UPLINK_EV_LOST};
    return exchange_step(x, now, &event);
}

static enum ng_err read_marks(struct exchange *x, struct outbox_marks *ret_marks,
                              uint64_t *ret_sync_wanted)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(party_store(x->party), &t);
    if (!e) {
        e = outbox_marks(t, party_identity(x->party)->epoch, ret_marks);
    }
    if (!e) {
        e = tables_get_u64(t, TABLES_SYNC_WANTED, ret_sync_wanted);
    }
    store_end_read(&t);
    return e;
}

enum ng_err exchange_look(struct exchange *x, struct exchange_time now)
{
    struct outbox_marks marks;
    uint64_t sync_wanted = 0;
    const enum ng_err e = read_marks(x, &marks, &sync_wanted);
    if (e) {
        return e;
    }
    const struct uplink_event event = {.kind = UPLINK_EV_OUTBOX,
                                       .u.outbox = {.authored = marks.authored,
                                                    .delivered = marks.delivered,
                                                    .sync_wanted = sync_wanted}};
    return exchange_step(x, now, &event);
}

/* ---- Life ---- */

enum ng_err exchange_new(struct party *p, const struct party_reader *reader, struct rng rng,
                         struct exchange_time now, struct exchange **ret)
{
    struct outbox_marks marks;
    uint64_t sync_wanted = 0;
    struct exchange *x = calloc(1, sizeof(*x));
    if (!x) {
        return err_plain(NG_ERR_NOMEM);
    }
    x->party = p;
    x->reader = reader;
    buf_init(&x->sending, WIRE_FRAME_MAX);
    enum ng_err e = kept_head_witness(party_store(p), party_identity(p), &x->witness);
    if (!e) {
        e = read_marks(x, &marks, &sync_wanted);
    }
    if (!e) {
        uplink_init(&x->uplink, party_identity(p)->epoch, (enum uplink_mute)marks.mute, rng,
                    now.mono);
        e = exchange_look(x, now);
    }
    if (e) {
        exchange_destroy(&x);
    } else {
        *ret = x;
    }
    return e;
}

void exchange_destroy(struct exchange **x)
{
    if (!*x) {
        return;
    }
    drop_orders(*x);
    buf_fini(&(*x)->sending);
    free(*x);
    *x = NULL;
}

int64_t exchange_idle_ms(const struct exchange *x, struct mono now, int64_t max_ms)
{
    return x->order_count > 0 ? 0 : uplink_idle_ms(&x->uplink, now, max_ms);
}

const struct uplink *exchange_uplink(const struct exchange *x)
{
    return &x->uplink;
}

bool exchange_delivered(const struct exchange *x)
{
    return x->uplink.delivered >= x->uplink.authored;
}

bool exchange_log_forbidden(const struct exchange *x)
{
    return x->log_forbidden;
}

const char *exchange_alarm(const struct exchange *x)
{
    return x->alarm;
}
