/* Making a log's folder; for lib/ledger alone. ledger_create is in ledger.h. */
#ifndef NGANAM_LEDGER_LEDGER_CREATE_H
#define NGANAM_LEDGER_LEDGER_CREATE_H

#include "ledger/ledger_state.h"

/* An empty log under the log.key that is there, open for writing, without its first leaf: for one
 * that is put back whole. Gives it; NG_ERR_NOT_FOUND: no log.key. */
enum ng_err ledger_create_bare(const char *folder, const char *head_path, const char *origin,
                               struct ledger **ret) NG_MUST_USE;

#endif
