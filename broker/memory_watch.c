#include "broker/memory_watch.h"

#include "base/limits.h"
#include "base/log.h"

#include <malloc.h>

#define GROWTH (32u * 1024u * 1024u) /* that makes us look at the connections */
#define LOOKS 8                      /* in a row that find nobody: the memory is rightly used */
#define LINE_MS 10000
#define GREET_MS 5000     /* how often those who said no Hello are looked at … */
#define GREET_MANY_MS 500 /* … while there are too many of them */

/* Closes whoever sends without finishing, or never says Hello; true while there is reason to look
 * on. */
static bool close_bad(struct memory_watch *w, struct net_server *server, struct mono now)
{
    struct net_server_seen seen = {0};
    const enum ng_err err = net_server_close_bad(server, &seen);
    if (err != NG_OK && !w->failed) {
        log_error("unfinished_failed", err);
    }
    w->failed = err != NG_OK;
    w->closed += seen.closed;
    w->silent += seen.silent;
    w->many_silent = seen.many;
    if (w->closed + w->silent > 0 && clock_between_ms(w->line_next, now) >= 0) {
        log_event(LOG_WARNING, "unfinished",
                  "closed=%u connections that sent without finishing a message, silent=%u that did "
                  "not say Hello",
                  w->closed, w->silent);
        w->closed = 0;
        w->silent = 0;
        w->line_next = clock_after(now, LINE_MS);
    }
    return seen.closed > 0 || seen.suspects > 0;
}

void memory_watch_look(struct memory_watch *w, struct net_server *server, struct mono now)
{
    if (clock_between_ms(w->greet_next, now) >= 0) {
        (void)close_bad(w, server, now);
        w->greet_next = clock_after(now, w->many_silent ? GREET_MANY_MS : GREET_MS);
    }
    if (!w->due || clock_between_ms(w->next, now) < 0) {
        return;
    }
    w->next = clock_after(now, MEMORY_WATCH_MS);
    const uint64_t used = limits_private_bytes();
    if (used < w->base || w->base == 0) {
        w->base = used;
    }
    w->due = used > w->base + GROWTH;
    if (!w->due || close_bad(w, server, now)) {
        w->looks = 0;
    } else if (++w->looks == LOOKS) {
        (void)malloc_trim(0); /* what the library gave back goes back to the machine */
        w->base = limits_private_bytes();
        w->looks = 0;
    }
}
