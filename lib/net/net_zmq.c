#include "net/net_zmq.h"

#include "base/check.h"
#include "base/lang.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The library measures what is on the line: a CURVE message has 33 bytes around the data. */
#define CURVE_OVERHEAD 33
#define HANDSHAKE_MS 5000
#define HEARTBEAT_MS 15000         /* a silent line is asked this often */
#define HEARTBEAT_TIMEOUT_MS 20000 /* and given up when it does not answer */
#define BACKLOG 1024               /* a whole town reconnects at once */

void net_zmq_set(void *socket, int option, const void *value, size_t size, bool *all)
{
    if (zmq_setsockopt(socket, option, value, size) != 0) {
        *all = false;
    }
}

void net_zmq_set_int(void *socket, int option, int value, bool *all)
{
    net_zmq_set(socket, option, &value, sizeof(value), all);
}

void net_zmq_common(void *socket, const char *endpoint, bool *all)
{
    int64_t size_max = NET_FRAME_MAX + CURVE_OVERHEAD;
    net_zmq_set(socket, ZMQ_MAXMSGSIZE, &size_max, sizeof(size_max), all);
    net_zmq_set_int(socket, ZMQ_LINGER, 0, all);
    net_zmq_set_int(socket, ZMQ_RCVHWM, NET_QUEUE_MAX, all);
    net_zmq_set_int(socket, ZMQ_SNDHWM, NET_QUEUE_MAX, all);
    net_zmq_set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS, all);
    net_zmq_set_int(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS, all);
    net_zmq_set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS, all);
    net_zmq_set_int(socket, ZMQ_HEARTBEAT_TTL, 2 * HEARTBEAT_TIMEOUT_MS, all);
    net_zmq_set_int(socket, ZMQ_BACKLOG, BACKLOG, all);
    net_zmq_set_int(socket, ZMQ_IPV6, strchr(endpoint, '[') != NULL, all);
}

enum ng_err net_zmq_wait(zmq_pollitem_t *items, size_t own, struct net_fd *fds, size_t fd_count,
                         int64_t timeout_ms)
{
    CHECK(fd_count <= NET_FDS_MAX);
    size_t count = own;
    for (size_t i = 0; i < fd_count; i++) {
        fds[i].readable = false;
        if (fds[i].fd >= 0) {
            items[count++] = (zmq_pollitem_t){.fd = fds[i].fd, .events = ZMQ_POLLIN};
        }
    }
    long timeout = timeout_ms < 0 ? -1 : timeout_ms > 3600000 ? 3600000 : (long)timeout_ms;
    if (zmq_poll(items, (int)count, timeout) < 0) {
        return errno == EINTR ? NG_OK : err_set_errno(errno, "poll");
    }
    size_t at = own;
    for (size_t i = 0; i < fd_count; i++) {
        if (fds[i].fd >= 0) {
            fds[i].readable = items[at++].revents != 0;
        }
    }
    return NG_OK;
}

/* ZeroMQ's own numbers, and those it takes from POSIX and means otherwise. */
const char *net_zmq_text(int code)
{
    static _Thread_local char spare[256];
    if (code < ZMQ_HAUSNUMERO) {
        return err_errno_text(code);
    }
    if (code == EMTHREAD) {
        return _("the system gives no more threads; end other programs, then start again");
    }
    if (code == ETERM) {
        return _("this program is ending");
    }
    (void)snprintf(spare, sizeof(spare), _("the network library reports a fault (%s)"),
                   zmq_strerror(code));
    return spare;
}

enum ng_err net_zmq_error(const char *doing, int code)
{
    return err_set(NG_ERR_IO, _("the network cannot be used (%s): %s"), gettext(doing),
                   net_zmq_text(code));
}

enum ng_err net_zmq_receive(void *socket, zmq_msg_t *msg)
{
    while (zmq_msg_recv(msg, socket, ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN) {
            return err_plain(NG_ERR_AGAIN);
        }
        if (errno != EINTR) {
            return net_zmq_error(N_("receive a message"), errno);
        }
    }
    return NG_OK;
}

struct net_zmq_rest net_zmq_drain(void *socket, const zmq_msg_t *last)
{
    struct net_zmq_rest rest = {0, 0};
    bool more = zmq_msg_more(last) != 0;
    while (more) {
        zmq_msg_t frame;
        (void)zmq_msg_init(&frame);
        if (net_zmq_receive(socket, &frame) == NG_OK) {
            rest.frames++;
            rest.bytes += zmq_msg_size(&frame);
            more = zmq_msg_more(&frame) != 0;
        } else {
            more = false;
        }
        (void)zmq_msg_close(&frame);
    }
    return rest;
}
