/* What every command begins with: who we are, our copy of the log, and, for those that write, a way
 * to have a statement in the log and in the state before the command ends.
 *
 * Two locks: DATA/uplink.lock is held by whoever talks to the broker (lib/party), DATA/fold.lock by
 * whoever writes the state. A service holds both. A command that writes puts its statements into
 * the outbox; if a service runs it wakes it and watches the store, if not it takes both locks and
 * runs until the log and the state have them. */
#ifndef NGANAM_OFFICE_OFFICE_H
#define NGANAM_OFFICE_OFFICE_H

#include "office-service/mirror.h"
#include "proto/wire_par.h"

#define OFFICE_TIMEOUT_S 60u

struct signer;

struct office {
    const char *folder; /* borrowed */
    struct party *party;
    struct mirror *mirror;
    bool writing; /* the mirror is open for writing, under the fold lock */
    int fold_lock;
    struct signer *signer; /* the person who signs what is said (signer.h); NULL: nobody */
};

/* Opens both for reading. NG_ERR_NOT_FOUND: nobody was set up here ("init first"). */
enum ng_err office_open(const char *folder, struct office *ret) NG_MUST_USE;
void office_close(struct office *o); /* a zeroed one is fine */

/* Takes the fold lock (NG_ERR_BUSY, saying so) and opens the mirror for writing. */
enum ng_err office_take_state(struct office *o) NG_MUST_USE;

/* Our role as the state knows it; WIRE_ROLE_NONE before the log was read. */
enum ng_err office_role(struct office *o, enum wire_role *ret) NG_MUST_USE;
/* NG_ERR_REFUSED unless we are the office. */
enum ng_err office_must_write(struct office *o) NG_MUST_USE;

/* Until the log has our statements up to `seq` (0: none) and the state has folded them; without a
 * service also until the log is read to its head. NG_ERR_PEER after the timeout: what was written
 * is safe in the outbox. */
enum ng_err office_settle(struct office *o, uint64_t seq, int64_t timeout_ms) NG_MUST_USE;

/* The index in the log of an own statement that was delivered; NG_ERR_AGAIN: not yet. */
enum ng_err office_own_index(struct office *o, uint64_t seq, uint64_t *ret) NG_MUST_USE;

/* ---- Saying something (office_say.c) ---- */

struct office_outcome {
    uint64_t accepted; /* acts */
    size_t refused;
    uint64_t first_index, last_index; /* in the log */
    struct wire_finding *findings;    /* act: its place in what was given, from 1; owned */
    char (*texts)[256];               /* code and argument of each, owned */
};
void office_outcome_fini(struct office_outcome *o);

/* Authors acts, in parts if they do not fit one statement, and settles. to: "" or "*". */
enum ng_err office_say(struct office *o, uint32_t kind, const char *to, const struct wire_act *acts,
                       size_t count, int64_t timeout_ms, struct office_outcome *ret) NG_MUST_USE;

#endif
