/* The courier beside a service. It sleeps until a file is put on the list of those that wait, by
 * this process or another (inotify), and a little longer, so that what comes together goes
 * together. When a round leaves something behind (the line is down, the unit has not sent it yet)
 * the next comes after a back-off, or as soon as the list has grown. Where the machine grants no
 * inotify it looks once a second. */
#include "party/courier.h"

#include "base/file.h"
#include "base/log.h"
#include "net/backoff.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define GATHER_MS 200 /* from the first file on the list to the round */
#define LOOK_MS 1000  /* without inotify */
#define ROUND_MS (INT64_C(10) * 60 * 1000)
#define BACKOFF_MS_MIN 2000
#define BACKOFF_MS_MAX (5 * 60 * 1000)

struct courier {
    struct party *party;
    enum courier_way way;
    int stop_fd, watch_fd; /* watch_fd −1: no inotify */
    pthread_t thread;
    struct blob_folder *blobs; /* NULL: there was no evidence yet */
    char why[256];             /* as logged last */
};

static bool is_stopped(const struct courier *c, int64_t wait_ms)
{
    struct pollfd stop = {.fd = c->stop_fd, .events = POLLIN};
    return poll(&stop, 1, (int)wait_ms) > 0;
}

/* The list as soon as there is one, until then the folder in which it will be. A watch that is
 * there already is the same one. False: there is none. */
static bool watch_list(const struct courier *c)
{
    const char *folder = party_folder(c->party);
    char *list = file_join(folder, "evidence/waiting");
    const uint32_t news = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR;
    const bool watched = list && c->watch_fd >= 0 &&
                         (inotify_add_watch(c->watch_fd, list, news) >= 0 ||
                          inotify_add_watch(c->watch_fd, folder, news) >= 0);
    free(list);
    return watched;
}

/* Until the list may have grown, or the next round is due (most_ms; −1: never). True: stopped. */
static bool wait_for_news(const struct courier *c, bool watched, int64_t most_ms)
{
    alignas(struct inotify_event) char events[4096];
    struct pollfd fds[] = {{.fd = c->stop_fd, .events = POLLIN},
                           {.fd = c->watch_fd, .events = POLLIN}};
    if (!watched) {
        return is_stopped(c, LOOK_MS);
    }
    if (poll(fds, 2, (int)most_ms) <= 0 || !fds[1].revents) {
        return fds[0].revents != 0;
    }
    const bool stopped = is_stopped(c, GATHER_MS);
    while (read(c->watch_fd, events, sizeof(events)) > 0) {
    }
    return stopped;
}

static size_t count_waiting(struct courier *c)
{
    size_t count = 0;
    if (!c->blobs && courier_open_there(party_folder(c->party), &c->blobs)) {
        return 0;
    }
    return blob_wait_list(c->blobs, NULL, 0, &count) == NG_OK ? count : 0;
}

/* One line when something stays behind for a new reason, one when all is well again. */
static void tell(struct courier *c, enum ng_err e, const struct courier_outcome *o)
{
    const char *why = e && e != NG_ERR_PEER && e != NG_ERR_BUSY ? err_explain(e) : o->why;
    if (o->moved > 0) {
        log_event(LOG_INFO, "evidence_moved", "files=%zu waiting=%zu", o->moved, o->waiting);
    }
    if (strncmp(c->why, why, sizeof(c->why) - 1) == 0) {
        return;
    }
    (void)snprintf(c->why, sizeof(c->why), "%s", why);
    if (why[0]) {
        log_event(LOG_WARNING, "evidence_waits", "files=%zu why=\"%s\"", o->waiting, c->why);
    }
}

static void *run(void *context)
{
    struct courier *c = context;
    struct rng rng = rng_from_system();
    struct backoff backoff;
    struct mono next = clock_mono();
    size_t left = 0; /* by the last round */
    bool watched = false;
    int64_t most_ms = -1;
    backoff_init(&backoff, BACKOFF_MS_MIN, BACKOFF_MS_MAX);
    do {
        watched = watch_list(c); /* before the look: what comes after that is news */
        const size_t count = count_waiting(c);
        const bool due = clock_between_ms(next, clock_mono()) >= 0;
        if (count == 0) {
            left = 0;
        } else if (count != left || due) {
            struct courier_outcome o;
            const struct mono deadline = clock_after(clock_mono(), ROUND_MS);
            const enum ng_err e = courier_round(c->party, c->way, deadline, c->stop_fd, &o);
            tell(c, e, &o);
            if (o.moved > 0) {
                backoff_reset(&backoff);
            }
            left = o.waiting;
            next = backoff_next(&backoff, clock_mono(), &rng);
        }
        most_ms = left > 0 ? clock_between_ms(clock_mono(), next) : -1;
        most_ms = left > 0 && most_ms < 0 ? 0 : most_ms;
    } while (!wait_for_news(c, watched, most_ms));
    return NULL;
}

static void destroy(struct courier **c)
{
    blob_close(&(*c)->blobs);
    if ((*c)->stop_fd >= 0) {
        (void)close((*c)->stop_fd);
    }
    if ((*c)->watch_fd >= 0) {
        (void)close((*c)->watch_fd);
    }
    free(*c);
    *c = NULL;
}

enum ng_err courier_start(struct party *p, enum courier_way way, struct courier **ret)
{
    struct courier *c = calloc(1, sizeof(*c));
    if (!c) {
        return err_set(NG_ERR_NOMEM, "courier");
    }
    *c = (struct courier){.party = p, .way = way};
    c->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    enum ng_err e = c->stop_fd >= 0 ? NG_OK : err_set_errno(errno, "eventfd");
    if (!e) {
        const int failed = pthread_create(&c->thread, NULL, run, c);
        e = failed ? err_set_errno(failed, "thread") : NG_OK;
    }
    if (e) {
        destroy(&c);
        return e;
    }
    *ret = c;
    return NG_OK;
}

void courier_stop(struct courier **c)
{
    const uint64_t one = 1;
    if (!*c) {
        return;
    }
    (void)!write((*c)->stop_fd, &one, sizeof(one));
    (void)pthread_join((*c)->thread, NULL);
    destroy(c);
}
