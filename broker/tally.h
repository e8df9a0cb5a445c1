/* Counters as text for the operational log. */
#ifndef NGANAM_BROKER_TALLY_H
#define NGANAM_BROKER_TALLY_H

#include "broker/desk.h"
#include "net/net_server.h"

/* "hello_first" … for logs; never translated. */
const char *tally_error_name(enum wire_error code);

enum tally_group { TALLY_COUNT, TALLY_REFUSAL, TALLY_ERROR, TALLY_GROUPS };
/* Each counter there is with its name, zeros too; ends at the first error, which is returned. */
typedef enum ng_err (*tally_fn)(void *context, enum tally_group group, const char *name,
                                uint64_t count);
enum ng_err tally_each(const struct desk_counts *desk, const struct net_server_counts *net,
                       tally_fn fn, void *context) NG_MUST_USE;

/* Appends "requests=… accepted=… gap=2 hello_first=1": what is not zero, refusals by the names of
 * refusal_name, errors by tally_error_name. */
enum ng_err tally_format(const struct desk_counts *desk, const struct net_server_counts *net,
                         struct buf *to) NG_MUST_USE;

#endif
