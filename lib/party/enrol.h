/* Enrolment: from a slip to a data directory with keys, an enrol statement in the log, its verified
 * receipt and the inbox fetched. Can be run again after any interruption with the same slip. */
#ifndef NGANAM_PARTY_ENROL_H
#define NGANAM_PARTY_ENROL_H

#include "party/slip.h"

/* endpoint: NULL, or used instead of the slip's. NG_ERR_EXISTS-like REFUSED when the folder belongs
 * to another unit; PEER; REFUSED (slip used, expired); storage errors. */
enum ng_err enrol_run(const char *folder, const struct slip *slip, const char *endpoint,
                      int64_t timeout_ms) NG_MUST_USE;

#endif
