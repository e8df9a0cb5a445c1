/* Putting a folder's keys under a passphrase, and taking them out. */
#ifndef NGANAM_PARTY_IDENTITY_LOCK_H
#define NGANAM_PARTY_IDENTITY_LOCK_H

#include "party/identity.h"

/* lock: under a new passphrase, from new_file or (NULL) asked for; else as they were before the
 * first. Those that are locked need their present passphrase. ret: the keys, to be wiped.
 * NG_ERR_BUSY: a service runs on the folder; REFUSED: an enrolment or rotation was interrupted in
 * it; as identity_load, passphrase_choose. */
enum ng_err identity_lock(const char *folder, bool lock, const char *new_file,
                          struct identity *ret) NG_MUST_USE;

#endif
