/* The broker's ROUTER socket and its admission of keys.
 *
 * ZeroMQ asks "may this key connect?" by a message to a fixed inproc address (ZAP, ZeroMQ RFC 27)
 * that we answer from the same loop, so admission reads the same registry as everything else and
 * there is no second thread. The handler's socket is bound before the listening one, and option
 * ZAP_ENFORCE_DOMAIN makes the library refuse a connection nobody could be asked about: without it
 * a missing handler would admit everyone. ZAP speaks at the handshake only; what a connection may
 * do is judged again with each message by whoever owns the registry.
 *
 * A message arrives as routing id and data. The routing id may be chosen by the peer and is good
 * for addressing only; the name of the peer is the User-Id of the admission, on the data frame.
 *
 * Failures: messages of several frames are dropped and counted; a peer that is gone or does not
 * read is told to the caller by net_server_send, never waited for.
 */
#include "net/net_server.h"

#include "base/check.h"
#include "base/lang.h"
#include "net/net_unfinished.h"
#include "net/net_zmq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ZAP_ADDRESS "inproc://zeromq.zap.01"
#define ZAP_DOMAIN_NAME "nganam"
#define ZAP_VERSION "1.0"
#define ZAP_FRAMES 7 /* version, request id, domain, address, identity, mechanism, key */
#define ZAP_REQUEST_ID_MAX 64
#define ZAP_BATCH 64 /* handshakes answered before messages get their turn */
/* Behind the draft guard in Debian's header, obeyed by the library (4.3.4). */
#define OPTION_ZAP_ENFORCE_DOMAIN 93

struct net_server {
    void *context;
    void *zap;
    void *router;
    bool (*admit)(void *context, const uint8_t client_key[NET_CURVE_SIZE],
                  char ret_user[NET_USER_MAX + 1]);
    bool (*has_room)(void *context, const char *user);
    void *admit_context;
    zmq_msg_t received; /* the data of the last message */
    struct net_unfinished unfinished;
    struct net_server_counts counts;
    char endpoint[NET_ENDPOINT_MAX + 1];
};

/* ---- Opening ---- */

static enum ng_err bind_router(struct net_server *s, const char *endpoint)
{
    if (zmq_bind(s->router, endpoint) != 0) {
        int e = errno;
        enum ng_err err = e == EADDRINUSE                     ? NG_ERR_BUSY
                          : e == EACCES                       ? NG_ERR_ACCESS
                          : e == ENODEV || e == EADDRNOTAVAIL ? NG_ERR_INPUT
                                                              : NG_ERR_IO;
        return err_set(err, _("cannot listen on %s: %s"), endpoint, net_zmq_text(e));
    }
    size_t size = sizeof(s->endpoint);
    if (zmq_getsockopt(s->router, ZMQ_LAST_ENDPOINT, s->endpoint, &size) != 0) {
        return net_zmq_error(N_("read the address"), errno);
    }
    return NG_OK;
}

static enum ng_err open_sockets(struct net_server *s, const struct net_server_config *config)
{
    s->context = zmq_ctx_new();
    s->zap = s->context != NULL ? zmq_socket(s->context, ZMQ_REP) : NULL;
    s->router = s->context != NULL ? zmq_socket(s->context, ZMQ_ROUTER) : NULL;
    if (s->zap == NULL || s->router == NULL) {
        return net_zmq_error(N_("open sockets"), errno);
    }
    bool all = true;
    net_zmq_set_int(s->zap, ZMQ_LINGER, 0, &all);
    net_zmq_common(s->router, config->endpoint, &all);
    net_zmq_set_int(s->router, ZMQ_SNDHWM, NET_ANSWERS_MAX, &all);
    net_zmq_set_int(s->router, ZMQ_ROUTER_MANDATORY, 1, &all);
    net_zmq_set_int(s->router, ZMQ_CURVE_SERVER, 1, &all);
    net_zmq_set(s->router, ZMQ_CURVE_SECRETKEY, config->keys->secret, NET_CURVE_SIZE, &all);
    net_zmq_set(s->router, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN_NAME, strlen(ZAP_DOMAIN_NAME), &all);
    net_zmq_set_int(s->router, OPTION_ZAP_ENFORCE_DOMAIN, 1, &all);
    if (!all) {
        return err_set(
            NG_ERR_IO,
            _("the ZeroMQ library of this machine is too old: version 4.3 or newer is needed"));
    }
    if (zmq_bind(s->zap, ZAP_ADDRESS) != 0) {
        return net_zmq_error(N_("admit a connection"), errno);
    }
    return bind_router(s, config->endpoint);
}

