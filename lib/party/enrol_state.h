/* Shared by enrol.c (one enrolment), enrol_earlier.c (what earlier keys wrote) and rotate.c (new
 * keys without a slip); nobody else. */
#ifndef NGANAM_PARTY_ENROL_STATE_H
#define NGANAM_PARTY_ENROL_STATE_H

#include "party/ask.h"
#include "party/enrol.h"
#include "party/identity.h"
#include "store/store.h"

struct enrol {
    const char *folder;
    const struct slip *slip;
    struct slip_keys keys;
    struct identity id;  /* to become the folder's */
    struct identity old; /* the folder's, if it has one */
    bool has_old;
    struct store *store;
    struct witness witness;
    struct mono deadline;
    void (*delivering)(uint64_t count);
    struct enrol_news news;
};

/* What the Welcome says of the party's current key. */
struct enrol_greeting {
    uint32_t epoch;
    uint64_t high_water;
    bool frozen;
};

/* enrol.c: connects with the CURVE key of an identity; errors as ask_open. */
enum ng_err enrol_connect(struct enrol *n, struct ask *a, const struct identity *id,
                          struct enrol_greeting *ret) NG_MUST_USE;
/* enrol.c: shows the statement with the new key, which the broker admits once it is logged. Errors
 * as enrol_connect; ret_denied: the broker does not admit the key. */
enum ng_err enrol_talk_new(struct enrol *n, bool *ret_denied) NG_MUST_USE;
/* enrol.c: until it is done or refused, or the time is over (NG_ERR_PEER). */
enum ng_err enrol_retry(struct enrol *n, enum ng_err (*once)(struct enrol *n)) NG_MUST_USE;

/* enrol.c, parts of an enrolment that a rotation has too: what keeps other processes from the
 * uplink; the newest head kept; whether number 1 of n->id.epoch is in the outbox; its submission,
 * until its receipt is kept; the end, after which the new identity is the folder's. */
enum ng_err enrol_lock(const char *folder, int *ret_lock) NG_MUST_USE;
enum ng_err enrol_load_witness(struct enrol *n) NG_MUST_USE;
enum ng_err enrol_has_statement(struct enrol *n, bool *ret_has) NG_MUST_USE;
/* Writes it, with the payload that `encode` makes. */
typedef enum ng_err (*enrol_encode_fn)(const struct enrol *n, struct buf *to);
enum ng_err enrol_author(struct store_txn *t, const struct enrol *n, uint32_t kind,
                         enrol_encode_fn encode) NG_MUST_USE;
enum ng_err enrol_submit(struct enrol *n, struct ask *a) NG_MUST_USE;
enum ng_err enrol_finish(struct enrol *n) NG_MUST_USE;
/* What others have said about it since; the uplink must be free. */
enum ng_err enrol_read_inbox(const struct enrol *n) NG_MUST_USE;

/* enrol_earlier.c: before the new key is in the log. NG_OK too where the earlier key is good for
 * nothing more: enrol_earlier_settle sees to what is left. */
enum ng_err enrol_earlier_deliver(struct enrol *n) NG_MUST_USE;
/* enrol_earlier.c: once the new key is in the log. From here on a process that still holds the old
 * identity can write nothing, so that what is found out about the earlier keys stays true. */
enum ng_err enrol_earlier_settle(struct enrol *n) NG_MUST_USE;

#endif
