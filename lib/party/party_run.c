/* Talking to the broker: the loop around an exchange, with a real socket and the real clock.
 *
 * A turn: do what the exchange ordered (open, close, send); wait for the line, the wake socket, the
 * stop descriptor or the exchange's next deadline; take every frame that came, each time doing what
 * it leads to before the next; look at the store. The process that holds DATA/uplink.lock is the
 * only one in this loop; the others author, wake it and watch the store (party_send).
 *
 * Failures: a broken line is the exchange's business and never ends the loop. Our own store's
 * errors do, and so does the time limit: then the person is told the most telling thing known (an
 * alarm of this run before "not reached"). */
#include "party/party.h"

#include "base/file.h"
#include "base/lang.h"
#include "base/log.h"
#include "net/net_client.h"
#include "party/exchange.h"
#include "party/outbox.h"
#include "party/tables.h"
#include "party/wake.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define RUN_IDLE_MS 60000   /* longest sleep when nothing is due */
#define RUN_DONE_MS 1000    /* how often `done` is asked at least */
#define RUN_FRAMES_MAX 64   /* frames taken in one turn */
#define SEND_POLL_MS_MIN 50 /* party_send's look at the store … */
#define SEND_POLL_MS_MAX 200
#define SEND_WAKE_MS 1000 /* … and how often it nudges the holder again */

struct run {
    struct party *party;
    const struct party_run *options;
    struct exchange *exchange;
    struct net_client *client;
    struct net_curve curve;
    enum net_client_state line; /* as last told to the exchange */
    struct net_fd fds[2];       /* wake, stop */
    struct mono deadline;
    bool told_ready;
};

static struct exchange_time time_now(void)
{
    return (struct exchange_time){clock_mono(), clock_wall_ms()};
}

/* ---- The line ---- */

static enum ng_err open_line(struct run *r)
{
    const struct identity *id = party_identity(r->party);
    net_client_close(&r->client);
    r->line = NET_CLIENT_CONNECTING;
    const enum ng_err e = net_client_open(id->endpoint, id->broker_curve, &r->curve, &r->client);
    if (e == NG_ERR_INPUT || e == NG_ERR_NOMEM) {
        return e;
    }
    if (!e) {
        return NG_OK;
    }
    log_error("uplink_open", e); /* tried again after the back-off */
    return exchange_lost(r->exchange, time_now(), false);
}

static enum ng_err follow_orders(struct run *r)
{
    struct exchange_order order;
    enum ng_err e = NG_OK;
    while (!e && exchange_next(r->exchange, &order)) {
        switch (order.kind) {
        case EXCHANGE_OPEN:
            e = open_line(r);
            break;
        case EXCHANGE_CLOSE:
            net_client_close(&r->client);
            break;
        case EXCHANGE_SEND:
            /* A line that takes no more is no line: credit keeps the queue below its maximum. */
            if (!r->client || net_client_send(r->client, order.frame)) {
                e = exchange_lost(r->exchange, time_now(), false);
            }
            break;
        default:
            break;
        }
    }
    return e;
}

static enum ng_err take_frames(struct run *r)
{
    struct bytes frame;
    for (unsigned n = 0; r->client && n < RUN_FRAMES_MAX; n++) {
        enum ng_err e = net_client_receive(r->client, &frame);
        if (e == NG_ERR_AGAIN) {
            return NG_OK;
        }
        e = e ? exchange_lost(r->exchange, time_now(), false)
              : exchange_frame(r->exchange, time_now(), frame);
        if (!e) {
            e = follow_orders(r);
        }
        if (e) {
            return e;
        }
    }
    return NG_OK;
}

static enum ng_err tell_line(struct run *r)
{
    const enum net_client_state before = r->line;
    if (!r->client) {
        return NG_OK;
    }
    r->line = net_client_state(r->client);
    if (r->line == before) {
        return NG_OK;
    }
    if (r->line == NET_CLIENT_CONNECTED) {
        return exchange_connected(r->exchange, time_now());
    }
    if (r->line == NET_CLIENT_DENIED || r->line == NET_CLIENT_LOST) {
        return exchange_lost(r->exchange, time_now(), r->line == NET_CLIENT_DENIED);
    }
    return NG_OK;
}

/* Without a line there is only the wake and stop descriptor to wait for. */
static void wait_without_line(struct run *r, int64_t timeout_ms)
{
    struct pollfd polled[2];
    for (size_t i = 0; i < 2; i++) {
        polled[i] = (struct pollfd){.fd = r->fds[i].fd, .events = POLLIN};
    }
    const int n = poll(polled, 2, (int)timeout_ms);
    for (size_t i = 0; i < 2; i++) {
        r->fds[i].readable = n > 0 && polled[i].revents != 0;
    }
}

