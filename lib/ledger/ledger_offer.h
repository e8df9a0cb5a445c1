/* Leaves on their way back from the parties into a log that is behind a head its own key signed.
 *
 * Happy path: the log is opened below its head floor, or a party shows a head beyond its end; from
 * then on ledger_wanted names what is missing. Each party offers its own statements of that range
 * with their receipts. When the last one is there all are put back as ledger_restore does it, the
 * log has the wanted head's root again, and is no longer read-only for that; but it counts as a
 * copy (ledger_is_copy), for somebody may know a head beyond that one still.
 *
 * What no party wrote (the log's own words, an author who lost his folder) comes by ledger_restore
 * alone. What is kept here is lost with the process: parties offer again. */
#ifndef NGANAM_LEDGER_LEDGER_OFFER_H
#define NGANAM_LEDGER_LEDGER_OFFER_H

#include "ledger/ledger.h"

#define LEDGER_OFFER_LEAVES_MAX 65536u
#define LEDGER_OFFER_BYTES_MAX (64u * 1024u * 1024u)

/* WRITE mode: the log is read-only because the leaves from *ret_from to below *ret_to are missing,
 * and for nothing else. */
bool ledger_wanted(const struct ledger *l, uint64_t *ret_from, uint64_t *ret_to);

/* One leaf: a statement, and the receipt this log gave for it. NG_OK: it is kept, now or before;
 * *ret_back: with it everything was put back. NG_ERR_PROTO, NG_ERR_VERIFY: the receipt does not
 * hold. NG_ERR_REFUSED: it is not wanted, or there is no room: more than the numbers above comes by
 * ledger_restore. NG_ERR_CORRUPT: what this log's key signed contradicts itself; the log stays
 * read-only and says so. NG_ERR_FULL, NOMEM, BUSY: the same offer may be made again; other errors
 * are final for writing. */
enum ng_err ledger_offer(struct ledger *l, struct bytes statement, struct bytes receipt,
                         bool *ret_back) NG_MUST_USE;

/* ledger_close: forgets what is kept. For lib/ledger alone. */
void ledger_offer_drop(struct ledger *l);

#endif
