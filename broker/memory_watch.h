/* Memory that grows because somebody sends without end.
 *
 * ZeroMQ gathers the frames of a message without a maximum, and such bytes never wake the loop.
 * They cost processor time, though: the caller sets `due` when this process has used some, so that
 * while nothing happens nothing is looked at, and nothing can fill more between two looks than the
 * library receives and decrypts in that time and MEMORY_WATCH_MS of any: some hundred MiB over the
 * loopback. While private memory grows, connections that send and never finish a message are closed
 * a few times a second; behind that stands the limit of the process (limits.h), at which it ends as
 * it would at a power cut, and whoever supervises it starts it again.
 *
 * Connections that never say Hello are closed on the way; how many of them a key may open is asked
 * at the handshake (quota.h), so that whoever has many holds nobody else up. */
#ifndef NGANAM_BROKER_MEMORY_WATCH_H
#define NGANAM_BROKER_MEMORY_WATCH_H

#include "base/clock.h"
#include "net/net_server.h"

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_WATCH_MS 250 /* between two looks, at least */

struct memory_watch {       /* begins as zeros */
    bool due;               /* processor time was used since the last look, or memory has grown */
    struct mono next;       /* look, not before */
    uint64_t base;          /* private bytes that need no explanation */
    unsigned looks;         /* in a row that found nobody */
    struct mono line_next;  /* line about closed connections, not before */
    unsigned closed;        /* since the last one */
    unsigned silent;        /* likewise: those that never said Hello */
    struct mono greet_next; /* look at these, not before */
    bool many_silent;       /* there were too many of them at the last look */
    bool failed;            /* as logged last */
};

/* Looks when it is due, and closes and logs whoever has sent much and finished nothing; every few
 * seconds also whoever has not said Hello in time. */
void memory_watch_look(struct memory_watch *w, struct net_server *server, struct mono now);

#endif
