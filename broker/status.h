/* How a running broker is: one JSON document, made by the loop and asked for over the control
 * socket. nganam-broker status shows it; a monitor reads it. */
#ifndef NGANAM_BROKER_STATUS_H
#define NGANAM_BROKER_STATUS_H

#include "broker/control.h"
#include "broker/desk.h"
#include "ledger/ledger_recheck.h"
#include "net/net_server.h"

#define STATUS_REQUEST "status"
#define STATUS_MOST 5 /* keys that were refused most */

struct status {
    struct mono started, now;
    const struct desk *desk;
    struct ledger *ledger;
    const struct witnesses *witnesses; /* NULL: their store could not be opened */
    const struct ledger_recheck *recheck;
    struct net_server_counts net;
    int64_t clock_off_ms;              /* 0: trusted */
    bool floor_failed, witness_failed; /* at the last try to write them */
};

/* The whole document; what keeps it from being made (memory) is said as an object with `error`. */
void status_answer(const struct status *s, char ret_answer[CONTROL_TEXT_MAX]);

#endif
