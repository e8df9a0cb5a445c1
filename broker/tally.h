/* Counters as text for the operational log. */
#ifndef NGANAM_BROKER_TALLY_H
#define NGANAM_BROKER_TALLY_H

#include "broker/desk.h"
#include "net/net_server.h"

/* "hello_first" … for logs; never translated. */
const char *tally_error_name(enum wire_error code);

/* Appends "requests=… accepted=… gap=2 hello_first=1": what is not zero, refusals by the names of
 * refusal_name, errors by tally_error_name. */
enum ng_err tally_format(const struct desk_counts *desk, const struct net_server_counts *net,
                         struct buf *to) NG_MUST_USE;

#endif
