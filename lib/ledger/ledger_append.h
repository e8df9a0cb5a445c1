/* Appending what the log itself says; for lib/ledger alone. ledger_append is in ledger.h. */
#ifndef NGANAM_LEDGER_LEDGER_APPEND_H
#define NGANAM_LEDGER_LEDGER_APPEND_H

#include "ledger/ledger_state.h"

/* One statement by the log; with an empty log, genesis. */
enum ng_err ledger_append_log(struct ledger *l, uint32_t kind, const struct party_code *to,
                              struct bytes payload, uint64_t now_ms,
                              uint64_t *ret_index) NG_MUST_USE;

#endif
