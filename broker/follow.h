/* init --previous: the last head of a lost log, from whatever is left of it. */
#ifndef NGANAM_BROKER_FOLLOW_H
#define NGANAM_BROKER_FOLLOW_H

#include "ledger/previous.h"

/* path: the broker's folder of that log, an export of it, or a file with a signed head of it or a
 * receipt, for which vkey is needed; with the others it may be NULL, and is held against what they
 * say. origin: the new log's. NG_ERR_INPUT, USAGE, VERIFY, REFUSED with what a person can do;
 * storage errors. */
enum ng_err follow_read(const char *path, const char *vkey, const char *origin,
                        struct previous *ret) NG_MUST_USE;

#endif
