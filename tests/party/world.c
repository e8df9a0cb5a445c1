#include "world.h"

#include "party/tables.h"
#include "proto/wire_par.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct exchange_time world_time(const struct world *w, size_t n)
{
    const int64_t off = n < w->party_count ? w->parties[n].clock_ms : w->broker_clock_ms;
    return (struct exchange_time){{w->now}, WORLD_WALL_START + w->now + off};
}

static struct exchange_time broker_time(const struct world *w)
{
    return world_time(w, w->party_count);
}

static void note_error(struct world *w, enum ng_err e)
{
    if (e != NG_OK && w->failed == NG_OK) {
        w->failed = e;
        (void)fprintf(stderr, "world: %s\n", err_explain(e));
    }
}

/* ---- Making ---- */

static void make_party(struct world *w, const char *folder, const char *code, size_t n)
{
    struct world_party *p = &w->parties[n];
    struct identity id = {.epoch = 1};
    struct store *store = NULL;
    (void)snprintf(p->folder, sizeof(p->folder), "%s/%s", folder, code);
    (void)mkdir(p->folder, 0700);
    (void)snprintf(id.party.text, sizeof(id.party.text), "%s", code);
    (void)snprintf(p->code, sizeof(p->code), "%s", code);
    (void)snprintf(id.origin, sizeof(id.origin), "%s", w->broker.origin);
    statement_log_id(id.origin, id.log_id);
    (void)snprintf(id.endpoint, sizeof(id.endpoint), "tcp://127.0.0.1:5570");
    id.log_key = w->broker.log_key;
    identity_new_keys(&id);
    note_error(w, tables_open(p->folder, true, &store));
    w->broker.add(w->broker.self, n, &id, store);
    note_error(w, identity_save(p->folder, &id));
    store_close(&store);
    identity_wipe(&id);
}

struct world *world_new_with(const char *folder, uint64_t seed, struct backend broker,
                             const char *const *codes, size_t count)
{
    struct world *w = calloc(1, sizeof(*w));
    if (w == NULL || key_init() != NG_OK || count > WORLD_PARTIES_MAX) {
        abort();
    }
    w->now = 1000;
    w->rng = rng_seeded(seed);
    w->delay_max = 20;
    w->broker = broker;
    for (; w->party_count < count; w->party_count++) {
        make_party(w, folder, codes[w->party_count], w->party_count);
        w->parties[w->party_count].connected_at = -1;
    }
    return w;
}

struct world *world_new(const char *folder, uint64_t seed, struct backend broker)
{
    static const char *const codes[WORLD_PARTIES] = {"office", "phuong1", "my-quoi", "vinh.bien"};
    struct world *w = world_new_with(folder, seed, broker, codes, WORLD_PARTIES);
    for (size_t n = 0; n < w->party_count; n++) {
        world_start(w, n);
        w->parties[n].authored = world_status(w, n).authored;
    }
    return w;
}

struct world *world_new_model(const char *folder, uint64_t seed)
{
    struct world *w = world_new(folder, seed, backend_model(seed));
    w->model = w->broker.self;
    return w;
}

static void forget_packet(struct world *w, size_t i)
{
    buf_fini(&w->packets[i].frame);
    w->packets[i] = w->packets[--w->packet_count];
}

void world_destroy(struct world **w)
{
    for (size_t n = 0; n < (*w)->party_count; n++) {
        world_kill(*w, n);
    }
    while ((*w)->packet_count > 0) {
        forget_packet(*w, 0);
    }
    (*w)->broker.destroy((*w)->broker.self);
    free(*w);
    *w = NULL;
}

/* ---- The network ---- */

static void put_packet(struct world *w, size_t party, bool to_broker, struct bytes frame)
{
    if (rng_below(&w->rng, 1000) < w->drop || w->packet_count == WORLD_PACKETS_MAX) {
        w->frames_dropped++;
        return;
    }
    struct world_packet *p = &w->packets[w->packet_count++];
    const int64_t delay =
        w->reorder ? 1 + (int64_t)rng_below(&w->rng, (uint64_t)w->delay_max) : w->delay_max;
    *p = (struct world_packet){.due = w->now + delay,
                               .order = w->packet_order++,
                               .party = party,
                               .connection = w->parties[party].connection,
                               .to_broker = to_broker,
                               .frame = BUF_INIT(WIRE_FRAME_MAX)};
    note_error(w, buf_add(&p->frame, frame.data, frame.size));
}

