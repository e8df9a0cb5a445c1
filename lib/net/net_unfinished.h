/* Connections that send and send and never finish a message, and those that are there and never say
 * who they are; inside lib/net only.
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
    bool greeted;     /* as the caller says */
    struct mono since; /* … or not, from the first look at which it was not; 0: not looked at yet */
};

struct net_unfinished {
    struct net_unfinished_line *lines; /* by descriptor */
    size_t count;
    struct mono looked; /* the last look; before the first, when the socket was opened */
    unsigned ungreeted; /* at the last look */
};

void net_unfinished_init(struct net_unfinished *u, struct mono now);
void net_unfinished_fini(struct net_unfinished *u);

/* A whole message came over this descriptor: so many frames with so many bytes in them together.
 * Every message is told, from the first on. */
void net_unfinished_heard(struct net_unfinished *u, int fd, unsigned frames, size_t bytes);

/* One connection among all there ever were, for the two below; 0: there is none. */
uint64_t net_unfinished_line_of(int fd);
/* It has said what it had to, or does not count as having said it any more. */
void net_unfinished_greeted(struct net_unfinished *u, uint64_t line, bool greeted);
/* Shuts it down, if it is still there. */
void net_unfinished_hang_up(uint64_t line);

/* A connection that is not greeted is closed when it is older than this; a party that keeps the
 * protocol says Hello as soon as it is connected. When there are too many of them, those that had a
 * second. */
#define NET_UNGREETED_MS 10000
#define NET_UNGREETED_MAX 4096u
#define NET_UNGREETED_FEW_MS 1000

/* What a connection may have pending before it is closed at once: a party that keeps the protocol
 * has no more than six requests on their way. And what no single message needs: for a while it can
 * be whole messages that we have not come to yet. */
#define NET_UNFINISHED_MAX (8u * NET_FRAME_MAX)
#define NET_UNFINISHED_MESSAGE (NET_FRAME_MAX + 4096u)
#define NET_UNFINISHED_LOOKS 20u

struct net_unfinished_seen {
    unsigned closed;
    unsigned suspects;  /* not closed, but beyond what one message needs: look again */
    unsigned silent;    /* closed: never greeted */
    unsigned ungreeted; /* not closed, not greeted: look again */
};

/* Looks at every TCP connection of this process and shuts down those that have more than
 * NET_UNFINISHED_MAX pending, or more than NET_UNFINISHED_MESSAGE at so many looks in a row, or
 * were not greeted in time.
 * NG_ERR_NOMEM, NG_ERR_IO. */
enum ng_err net_unfinished_look(struct net_unfinished *u, struct mono now,
                                struct net_unfinished_seen *ret) NG_MUST_USE;

#endif
