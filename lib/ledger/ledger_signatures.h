/* The signatures of a batch, checked ahead by several threads. For lib/ledger alone. */
#ifndef NGANAM_LEDGER_LEDGER_SIGNATURES_H
#define NGANAM_LEDGER_LEDGER_SIGNATURES_H

#include "ledger/ledger_state.h"

/* Sets signature_checked, signature_holds and key of each item that was not checked yet and whose
 * author's key this snapshot knows. Whatever is left (an enrolment, an author who cannot be found)
 * is checked where it is judged; so this decides nothing and cannot fail. */
void ledger_signatures_check(struct ledger *l, struct store_txn *txn, struct ledger_item *items,
                             size_t count);

#endif
