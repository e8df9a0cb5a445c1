/* A log that came out of a copy may lack its newest entries, and a party may hold a receipt for one
 * of them. Whatever were written now would be a second log beside the first. So nothing is taken
 * until each enrolled party has shown that it knows of nothing later, or an operator has taken it
 * upon himself. Pure but for the ledger. */
#ifndef NGANAM_BROKER_HOLD_H
#define NGANAM_BROKER_HOLD_H

#include "base/omap.h"
#include "ledger/ledger.h"

#define HOLD_TEXT_MAX 384

struct hold {
    struct ledger *ledger; /* borrowed; NULL: nothing is held up */
    struct omap *seen;     /* codes of parties whose newest head lies in this log */
    char why[HOLD_TEXT_MAX];
};

/* Holds if the ledger is a copy (ledger_is_copy) in which somebody has enrolled. */
enum ng_err hold_init(struct hold *h, struct ledger *l) NG_MUST_USE;
void hold_fini(struct hold *h);

/* The reason while it holds, else NULL. */
const char *hold_why(const struct hold *h);
/* The party has shown a head, and this log contains it. May end the hold. */
enum ng_err hold_saw(struct hold *h, struct store_txn *t, const char *party) NG_MUST_USE;
/* The operator's word. */
enum ng_err hold_accept(struct hold *h) NG_MUST_USE;

#endif
