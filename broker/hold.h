/* A log that came out of a copy may lack its newest entries, and a party may hold a receipt for one
 * of them. Whatever were written now would be a second log beside the first. So nothing is taken
 * until each enrolled party has shown that it knows of nothing later, or an operator has taken it
 * upon himself.
 *
 * A disk that was set back in place (a snapshot of the machine or of the volume) looks like any
 * other start. So every start waits a moment for the parties: until more than half of them have
 * shown that they know of nothing later, or for some seconds, because at night nobody comes. Pure
 * but for the ledger. */
#ifndef NGANAM_BROKER_HOLD_H
#define NGANAM_BROKER_HOLD_H

#include "base/clock.h"
#include "base/omap.h"
#include "ledger/ledger.h"
#include "ledger/registry.h"

#define HOLD_TEXT_MAX 384
#define HOLD_START_S 10 /* unless serve --hold says otherwise */

struct hold {
    struct ledger *ledger; /* borrowed; NULL: nothing is held up */
    struct omap *seen;     /* codes of parties whose newest head lies in this log */
    bool copy;             /* every party, or the operator's word */
    int64_t start_ms;      /* else: no longer than this … */
    struct mono until;     /* … from the first moment it was told */
    char why[HOLD_TEXT_MAX];
};

/* Holds if somebody has enrolled and the ledger is a copy (ledger_is_copy), or start_ms > 0. */
enum ng_err hold_init(struct hold *h, struct ledger *l, int64_t start_ms) NG_MUST_USE;
void hold_fini(struct hold *h);

/* The reason while it holds, else NULL. */
const char *hold_why(const struct hold *h);
/* Time passes: a hold for a start ends by itself. */
void hold_pass(struct hold *h, struct mono now);
/* The party has shown a head of this size, and this log contains it. May end the hold. What it
 * shows counts for nothing if its own newest statement says that it knew more. */
enum ng_err hold_saw(struct hold *h, struct store_txn *t, const struct registry_party *party,
                     uint64_t size) NG_MUST_USE;
/* The operator's word. */
enum ng_err hold_accept(struct hold *h) NG_MUST_USE;

#endif
