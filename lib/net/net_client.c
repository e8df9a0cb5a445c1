/* A party's DEALER socket.
 *
 * ZeroMQ would reconnect for ever by itself and keep what was queued for the next connection; here
 * that is switched off, because a new connection begins with Hello and a back-off of ours. What the
 * library knows about the connection comes through its monitor, an inproc socket of events, which
 * tells a person why nothing happens: not reachable, or not admitted.
 *
 * Failures: a line that drops, a handshake that fails and a connection refused all end in
 * NET_CLIENT_LOST; only the broker's own "this key may not connect" is NET_CLIENT_DENIED.
 */
#include "net/net_client.h"

#include "base/lang.h"
#include "net/net_zmq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MONITOR_ADDRESS "inproc://monitor"
#define CONNECT_MS 10000

struct net_client {
    void *context;
    void *dealer;
    void *monitor;
    enum net_client_state state;
    zmq_msg_t received;
};

static enum ng_err open_sockets(struct net_client *c, const char *endpoint,
                                const uint8_t server_key[NET_CURVE_SIZE],
                                const struct net_curve *keys)
{
    c->context = zmq_ctx_new();
    c->dealer = c->context != NULL ? zmq_socket(c->context, ZMQ_DEALER) : NULL;
    c->monitor = c->context != NULL ? zmq_socket(c->context, ZMQ_PAIR) : NULL;
    if (c->dealer == NULL || c->monitor == NULL) {
        return net_zmq_error(N_("open sockets"), errno);
    }
    bool all = true;
    net_zmq_set_int(c->monitor, ZMQ_LINGER, 0, &all);
    net_zmq_common(c->dealer, endpoint, &all);
    net_zmq_set_int(c->dealer, ZMQ_RECONNECT_IVL, -1, &all);
    net_zmq_set_int(c->dealer, ZMQ_CONNECT_TIMEOUT, CONNECT_MS, &all);
    net_zmq_set(c->dealer, ZMQ_CURVE_SERVERKEY, server_key, NET_CURVE_SIZE, &all);
    net_zmq_set(c->dealer, ZMQ_CURVE_PUBLICKEY, keys->public_key, NET_CURVE_SIZE, &all);
    net_zmq_set(c->dealer, ZMQ_CURVE_SECRETKEY, keys->secret, NET_CURVE_SIZE, &all);
    if (!all) {
        return err_set(
            NG_ERR_IO,
            _("the ZeroMQ library of this machine is too old: version 4.3 or newer is needed"));
    }
    if (zmq_socket_monitor(c->dealer, MONITOR_ADDRESS, ZMQ_EVENT_ALL) != 0 ||
        zmq_connect(c->monitor, MONITOR_ADDRESS) != 0) {
        return net_zmq_error(N_("watch the connection"), errno);
    }
    if (zmq_connect(c->dealer, endpoint) != 0) {
        return net_zmq_error(endpoint, errno);
    }
    return NG_OK;
}

enum ng_err net_client_open(const char *endpoint, const uint8_t server_key[NET_CURVE_SIZE],
                            const struct net_curve *keys, struct net_client **ret)
{
    enum ng_err err = net_endpoint_check(endpoint, false);
    if (err != NG_OK) {
        return err;
    }
    struct net_client *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return err_set(NG_ERR_NOMEM, "net client");
    }
    c->state = NET_CLIENT_CONNECTING;
    (void)zmq_msg_init(&c->received);
    err = open_sockets(c, endpoint, server_key, keys);
    if (err != NG_OK) {
        net_client_close(&c);
        return err;
    }
    *ret = c;
    return NG_OK;
}

void net_client_close(struct net_client **c)
{
    if (*c == NULL) {
        return;
    }
    (void)zmq_msg_close(&(*c)->received);
    if ((*c)->dealer != NULL) {
        (void)zmq_close((*c)->dealer);
    }
    if ((*c)->monitor != NULL) {
        (void)zmq_close((*c)->monitor);
    }
    if ((*c)->context != NULL) {
        (void)zmq_ctx_term((*c)->context);
    }
    free(*c);
    *c = NULL;
}

enum net_client_state net_client_state(const struct net_client *c)
{
    return c->state;
}

static void take_event(struct net_client *c, unsigned event)
{
    if (c->state == NET_CLIENT_DENIED || c->state == NET_CLIENT_LOST) {
        return; /* final: this socket does not connect again */
    }
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        c->state = NET_CLIENT_CONNECTED;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        c->state = NET_CLIENT_DENIED;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_DISCONNECTED:
    case ZMQ_EVENT_CLOSED:
        c->state = NET_CLIENT_LOST;
        break;
    default:
        break;
    }
}

/* An event is two frames: 16 bits of event and 32 of value in the machine's order, then the
 * address. */
static void read_events(struct net_client *c)
{
    bool any = true;
    while (any) {
        zmq_msg_t frame;
        (void)zmq_msg_init(&frame);
        any = net_zmq_receive(c->monitor, &frame) == NG_OK;
        if (any && zmq_msg_size(&frame) == 6) {
            uint16_t event = 0;
            memcpy(&event, zmq_msg_data(&frame), sizeof(event));
            take_event(c, event);
        }
        if (any) {
            (void)net_zmq_drain(c->monitor, &frame);
        }
        (void)zmq_msg_close(&frame);
    }
}

enum ng_err net_client_wait(struct net_client *c, int64_t timeout_ms, struct net_fd *fds,
                            size_t fd_count)
{
    zmq_pollitem_t items[2 + NET_FDS_MAX] = {
        {.socket = c->dealer, .events = ZMQ_POLLIN},
        {.socket = c->monitor, .events = ZMQ_POLLIN},
    };
    enum ng_err err = net_zmq_wait(items, 2, fds, fd_count, timeout_ms);
    if (err == NG_OK && items[1].revents != 0) {
        read_events(c);
    }
    return err_wrap(err, "net");
}

enum ng_err net_client_send(struct net_client *c, struct bytes data)
{
    if (data.size > NET_FRAME_MAX) {
        return err_set(NG_ERR_LIMIT, _("a message of %zu bytes is too long to be sent"), data.size);
    }
    if (zmq_send(c->dealer, data.data, data.size, ZMQ_DONTWAIT) < 0) {
        return errno == EAGAIN ? err_plain(NG_ERR_AGAIN)
                               : net_zmq_error(N_("send a message"), errno);
    }
    return NG_OK;
}

enum ng_err net_client_receive(struct net_client *c, struct bytes *ret)
{
    for (;;) {
        enum ng_err err = net_zmq_receive(c->dealer, &c->received);
        if (err != NG_OK) {
            return err == NG_ERR_AGAIN ? err : err_wrap(err, "net");
        }
        if (net_zmq_drain(c->dealer, &c->received).frames == 0) {
            *ret = (struct bytes){zmq_msg_data(&c->received), zmq_msg_size(&c->received)};
            return NG_OK;
        }
    }
}
