/* The broker's side: one listening socket, CURVE on every connection, and the admission of keys
 * (ZAP) answered in the caller's own loop. Nobody is admitted unless `admit` says so. One thread.
 *
 * A turn of the loop: net_server_wait, then net_server_receive until NG_ERR_AGAIN, then the answers
 * with net_server_send, which never waits.
 */
#ifndef NGANAM_NET_NET_SERVER_H
#define NGANAM_NET_NET_SERVER_H

#include "base/buf.h"
#include "net/net.h"

#define NET_USER_MAX 32
#define NET_PEER_MAX 32

struct net_server;

/* Where an answer goes: the connection as ZeroMQ names it. Good for addressing only: who it is
 * stands in `user`, which the admission gave. */
struct net_peer {
    uint8_t size;
    uint8_t id[NET_PEER_MAX];
    uint64_t line; /* which connection it was that last spoke under this name; 0: unknown */
};

struct net_server_config {
    const char *endpoint;         /* see net_endpoint_check(…, true) */
    const struct net_curve *keys; /* borrowed for the call */
    /* Asked at each handshake, from within net_server_wait: may this public key connect, and under
     * which name (a string)? Must not call the server. */
    bool (*admit)(void *context, const uint8_t client_key[NET_CURVE_SIZE],
                  char ret_user[NET_USER_MAX + 1]);
    /* Asked after that: has this name not too many connections that say nothing? NULL: it has not.
     * With false the peer is not told that it is denied, it finds the line lost. */
    bool (*has_room)(void *context, const char *user);
    void *context;
};

/* NG_ERR_INPUT (endpoint), NG_ERR_BUSY (address in use), NG_ERR_ACCESS, NG_ERR_IO. */
enum ng_err net_server_open(const struct net_server_config *config,
                            struct net_server **ret) NG_MUST_USE;
void net_server_close(struct net_server **s);
/* The address that is really bound (port 0 resolved); borrowed. */
const char *net_server_endpoint(const struct net_server *s);

/* Until a message or a descriptor is ready, or timeout_ms has passed (−1: none). NG_OK in each of
 * these cases; NG_ERR_IO. A signal ends it early. Handshakes are answered on the way. */
enum ng_err net_server_wait(struct net_server *s, int64_t timeout_ms, struct net_fd *fds,
                            size_t fd_count) NG_MUST_USE;

struct net_message {
    struct net_peer peer;
    char user[NET_USER_MAX + 1];
    struct bytes data; /* borrowed until the next receive */
};
/* The next message; NG_ERR_AGAIN when there is none. Messages of several frames are dropped and
 * counted. */
enum ng_err net_server_receive(struct net_server *s, struct net_message *ret) NG_MUST_USE;

/* Copies and queues; never waits. NG_ERR_AGAIN: the peer does not read; NG_ERR_NOT_FOUND: it is
 * gone; NG_ERR_LIMIT: longer than NET_FRAME_MAX. */
enum ng_err net_server_send(struct net_server *s, const struct net_peer *to,
                            struct bytes data) NG_MUST_USE;

/* The peer has said who it is, as far as the caller asks for that; or what it said counts no more.
 */
void net_server_greeted(struct net_server *s, const struct net_peer *peer, bool greeted);
/* Closes the peer's connection. */
void net_server_hang_up(struct net_server *s, const struct net_peer *peer);

struct net_server_seen {
    unsigned closed;    /* sent without ever finishing a message */
    unsigned suspects;  /* may be such */
    unsigned silent;    /* closed: not greeted in time */
    unsigned ungreeted; /* still there */
    bool many;          /* more of these than are left alone: look again soon */
};
/* Closes connections that send without ever finishing a message, and those that are not greeted in
 * time, see net_unfinished.h; to be called four times a second while memory grows, and on while it
 * says that there are suspects; every few seconds otherwise. NG_ERR_NOMEM, NG_ERR_IO. */
enum ng_err net_server_close_bad(struct net_server *s, struct net_server_seen *ret) NG_MUST_USE;

struct net_server_counts {
    uint64_t received;
    uint64_t sent;
    uint64_t multipart_dropped; /* messages of several frames, or with a peer name too long */
    uint64_t unfinished_closed; /* connections, by net_server_close_bad */
    uint64_t silent_closed;     /* likewise */
    uint64_t crowded;           /* handshakes of a name that has no room */
    uint64_t admitted;
    uint64_t denied;
};
struct net_server_counts net_server_counts(const struct net_server *s);

#endif
