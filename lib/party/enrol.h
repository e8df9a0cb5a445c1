/* Enrolment: from a slip to a data directory with keys, an enrol statement in the log, its verified
 * receipt and the inbox fetched. Can be run again after any interruption with the same slip. */
#ifndef NGANAM_PARTY_ENROL_H
#define NGANAM_PARTY_ENROL_H

#include "party/slip.h"

struct enrol_options {
    const char *endpoint; /* NULL, or used instead of the slip's */
    int64_t timeout_ms;   /* for all of it; −1: none */
    /* Before `count` statements of the earlier key are delivered; may be NULL. */
    void (*delivering)(uint64_t count);
};

/* What became of the statements of earlier keys that had no receipt (docs/adr/0010). */
struct enrol_news {
    uint64_t delivered; /* put into the log with the earlier key, or found there */
    uint64_t lost;      /* not in the log: an alarm names them, to be reported again */
};

/* ret_news is written on errors too: what was delivered until then. NG_ERR_REFUSED (the folder
 * belongs to another unit or log; the slip was used or has expired), PEER (not in time: run again
 * with the same slip), VERIFY, BUSY (another process holds the uplink); storage errors. */
enum ng_err enrol_run(const char *folder, const struct slip *slip,
                      const struct enrol_options *options, struct enrol_news *ret_news) NG_MUST_USE;

#endif
