/* What server and client do alike with ZeroMQ; inside lib/net only. */
#ifndef NGANAM_NET_NET_ZMQ_H
#define NGANAM_NET_NET_ZMQ_H

#include "base/buf.h"
#include "net/net.h"

#include <zmq.h>

/* Sets an option; a failure is remembered in *all (which starts as true). */
void net_zmq_set(void *socket, int option, const void *value, size_t size, bool *all);
void net_zmq_set_int(void *socket, int option, int value, bool *all);

/* Limits, heartbeats and time-outs of every connection (the library's own defaults are unlimited or
 * far too long). */
void net_zmq_common(void *socket, const char *endpoint, bool *all);

/* Polls `own` sockets (items[0 … own − 1], filled by the caller) and the caller's descriptors after
 * them; items has room for own + NET_FDS_MAX. */
enum ng_err net_zmq_wait(zmq_pollitem_t *items, size_t own, struct net_fd *fds, size_t fd_count,
                         int64_t timeout_ms) NG_MUST_USE;

/* An errno of the library as NG_ERR_IO, and its sentence alone (borrowed until the next call in
 * this thread), in the person's language; doing: N_("send a message"), or an address. */
enum ng_err net_zmq_error(const char *doing, int code) NG_MUST_USE;
const char *net_zmq_text(int code);

/* One frame into msg (initialised, closed by the caller); NG_ERR_AGAIN, NG_ERR_IO. */
enum ng_err net_zmq_receive(void *socket, zmq_msg_t *msg) NG_MUST_USE;
/* Throws away what is left of a message of several frames, and says how much that was. */
struct net_zmq_rest {
    unsigned frames;
    size_t bytes;
};
struct net_zmq_rest net_zmq_drain(void *socket, const zmq_msg_t *last);

#endif
