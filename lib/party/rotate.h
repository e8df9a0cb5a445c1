/* Rotation: new keys for a folder by the word of the present ones, without a slip. Can be run again
 * after any interruption, and goes on with the same keys and bytes. */
#ifndef NGANAM_PARTY_ROTATE_H
#define NGANAM_PARTY_ROTATE_H

#include "party/enrol.h"

/* Everything of the present epoch is delivered first. delivering: as in enrol_options. ret_news is
 * written on errors too. NG_ERR_NOT_FOUND: nobody is enrolled here; REFUSED: the key was revoked,
 * replaced or frozen, the folder is an old copy, or an enrolment was interrupted in it; PEER: not
 * in time (run again); VERIFY; BUSY: another process holds the uplink; storage errors. */
enum ng_err rotate_run(const char *folder, int64_t timeout_ms, void (*delivering)(uint64_t count),
                       struct enrol_news *ret_news) NG_MUST_USE;

#endif