static void send_packet(struct world *w, size_t party, bool to_broker, struct bytes frame)
{
    put_packet(w, party, to_broker, frame);
    if (rng_below(&w->rng, 1000) < w->twice) {
        w->frames_doubled++;
        put_packet(w, party, to_broker, frame);
    }
}

static void from_broker(void *context, size_t party, struct bytes frame)
{
    struct world *w = context;
    struct buf instead = BUF_INIT(WIRE_FRAME_MAX);
    const bool other = w->watch != NULL && w->watch(w->watch_context, party, frame, &instead);
    send_packet(w, party, false, other ? buf_bytes(&instead) : frame);
    buf_fini(&instead);
}

static void hang_up(struct world *w, size_t n)
{
    w->broker.disconnect(w->broker.self, n);
    w->parties[n].connection = 0;
    w->parties[n].connected_at = -1;
}

static void follow_orders(struct world *w, size_t n)
{
    struct world_party *p = &w->parties[n];
    struct exchange_order order;
    while (p->exchange != NULL && exchange_next(p->exchange, &order)) {
        if (order.kind == EXCHANGE_SEND) {
            send_packet(w, n, true, order.frame);
            continue;
        }
        hang_up(w, n);
        if (order.kind == EXCHANGE_OPEN) {
            p->connection = ++p->connections;
            p->connected_at = w->now + 5;
        }
    }
}

static void deliver(struct world *w, const struct world_packet *p)
{
    struct world_party *to = &w->parties[p->party];
    if (p->connection != to->connection || to->connection == 0) {
        return;
    }
    if (to->parted) {
        w->frames_swallowed++;
        return;
    }
    if (p->to_broker && !w->broker_down) {
        w->broker.frame(w->broker.self, p->party, p->connection, buf_bytes(&p->frame),
                        broker_time(w), from_broker, w);
    } else if (!p->to_broker && to->exchange != NULL) {
        const struct exchange_time now = world_time(w, p->party);
        note_error(w, exchange_frame(to->exchange, now, buf_bytes(&p->frame)));
        follow_orders(w, p->party);
    }
}

/* The packet due first, or packet_count. */
static size_t next_packet(const struct world *w)
{
    size_t first = w->packet_count;
    for (size_t i = 0; i < w->packet_count; i++) {
        const struct world_packet *p = &w->packets[i];
        if (p->due <= w->now &&
            (first == w->packet_count || p->due < w->packets[first].due ||
             (p->due == w->packets[first].due && p->order < w->packets[first].order))) {
            first = i;
        }
    }
    return first;
}

static void deliver_due(struct world *w)
{
    for (;;) {
        const size_t i = next_packet(w);
        if (i == w->packet_count) {
            return;
        }
        struct world_packet p = w->packets[i];
        w->packets[i] = w->packets[--w->packet_count];
        deliver(w, &p);
        buf_fini(&p.frame);
    }
}

/* ---- The parties ---- */

/* The handshake's end: nobody hears of it while the line swallows all. */
static void finish_connect(struct world *w, size_t n)
{
    struct world_party *p = &w->parties[n];
    if (p->connection == 0 || p->parted || p->connected_at < 0 || p->connected_at > w->now) {
        return;
    }
    p->connected_at = -1;
    if (w->broker_down) {
        hang_up(w, n);
        note_error(w, exchange_lost(p->exchange, world_time(w, n), false));
    } else {
        note_error(w, exchange_connected(p->exchange, world_time(w, n)));
    }
}

static void run_party(struct world *w, size_t n)
{
    struct world_party *p = &w->parties[n];
    if (p->exchange == NULL) {
        return;
    }
    finish_connect(w, n);
    if (exchange_idle_ms(p->exchange, world_time(w, n).mono, 1000) == 0) {
        note_error(w, exchange_tick(p->exchange, world_time(w, n)));
    }
    follow_orders(w, n);
}

void world_start(struct world *w, size_t n)
{
    struct world_party *p = &w->parties[n];
    const struct rng rng = rng_seeded(rng_next(&w->rng));
    note_error(w, party_open(p->folder, &p->party));
    if (p->party != NULL) {
        note_error(w, exchange_new(p->party, p->reader, rng, world_time(w, n), &p->exchange));
    }
}

