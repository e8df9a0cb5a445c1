/* The broker's loop from the inside, for serve.c (the loop) and serve_house.c (the operator's
 * questions, housekeeping) alone. */
#ifndef NGANAM_BROKER_SERVE_STATE_H
#define NGANAM_BROKER_SERVE_STATE_H

#include "base/workers.h"
#include "broker/clock_guard.h"
#include "broker/control.h"
#include "broker/desk.h"
#include "broker/memory_watch.h"
#include "broker/serve.h"
#include "broker/witnesses.h"
#include "ledger/ledger_recheck.h"
#include "net/net_server.h"

struct serve {
    const char *folder;
    const struct serve_options *options;
    int lock_fd, signal_fd, cpu_fd, control_fd;
    struct ledger *ledger;
    struct witnesses *witnesses; /* NULL: they could not be opened */
    struct blob_folder *blobs;
    struct desk *desk;
    struct net_server *server;
    struct workers *workers;
    struct clock_guard guard;
    struct mono started;
    struct mono floor_next, tally_next;
    struct memory_watch memory;
    struct ledger_recheck recheck;
    unsigned quiet_turns;                  /* in which nothing came */
    uint64_t tally_requests, tally_denied; /* counters at the last line */
    bool floor_failed, witness_failed, clock_off, disk_full, read_only; /* as logged last */
    bool stop;
};

/* One question at the control socket; context is the serve. control.h has the shape. */
void serve_house_answer(void *context, const char *request, char ret_answer[CONTROL_TEXT_MAX]);
/* Once a turn, behind its answers. */
void serve_house_keep(struct serve *s, const struct desk_now *now, int64_t clock_off_ms);
/* The counters as they stand, in one log line. */
void serve_house_tell(struct serve *s);
/* Writes the cosignatures; what is lost when it fails is only how many cosigned. */
void serve_house_witnesses(struct serve *s);

#endif
