/* An office for one invite at a time. The log invites nobody but its first office, so a test whose
 * town has none, or counts its parties, gets them by this one: it enrols, invites and is revoked,
 * and counts for nothing in between. */
#ifndef NGANAM_TESTS_LEDGER_INVITER_H
#define NGANAM_TESTS_LEDGER_INVITER_H

#include "ledger/ledger_append.h"
#include "proto/wire_queue.h"

#define INVITER_CODE "inviter"
#define INVITER_ENTRIES 4 /* that an invite takes */

struct inviter {
    uint32_t epoch; /* of its last key; 0 at first */
};

enum ng_err inviter_say(struct ledger *l, struct inviter *i, const struct wire_invite *invite,
                        uint64_t now_ms) NG_MUST_USE;

#endif
