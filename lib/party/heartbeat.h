/* The daily heartbeat (kind 12): a statement that says nothing but its number and its place in the
 * log, so that a party that was silent, and a hole in its numbers, show in the log itself. */
#ifndef NGANAM_PARTY_HEARTBEAT_H
#define NGANAM_PARTY_HEARTBEAT_H

#include "party/party.h"

/* Writes one if nothing else says as much: nothing was written on this local day (UTC+7), and
 * nothing waits to be sent. So there is at most one a day, and at most one in the outbox. A party
 * that may write nothing (frozen, an old copy) has none, and that is no error. version: of the
 * program, at most 63 bytes. */
enum ng_err heartbeat_author(struct party *p, const char *version, int64_t now_ms,
                             bool *ret_written) NG_MUST_USE;

#endif
