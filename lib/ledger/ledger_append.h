/* Appending what the log itself says; for lib/ledger alone. ledger_append is in ledger.h. */
#ifndef NGANAM_LEDGER_LEDGER_APPEND_H
#define NGANAM_LEDGER_LEDGER_APPEND_H

#include "ledger/ledger_admit.h"

/* One statement by the log; with an empty log, genesis. */
enum ng_err ledger_append_log(struct ledger *l, uint32_t kind, const struct party_code *to,
                              struct bytes payload, uint64_t now_ms,
                              uint64_t *ret_index) NG_MUST_USE;

/* Writes and signs what was admitted, in one transaction. Errors leave memory as it was. */
enum ng_err ledger_append_admitted(struct ledger *l, const struct ledger_admit *a) NG_MUST_USE;
/* An error after which the same may be tried again: nothing is amiss with the log. */
bool ledger_append_may_try_again(enum ng_err e);

#endif
