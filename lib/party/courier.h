/* The courier: evidence files between this folder and the broker, on a connection of their own, so
 * that a statement never waits behind a file. What waits is the list in DATA/evidence
 * (blob_wait_*); a unit sends what waits, the office and auditors fetch it. An upload or download
 * that breaks off goes on where it ended.
 *
 * A statement goes first and its files after it: it is small and counts by the time the log
 * received it, and its receipt says what has to come. Until a file has come it is shown as missing.
 */
#ifndef NGANAM_PARTY_COURIER_H
#define NGANAM_PARTY_COURIER_H

#include "base/clock.h"
#include "blob/blob.h"
#include "party/party.h"

enum courier_way { COURIER_SEND, COURIER_FETCH };

/* DATA/evidence of a party; the errors of blob_open. */
enum ng_err courier_open_blobs(const char *folder, struct blob_folder **ret) NG_MUST_USE;

/* The same if it is there; NG_ERR_NOT_FOUND: there was no evidence yet. Nothing is made. */
enum ng_err courier_open_there(const char *folder, struct blob_folder **ret) NG_MUST_USE;

struct courier_outcome {
    size_t moved;   /* files that are where they should be now */
    size_t waiting; /* and that are not */
    char why[256];  /* of one that waits: what the broker or this machine says; "" none */
};

/* One round: everything that waits, once. NG_ERR_BUSY: another process is at it; PEER: the broker
 * was not reached, or the line broke; REFUSED: the broker does not admit the key. What could not be
 * moved for a reason of its own is no error and is counted in the outcome, which is filled in any
 * case. stop_fd: readable ends it with NG_ERR_PEER; −1: none. */
enum ng_err courier_round(struct party *p, enum courier_way way, struct mono deadline, int stop_fd,
                          struct courier_outcome *ret) NG_MUST_USE;

/* Rounds until nothing waits. NG_ERR_PEER at the limit; NG_ERR_REFUSED as soon as all that is left
 * was refused, with why. */
enum ng_err courier_deliver(struct party *p, int64_t timeout_ms,
                            struct courier_outcome *ret) NG_MUST_USE;

/* Everything that waits now; to be freed. */
enum ng_err courier_list(struct blob_folder *b, struct hash **ret, size_t *ret_count) NG_MUST_USE;

/* How many files wait, and their bytes; reads this machine alone. */
enum ng_err courier_waiting(const char *folder, size_t *ret_count, uint64_t *ret_bytes) NG_MUST_USE;

/* One id now, for a person who waits: NG_ERR_NOT_FOUND, saying why, if the broker does not have it
 * or does not give it. */
enum ng_err courier_fetch(struct party *p, const struct hash *id, struct mono deadline) NG_MUST_USE;

/* ---- Beside a service: a thread that makes a round whenever something waits ---- */

struct courier;

/* Signals must be blocked before. NG_ERR_IO, NOMEM. */
enum ng_err courier_start(struct party *p, enum courier_way way, struct courier **ret) NG_MUST_USE;
void courier_stop(struct courier **c); /* waits for it to end; NULL is fine */

#endif
