/* A party's side: one connection to the broker under CURVE. It does not reconnect by itself:
 * whoever owns the back-off closes it and opens another. One thread. */
#ifndef NGANAM_NET_NET_CLIENT_H
#define NGANAM_NET_NET_CLIENT_H

#include "base/buf.h"
#include "net/net.h"

struct net_client;

enum net_client_state {
    NET_CLIENT_CONNECTING,
    NET_CLIENT_CONNECTED, /* the handshake is done: both keys were right */
    NET_CLIENT_DENIED,    /* the broker does not admit this key */
    NET_CLIENT_LOST       /* refused, wrong server key, or the line dropped */
};

/* Begins to connect and returns at once. NG_ERR_INPUT (endpoint), NG_ERR_IO. */
enum ng_err net_client_open(const char *endpoint, const uint8_t server_key[NET_CURVE_SIZE],
                            const struct net_curve *keys, struct net_client **ret) NG_MUST_USE;
void net_client_close(struct net_client **c); /* what is unsent is dropped */

/* As far as this end knows; moved on by net_client_wait. A line that is cut without a word is
 * noticed by heartbeats within a minute. */
enum net_client_state net_client_state(const struct net_client *c);

/* Until a message, a change of state or a descriptor is ready, or timeout_ms has passed (−1: none).
 * NG_OK in each of these cases; NG_ERR_IO. */
enum ng_err net_client_wait(struct net_client *c, int64_t timeout_ms, struct net_fd *fds,
                            size_t fd_count) NG_MUST_USE;

/* Copies and queues (also before the handshake is done); never waits. NG_ERR_AGAIN: NET_QUEUE_MAX
 * wait already, or the line is lost; NG_ERR_LIMIT. */
enum ng_err net_client_send(struct net_client *c, struct bytes data) NG_MUST_USE;
/* NG_ERR_AGAIN when there is none; the data is borrowed until the next receive. */
enum ng_err net_client_receive(struct net_client *c, struct bytes *ret) NG_MUST_USE;

#endif
