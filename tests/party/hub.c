#include "hub.h"

#include "base/clock.h"
#include "broker/desk.h"
#include "ledger/ledger.h"
#include "net/net_server.h"
#include "tests/ledger/inviter.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TURN_MS 200

struct hub {
    char folder[300];
    struct ledger *ledger;
    struct inviter inviter;
    struct net_curve keys;
    struct net_server *server;
    struct desk *desk;
    char endpoint[NET_ENDPOINT_MAX + 1];
    pthread_t thread;
    bool running;
    int stop[2];
    atomic_int loss;
};

static void must(enum ng_err e, const char *what)
{
    if (e != NG_OK) {
        (void)fprintf(stderr, "hub: %s: %s\n", what, err_explain(e));
        abort();
    }
}

struct hub *hub_new(const char *folder)
{
    struct hub *h = calloc(1, sizeof(*h));
    if (h == NULL) {
        abort();
    }
    must(key_init(), "keys");
    (void)snprintf(h->folder, sizeof(h->folder), "%s", folder);
    (void)snprintf(h->endpoint, sizeof(h->endpoint), "tcp://127.0.0.1:0");
    must(net_curve_generate(&h->keys), "curve");
    must(ledger_create(folder, NULL, "nganam.example/town", (uint64_t)clock_wall_ms()), "create");
    must(ledger_open(folder, NULL, LEDGER_WRITE, &h->ledger), "open");
    /* The address is bound once to learn a free port, and again at each start. */
    hub_start(h);
    hub_stop(h);
    return h;
}

static bool admit(void *context, const uint8_t key[NET_CURVE_SIZE], char ret_user[NET_USER_MAX + 1])
{
    struct hub *h = context;
    return desk_admit(h->desk, key, clock_wall_ms(), ret_user);
}

static bool is_lost(struct hub *h, struct bytes frame)
{
    struct wire_from_broker *m = NULL;
    if (atomic_load(&h->loss) != HUB_LOSES_RECEIPTS || wire_from_broker_decode(frame, &m)) {
        return false;
    }
    const bool lost = m->kind == WIRE_SUBMITTED;
    wire_from_broker_destroy(&m);
    return lost;
}

static bool send_answer(void *context, const struct session_peer *to, struct bytes frame)
{
    struct hub *h = context;
    struct net_peer peer = {.size = to->size};
    memcpy(peer.id, to->id, to->size);
    return is_lost(h, frame) || net_server_send(h->server, &peer, frame) == NG_OK;
}

static bool is_swallowed(struct hub *h, struct bytes frame)
{
    struct wire_to_broker *m = NULL;
    if (atomic_load(&h->loss) != HUB_LOSES_SUBMITS || wire_to_broker_decode(frame, &m)) {
        return false;
    }
    const bool lost = m->kind == WIRE_SUBMIT;
    wire_to_broker_destroy(&m);
    return lost;
}

static void take_all(struct hub *h)
{
    struct net_message m;
    while (!desk_is_full(h->desk) && net_server_receive(h->server, &m) == NG_OK) {
        struct session_peer peer = {.size = m.peer.size};
        memcpy(peer.id, m.peer.id, m.peer.size);
        if (!is_swallowed(h, m.data)) {
            must(desk_take(h->desk, &peer, m.user, m.data, clock_mono()), "take");
        }
    }
}

static void *serve(void *context)
{
    struct hub *h = context;
    struct net_fd stop = {h->stop[0], false};
    while (!stop.readable) {
        const int64_t ms = desk_idle_ms(h->desk, clock_mono(), TURN_MS);
        must(net_server_wait(h->server, ms, &stop, 1), "wait");
        take_all(h);
        const struct desk_now now = {clock_mono(), clock_wall_ms(), true};
        must(desk_turn(h->desk, &now), "turn");
    }
    return NULL;
}

void hub_start(struct hub *h)
{
    const struct desk_config desk = {.ledger = h->ledger, .send = send_answer, .context = h};
    const struct net_server_config server = {
        .endpoint = h->endpoint, .keys = &h->keys, .admit = admit, .context = h};
    must(desk_new(&desk, &h->desk), "desk");
    must(net_server_open(&server, &h->server), "server");
    (void)snprintf(h->endpoint, sizeof(h->endpoint), "%s", net_server_endpoint(h->server));
    if (pipe2(h->stop, O_CLOEXEC) != 0 || pthread_create(&h->thread, NULL, serve, h) != 0) {
        abort();
    }
    h->running = true;
}

void hub_stop(struct hub *h)
{
    if (!h->running) {
        return;
    }
    (void)close(h->stop[1]);
    (void)pthread_join(h->thread, NULL);
    (void)close(h->stop[0]);
    net_server_close(&h->server);
    desk_destroy(&h->desk);
    h->running = false;
}

void hub_destroy(struct hub **h)
{
    hub_stop(*h);
    ledger_close(&(*h)->ledger);
    free(*h);
    *h = NULL;
}

void hub_lose(struct hub *h, enum hub_loss what)
{
    atomic_store(&h->loss, (int)what);
}

void hub_invite(struct hub *h, const char *code, enum wire_role role, struct slip *ret)
{
    struct slip_keys keys;
    struct wire_invite invite = {.role = role};
    *ret = (struct slip){.log_key = *ledger_log_key(h->ledger)};
    (void)snprintf(ret->party.text, sizeof(ret->party.text), "%s", code);
    (void)snprintf(ret->endpoint, sizeof(ret->endpoint), "%s", h->endpoint);
    (void)snprintf(ret->origin, sizeof(ret->origin), "%s", ledger_origin(h->ledger));
    memcpy(ret->broker_curve, h->keys.public_key, sizeof(ret->broker_curve));
    slip_new_code(ret->code);
    slip_keys(ret, &keys);
    (void)snprintf(invite.party, sizeof(invite.party), "%s", code);
    invite.expires_at = (uint64_t)clock_wall_ms() + SLIP_VALID_MS;
    memcpy(invite.invite_key, keys.sign.public_key.bytes, sizeof(invite.invite_key));
    memcpy(invite.invite_curve, keys.curve_public, sizeof(invite.invite_curve));
    must(inviter_say(h->ledger, &h->inviter, &invite, (uint64_t)clock_wall_ms()), "invite");
}

uint64_t hub_size(struct hub *h)
{
    struct ledger_head head;
    must(ledger_head(h->ledger, &head), "head");
    return head.head.size;
}

static void ignore_fault(void *context, uint64_t index, const char *kind, const char *what)
{
    (void)kind;
    (void)context;
    (void)fprintf(stderr, "hub: leaf %llu: %s\n", (unsigned long long)index, what);
}

bool hub_verifies(struct hub *h)
{
    struct ledger_check check;
    return ledger_verify(h->ledger, ignore_fault, NULL, &check) == NG_OK && check.faults == 0;
}
