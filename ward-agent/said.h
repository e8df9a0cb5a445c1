/* What this folder has said for a year, as the file that `report --file` takes: for a log that
 * begins anew, in which a person decides what is to be said again (docs/adr/0010). */
#ifndef NGANAM_WARD_AGENT_SAID_H
#define NGANAM_WARD_AGENT_SAID_H

#include "ward-agent/own.h"

/* The newest answer of each component, delivered or not, in the order of their codes; what a file
 * cannot say (another period than the year, how far tasks are) in lines behind a #. ret_count: the
 * answers and tasks. NG_ERR_LIMIT, NOMEM. */
enum ng_err said_csv(const struct own *o, uint32_t year, struct buf *to,
                     size_t *ret_count) NG_MUST_USE;

#endif