static enum ng_err wait_for_something(struct run *r)
{
    const struct mono now = clock_mono();
    const int64_t most = r->options->done_ms ? r->options->done_ms(r->options->done_context)
                         : r->options->done  ? RUN_DONE_MS
                                             : RUN_IDLE_MS;
    int64_t ms = exchange_idle_ms(r->exchange, now, most);
    if (r->options->timeout_ms >= 0 && clock_between_ms(now, r->deadline) < ms) {
        ms = clock_between_ms(now, r->deadline);
    }
    if (ms < 0) {
        ms = 0;
    }
    if (r->client) {
        return net_client_wait(r->client, ms, r->fds, 2);
    }
    wait_without_line(r, ms);
    return NG_OK;
}

/* ---- Turns ---- */

static enum ng_err turn(struct run *r)
{
    /* Each turn, for `done` and the reader's sink may have authored in this process. */
    enum ng_err e = exchange_look(r->exchange, time_now());
    if (!e) {
        e = follow_orders(r);
    }
    if (!e) {
        e = wait_for_something(r);
    }
    if (!e && r->fds[0].readable) {
        wake_drain(r->fds[0].fd);
    }
    if (!e) {
        e = tell_line(r);
    }
    if (!e) {
        e = follow_orders(r);
    }
    return e ? e : take_frames(r);
}

static void tell_ready(struct run *r)
{
    const enum uplink_state state = exchange_uplink(r->exchange)->state;
    if (r->told_ready || (state != UPLINK_READY && state != UPLINK_MUTE)) {
        return;
    }
    r->told_ready = true;
    if (r->options->ready) {
        r->options->ready(r->options->done_context);
    }
}

static enum ng_err say_not_reached(const struct run *r)
{
    const char *alarm = exchange_alarm(r->exchange);
    if (alarm[0] != 0) {
        return err_set(NG_ERR_VERIFY, "%s", alarm);
    }
    return err_set(
        NG_ERR_PEER,
        _("the broker at %s did not answer in time: what was written is safe and will be "
          "sent later"),
        party_identity(r->party)->endpoint);
}

/* NG_ERR_AGAIN: another turn. */
static enum ng_err decide(struct run *r)
{
    const struct uplink *u = exchange_uplink(r->exchange);
    tell_ready(r);
    if (r->options->done && r->options->done(r->options->done_context)) {
        return NG_OK;
    }
    if (r->fds[1].readable) {
        return NG_OK;
    }
    /* Somebody waits for a delivery that cannot come; a service goes on and hears when it can. */
    const bool shut_out = u->state == UPLINK_MUTE || u->mute == UPLINK_OLD_COPY ||
                          u->mute == UPLINK_REPLACED || u->denied >= UPLINK_DENIED_MAX;
    if (r->options->timeout_ms >= 0 && shut_out && !exchange_delivered(r->exchange)) {
        return err_set(NG_ERR_REFUSED, "%s",
                       exchange_alarm(r->exchange)[0] ? exchange_alarm(r->exchange)
                                                      : _("the broker takes nothing more from this "
                                                          "key: see the alarms"));
    }
    if (r->options->timeout_ms >= 0 && exchange_log_forbidden(r->exchange)) {
        return err_set(NG_ERR_REFUSED, _("the broker does not give this key the log: it waits for "
                                         "its confirmation, as nganam-office status tells"));
    }
    if (r->options->timeout_ms >= 0 && u->unconfirmed && u->caught_up) {
        return err_set(NG_ERR_REFUSED, "%s", refusal_text(REFUSAL_UNCONFIRMED));
    }
    if (r->options->timeout_ms >= 0 && clock_between_ms(clock_mono(), r->deadline) <= 0) {
        return say_not_reached(r);
    }
    return NG_ERR_AGAIN;
}

static enum ng_err run_locked(struct run *r)
{
    const struct identity *id = party_identity(r->party);
    memcpy(r->curve.public_key, id->curve_public, NET_CURVE_SIZE);
    memcpy(r->curve.secret, id->curve_secret, NET_CURVE_SIZE);
    r->deadline =
        clock_after(clock_mono(), r->options->timeout_ms < 0 ? 0 : r->options->timeout_ms);
    enum ng_err e =
        exchange_new(r->party, r->options->reader, rng_from_system(), time_now(), &r->exchange);
    if (e) {
        return e;
    }
    if (r->options->started) {
        r->options->started(r->options->done_context);
    }
    e = decide(r);
    while (e == NG_ERR_AGAIN) {
        e = turn(r);
        if (!e) {
            e = decide(r);
        } else if (e == NG_ERR_AGAIN) {
            e = err_wrap(NG_ERR_IO, "uplink"); /* not ours to be confused with "another turn" */
        }
    }
    net_client_close(&r->client);
    exchange_destroy(&r->exchange);
    explicit_bzero(&r->curve, sizeof(r->curve));
    return e;
}

