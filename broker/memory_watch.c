#include "broker/memory_watch.h"

#include "base/limits.h"
#include "base/log.h"

#include <malloc.h>

#define GROWTH (32u * 1024u * 1024u) /* that makes us look at the connections */
#define LOOKS 8                      /* in a row that find nobody: the memory is rightly used */
#define LINE_MS 10000

/* Closes whoever sends without finishing; true while there is reason to look on. */
static bool close_unfinished(struct memory_watch *w, struct net_server *server, struct mono now)
{
    unsigned closed = 0, suspects = 0;
    const enum ng_err err = net_server_close_unfinished(server, &closed, &suspects);
    if (err != NG_OK && !w->failed) {
        log_error("unfinished_failed", err);
    }
    w->failed = err != NG_OK;
    w->closed += closed;
    if (w->closed > 0 && clock_between_ms(w->line_next, now) >= 0) {
        log_event(LOG_WARNING, "unfinished",
                  "closed=%u connections that sent without finishing a message", w->closed);
        w->closed = 0;
        w->line_next = clock_after(now, LINE_MS);
    }
    return closed > 0 || suspects > 0;
}

void memory_watch_look(struct memory_watch *w, struct net_server *server, struct mono now)
{
    if (!w->due || clock_between_ms(w->next, now) < 0) {
        return;
    }
    w->next = clock_after(now, MEMORY_WATCH_MS);
    const uint64_t used = limits_private_bytes();
    if (used < w->base || w->base == 0) {
        w->base = used;
    }
    w->due = used > w->base + GROWTH;
    if (!w->due || close_unfinished(w, server, now)) {
        w->looks = 0;
    } else if (++w->looks == LOOKS) {
        (void)malloc_trim(0); /* what the library gave back goes back to the machine */
        w->base = limits_private_bytes();
        w->looks = 0;
    }
}