enum ng_err net_server_open(const struct net_server_config *config, struct net_server **ret)
{
    CHECK(config->admit != NULL);
    enum ng_err err = net_endpoint_check(config->endpoint, true);
    if (err != NG_OK) {
        return err;
    }
    struct net_server *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return err_set(NG_ERR_NOMEM, "net server");
    }
    (void)zmq_msg_init(&s->received);
    net_unfinished_init(&s->unfinished, clock_mono());
    s->admit = config->admit;
    s->has_room = config->has_room;
    s->admit_context = config->context;
    err = open_sockets(s, config);
    if (err != NG_OK) {
        net_server_close(&s);
        return err;
    }
    *ret = s;
    return NG_OK;
}

void net_server_close(struct net_server **s)
{
    if (*s == NULL) {
        return;
    }
    (void)zmq_msg_close(&(*s)->received);
    if ((*s)->router != NULL) {
        (void)zmq_close((*s)->router);
    }
    if ((*s)->zap != NULL) {
        (void)zmq_close((*s)->zap);
    }
    if ((*s)->context != NULL) {
        (void)zmq_ctx_term((*s)->context);
    }
    net_unfinished_fini(&(*s)->unfinished);
    free(*s);
    *s = NULL;
}

const char *net_server_endpoint(const struct net_server *s)
{
    return s->endpoint;
}

struct net_server_counts net_server_counts(const struct net_server *s)
{
    return s->counts;
}

/* ---- Admission ---- */

struct zap_request {
    char request_id[ZAP_REQUEST_ID_MAX];
    size_t request_id_size;
    bool curve;
    uint8_t key[NET_CURVE_SIZE];
    bool has_key;
    size_t frames;
};

static void zap_frame(struct zap_request *r, size_t number, const zmq_msg_t *frame)
{
    const void *data = zmq_msg_data((zmq_msg_t *)(uintptr_t)frame);
    size_t size = zmq_msg_size(frame);
    if (number == 1 && size <= sizeof(r->request_id)) {
        memcpy(r->request_id, data, size);
        r->request_id_size = size;
    } else if (number == 5) {
        r->curve = size == 5 && memcmp(data, "CURVE", 5) == 0;
    } else if (number == 6 && size == NET_CURVE_SIZE) {
        memcpy(r->key, data, size);
        r->has_key = true;
    }
}

static enum ng_err zap_receive(struct net_server *s, struct zap_request *r)
{
    bool more = true;
    while (more) {
        zmq_msg_t frame;
        (void)zmq_msg_init(&frame);
        enum ng_err err = net_zmq_receive(s->zap, &frame);
        if (err == NG_OK) {
            zap_frame(r, r->frames, &frame);
            r->frames++;
            more = zmq_msg_more(&frame) != 0;
        }
        (void)zmq_msg_close(&frame);
        if (err != NG_OK) {
            return err;
        }
    }
    return NG_OK;
}

/* The status of ZeroMQ RFC 27: with 300 the connection ends without a word, with 400 the peer is
 * told. */
static enum ng_err zap_reply(struct net_server *s, const struct zap_request *r, const char *status,
                             const char *user)
{
    const struct bytes frames[] = {
        {(const uint8_t *)ZAP_VERSION, strlen(ZAP_VERSION)},
        {(const uint8_t *)r->request_id, r->request_id_size},
        {(const uint8_t *)status, 3},
        {(const uint8_t *)"", 0},
        {(const uint8_t *)user, strlen(user)},
        {(const uint8_t *)"", 0},
    };
    const size_t count = sizeof(frames) / sizeof(frames[0]);
    for (size_t i = 0; i < count; i++) {
        int more = i + 1 < count ? ZMQ_SNDMORE : 0;
        if (zmq_send(s->zap, frames[i].data, frames[i].size, ZMQ_DONTWAIT | more) < 0) {
            return net_zmq_error(N_("admit a connection"), errno);
        }
    }
    return NG_OK;
}

/* Who it is goes to ret_user, "" unless admitted. */
static const char *judge(struct net_server *s, const struct zap_request *r,
                         char ret_user[NET_USER_MAX + 1])
{
    ret_user[0] = '\0';
    if (r->frames != ZAP_FRAMES || !r->curve || !r->has_key ||
        !s->admit(s->admit_context, r->key, ret_user)) {
        ret_user[0] = '\0';
        s->counts.denied++;
        return "400";
    }
    ret_user[NET_USER_MAX] = '\0';
    if (s->has_room != NULL && !s->has_room(s->admit_context, ret_user)) {
        ret_user[0] = '\0';
        s->counts.crowded++;
        return "300";
    }
    s->counts.admitted++;
    return "200";
}

