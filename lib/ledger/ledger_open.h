/* Opening a log that may be an old copy; for lib/ledger alone. ledger_open is in ledger.h. */
#ifndef NGANAM_LEDGER_LEDGER_OPEN_H
#define NGANAM_LEDGER_LEDGER_OPEN_H

#include "ledger/ledger_state.h"

/* For writing, whatever the head floor says: for putting back what an old copy lacks, and nothing
 * else. Errors as ledger_open; NG_ERR_CORRUPT where what is there is not sound by itself. */
enum ng_err ledger_open_below_floor(const char *folder, const char *head_path,
                                    struct ledger **ret) NG_MUST_USE;

#endif
