/* DATA/wake: the datagram socket on which the process that holds the uplink is told to look at the
 * store. What a datagram says does not matter; a lost one costs a second, no more. */
#ifndef NGANAM_PARTY_WAKE_H
#define NGANAM_PARTY_WAKE_H

#include "base/err.h"

/* Gives a descriptor (non-blocking); an old socket file is replaced, so hold the uplink lock. */
enum ng_err wake_open(const char *folder, int *ret_fd) NG_MUST_USE;
void wake_drain(int fd);
void wake_close(int *fd); /* −1 is fine; the file stays */
void wake_send(const char *folder);

#endif
