/* Connections that send and send and never finish a message; inside lib/net only.
 *
 * libzmq keeps the frames of a message until the last has come, without a limit: neither MAXMSGSIZE
 * (of one frame) nor RCVHWM (of whole messages) bounds it, and no option does. What a connection
 * has sent since its last whole message is known to the kernel, though, and a shut down socket
 * makes libzmq give everything back. */
#ifndef NGANAM_NET_NET_UNFINISHED_H
#define NGANAM_NET_NET_UNFINISHED_H

#include "net/net.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct net_unfinished_line {
    ino_t socket;     /* 0: nothing known; descriptors are used again */
    uint64_t bytes;   /* received in all, at the last look */
    uint64_t pending; /* of them in no whole message, then */
    uint64_t whole;   /* bytes on the line of whole messages taken since */
    unsigned unheard; /* looks in a row at which `pending` was more than one message can have */
};

struct net_unfinished {
    struct net_unfinished_line *lines; /* by descriptor */
    size_t count;
    struct mono looked; /* the last look; before the first, when the socket was opened */
};

void net_unfinished_init(struct net_unfinished *u, struct mono now);
void net_unfinished_fini(struct net_unfinished *u);

/* A whole message came over this descriptor: so many frames with so many bytes in them together.
 * Every message is told, from the first on. */
void net_unfinished_heard(struct net_unfinished *u, int fd, unsigned frames, size_t bytes);

/* What a connection may have pending before it is closed at once: a party that keeps the protocol
 * has no more than six requests on their way. And what no single message needs: for a while it can
 * be whole messages that we have not come to yet. */
#define NET_UNFINISHED_MAX (8u * NET_FRAME_MAX)
#define NET_UNFINISHED_MESSAGE (NET_FRAME_MAX + 4096u)
#define NET_UNFINISHED_LOOKS 20u

struct net_unfinished_seen {
    unsigned closed;
    unsigned suspects; /* not closed, but beyond what one message needs: look again */
};

/* Looks at every TCP connection of this process and shuts down those that have more than
 * NET_UNFINISHED_MAX pending, or more than NET_UNFINISHED_MESSAGE at so many looks in a row.
 * NG_ERR_NOMEM, NG_ERR_IO. */
enum ng_err net_unfinished_look(struct net_unfinished *u, struct mono now,
                                struct net_unfinished_seen *ret) NG_MUST_USE;

#endif