static enum ng_err answer_handshakes(struct net_server *s)
{
    for (int i = 0; i < ZAP_BATCH; i++) {
        struct zap_request request = {0};
        enum ng_err err = zap_receive(s, &request);
        if (err == NG_ERR_AGAIN) {
            return NG_OK;
        }
        char user[NET_USER_MAX + 1];
        if (err == NG_OK) {
            const char *status = judge(s, &request, user);
            err = zap_reply(s, &request, status, user);
        }
        if (err != NG_OK) {
            return err;
        }
    }
    return NG_OK;
}

/* ---- Messages ---- */

enum ng_err net_server_wait(struct net_server *s, int64_t timeout_ms, struct net_fd *fds,
                            size_t fd_count)
{
    zmq_pollitem_t items[2 + NET_FDS_MAX] = {
        {.socket = s->zap, .events = ZMQ_POLLIN},
        {.socket = s->router, .events = ZMQ_POLLIN},
    };
    enum ng_err err = net_zmq_wait(items, 2, fds, fd_count, timeout_ms);
    if (err == NG_OK && items[0].revents != 0) {
        err = answer_handshakes(s);
    }
    return err_wrap(err, "net");
}

/* The routing id is in `id`; reads the data. False: a message to be dropped. */
static bool take_message(struct net_server *s, zmq_msg_t *id, struct net_message *ret)
{
    if (zmq_msg_more(id) == 0 || net_zmq_receive(s->router, &s->received) != NG_OK) {
        return false;
    }
    const int fd = zmq_msg_get(&s->received, ZMQ_SRCFD);
    const struct net_zmq_rest rest = net_zmq_drain(s->router, &s->received);
    net_unfinished_heard(&s->unfinished, fd, 1 + rest.frames,
                         zmq_msg_size(&s->received) + rest.bytes);
    const char *user = zmq_msg_gets(&s->received, "User-Id");
    size_t id_size = zmq_msg_size(id);
    if (rest.frames > 0 || id_size > NET_PEER_MAX || user == NULL || strlen(user) > NET_USER_MAX) {
        return false;
    }
    ret->peer = (struct net_peer){.size = (uint8_t)id_size, .line = net_unfinished_line_of(fd)};
    memcpy(ret->peer.id, zmq_msg_data(id), id_size);
    memcpy(ret->user, user, strlen(user) + 1);
    ret->data = (struct bytes){zmq_msg_data(&s->received), zmq_msg_size(&s->received)};
    return true;
}

enum ng_err net_server_receive(struct net_server *s, struct net_message *ret)
{
    for (;;) {
        zmq_msg_t id;
        (void)zmq_msg_init(&id);
        enum ng_err err = net_zmq_receive(s->router, &id);
        bool good = err == NG_OK && take_message(s, &id, ret);
        (void)zmq_msg_close(&id);
        if (err != NG_OK) {
            return err == NG_ERR_AGAIN ? err : err_wrap(err, "net");
        }
        if (good) {
            s->counts.received++;
            return NG_OK;
        }
        s->counts.multipart_dropped++;
    }
}

void net_server_greeted(struct net_server *s, const struct net_peer *peer, bool greeted)
{
    net_unfinished_greeted(&s->unfinished, peer->line, greeted);
}

void net_server_hang_up(struct net_server *s, const struct net_peer *peer)
{
    (void)s;
    net_unfinished_hang_up(peer->line);
}

enum ng_err net_server_close_bad(struct net_server *s, struct net_server_seen *ret)
{
    struct net_unfinished_seen seen;
    enum ng_err err = net_unfinished_look(&s->unfinished, clock_mono(), &seen);
    if (err == NG_OK) {
        s->counts.unfinished_closed += seen.closed;
        s->counts.silent_closed += seen.silent;
        *ret = (struct net_server_seen){seen.closed, seen.suspects, seen.silent, seen.ungreeted,
                                        seen.ungreeted > NET_UNGREETED_MAX};
    }
    return err;
}

enum ng_err net_server_send(struct net_server *s, const struct net_peer *to, struct bytes data)
{
    if (data.size > NET_FRAME_MAX) {
        return err_set(NG_ERR_LIMIT, _("a message of %zu bytes is too long to be sent"), data.size);
    }
    if (zmq_send(s->router, to->id, to->size, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 ||
        zmq_send(s->router, data.data, data.size, ZMQ_DONTWAIT) < 0) {
        int e = errno;
        if (e == EAGAIN) {
            return err_plain(NG_ERR_AGAIN);
        }
        return e == EHOSTUNREACH ? err_plain(NG_ERR_NOT_FOUND)
                                 : net_zmq_error(N_("send a message"), e);
    }
    s->counts.sent++;
    return NG_OK;
}