void world_kill(struct world *w, size_t n)
{
    hang_up(w, n);
    exchange_destroy(&w->parties[n].exchange);
    party_close(&w->parties[n].party);
}

size_t world_add_copy(struct world *w, size_t of, const char *folder)
{
    if (w->party_count == WORLD_PARTIES_MAX) {
        abort();
    }
    const size_t n = w->party_count++;
    struct world_party *p = &w->parties[n];
    *p = (struct world_party){.connected_at = -1};
    (void)snprintf(p->folder, sizeof(p->folder), "%s", folder);
    memcpy(p->code, w->parties[of].code, sizeof(p->code));
    w->broker.copy(w->broker.self, of, n);
    return n;
}

void world_cut(struct world *w, size_t n)
{
    if (w->parties[n].connection == 0) {
        return;
    }
    hang_up(w, n);
    if (w->parties[n].exchange != NULL) {
        note_error(w, exchange_lost(w->parties[n].exchange, world_time(w, n), false));
        follow_orders(w, n);
    }
}

void world_look(struct world *w, size_t n)
{
    if (w->parties[n].exchange != NULL) {
        note_error(w, exchange_look(w->parties[n].exchange, world_time(w, n)));
        follow_orders(w, n);
    }
}

enum ng_err world_author(struct world *w, size_t n, const char *to, const char *text)
{
    struct world_party *p = &w->parties[n];
    struct party_draft draft = {.kind = n == 0 ? WIRE_KIND_UNITS : WIRE_KIND_REPORT,
                                .payload = {(const uint8_t *)text, strlen(text)}};
    uint64_t seq = 0;
    (void)snprintf(draft.to.text, sizeof(draft.to.text), "%s", to);
    const enum ng_err e = party_author(p->party, &draft, 1, world_time(w, n).wall_ms, &seq);
    if (e != NG_OK) {
        return e;
    }
    p->authored++;
    world_look(w, n);
    return NG_OK;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How long nothing is due anywhere. A broker that cannot tell is looked at every five ms. */
static int64_t idle_ms(const struct world *w, int64_t max_ms)
{
    int64_t due = w->now + max_ms;
    if (w->broker.idle_ms == NULL) {
        return earlier(max_ms, 5);
    }
    for (size_t i = 0; i < w->packet_count; i++) {
        due = earlier(due, w->packets[i].due);
    }
    for (size_t n = 0; n < w->party_count; n++) {
        const struct world_party *p = &w->parties[n];
        if (p->exchange != NULL && p->connected_at >= 0 && !p->parted) {
            due = earlier(due, p->connected_at);
        }
        if (p->exchange != NULL) {
            due =
                earlier(due, w->now + exchange_idle_ms(p->exchange, (struct mono){w->now}, max_ms));
        }
    }
    const int64_t idle = due - w->now;
    return w->broker_down
               ? idle
               : earlier(idle, w->broker.idle_ms(w->broker.self, broker_time(w), max_ms));
}

void world_pass(struct world *w, int64_t ms)
{
    const int64_t until = w->now + ms;
    while (w->now < until) {
        const int64_t idle = idle_ms(w, until - w->now);
        w->now += idle > 0 ? idle : 1;
        deliver_due(w);
        if (!w->broker_down) {
            w->broker.tick(w->broker.self, broker_time(w), from_broker, w);
        }
        for (size_t n = 0; n < w->party_count; n++) {
            run_party(w, n);
        }
    }
}

bool world_settle(struct world *w, int64_t ms)
{
    for (int64_t passed = 0; passed < ms; passed += 500) {
        bool settled = true;
        for (size_t n = 0; n < w->party_count; n++) {
            const struct party_status s = world_status(w, n);
            settled = settled && s.outbox == 0 && s.inbox_next >= w->broker.count(w->broker.self);
        }
        if (settled) {
            return true;
        }
        world_pass(w, 500);
    }
    return false;
}

struct party_status world_status(struct world *w, size_t n)
{
    struct party_status s = {0};
    if (w->parties[n].party != NULL) {
        note_error(w, party_status(w->parties[n].party, &s));
    }
    return s;
}