enum ng_err party_run(struct party *p, const struct party_run *options)
{
    struct run r = {.party = p, .options = options};
    int lock = -1, wake = -1;
    char *path = file_join(party_folder(p), "uplink.lock");
    enum ng_err e = path ? file_lock(path, false, &lock) : err_plain(NG_ERR_NOMEM);
    free(path);
    if (e) {
        return e;
    }
    e = wake_open(party_folder(p), &wake);
    r.fds[0] = (struct net_fd){wake, false};
    r.fds[1] = (struct net_fd){options->stop_fd, false};
    if (!e) {
        e = run_locked(&r);
    }
    wake_close(&wake);
    file_unlock(&lock);
    return e;
}

void party_wake(const char *folder)
{
    wake_send(folder);
}

/* ---- Deliver all and read the inbox to the head ---- */

struct wish {
    struct party *party;
    uint64_t authored; /* all up to here shall be delivered */
    uint64_t sync;     /* and this wish for a read to the head granted */
    enum ng_err err;   /* of the store while looking */
    uint32_t mute;
};

static enum ng_err make_wish(struct store_txn *t, void *context)
{
    struct wish *w = context;
    struct outbox_marks m;
    uint64_t sync = 0;
    enum ng_err e = outbox_marks(t, party_identity(w->party)->epoch, &m);
    if (!e) {
        e = tables_get_u64(t, TABLES_SYNC_WANTED, &sync);
    }
    if (!e) {
        e = tables_put_u64(t, TABLES_SYNC_WANTED, sync + 1);
    }
    w->authored = m.authored;
    w->sync = sync + 1;
    return e;
}

static enum ng_err look_at_wish(struct wish *w, bool *ret_granted)
{
    struct store_txn *t = NULL;
    struct outbox_marks m = {0};
    uint64_t sync = 0;
    enum ng_err e = store_begin_read(party_store(w->party), &t);
    if (!e) {
        e = outbox_marks(t, party_identity(w->party)->epoch, &m);
    }
    if (!e) {
        e = tables_get_u64(t, TABLES_SYNC_DONE, &sync);
    }
    store_end_read(&t);
    w->mute = m.mute;
    if (!e) {
        *ret_granted = m.delivered >= w->authored && sync >= w->sync;
    }
    return e;
}

static bool wish_done(void *context)
{
    struct wish *w = context;
    bool granted = false;
    w->err = look_at_wish(w, &granted);
    return granted || w->err;
}

/* Another process holds the uplink: nudge it and watch the store for a while; NG_ERR_BUSY when it
 * is still on its way, so that the lock is tried again (its holder may have gone). */
static enum ng_err watch(struct wish *w, struct mono until, int64_t *pause_ms)
{
    const struct mono nudge = clock_after(clock_mono(), SEND_WAKE_MS);
    party_wake(party_folder(w->party));
    while (clock_between_ms(clock_mono(), nudge) > 0) {
        bool granted = false;
        const enum ng_err e = look_at_wish(w, &granted);
        if (e || granted) {
            return e;
        }
        if (w->mute) {
            return err_set(NG_ERR_REFUSED,
                           _("the broker takes nothing more from this key: see the alarms"));
        }
        if (clock_between_ms(clock_mono(), until) <= 0) {
            return err_set(
                NG_ERR_PEER,
                _("the broker at %s did not answer in time: what was written is safe and "
                  "will be sent later"),
                party_identity(w->party)->endpoint);
        }
        (void)poll(NULL, 0, (int)*pause_ms);
        *pause_ms = *pause_ms * 2 < SEND_POLL_MS_MAX ? *pause_ms * 2 : SEND_POLL_MS_MAX;
    }
    return err_plain(NG_ERR_BUSY);
}

enum ng_err party_send(struct party *p, int64_t timeout_ms)
{
    struct wish w = {.party = p};
    int64_t pause_ms = SEND_POLL_MS_MIN;
    const struct mono until = clock_after(clock_mono(), timeout_ms < 0 ? INT32_MAX : timeout_ms);
    enum ng_err e = store_write(party_store(p), make_wish, &w);
    if (!e) {
        e = NG_ERR_BUSY;
    }
    while (e == NG_ERR_BUSY) {
        const int64_t left = clock_between_ms(clock_mono(), until);
        const struct party_run options = {.timeout_ms = left > 0 ? left : 0,
                                          .stop_fd = -1,
                                          .done = wish_done,
                                          .done_context = &w};
        e = party_run(p, &options);
        if (!e && w.err) {
            e = w.err;
        }
        if (e == NG_ERR_BUSY) {
            e = watch(&w, until, &pause_ms);
        }
    }
    return e;
}
