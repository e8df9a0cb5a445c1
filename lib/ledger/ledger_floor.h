/* The head floor: the newest signed head once more, in a file that may lie on another disk. A log
 * that ends below it, or differs at its size, is an old copy or a damaged one. For lib/ledger
 * alone. */
#ifndef NGANAM_LEDGER_LEDGER_FLOOR_H
#define NGANAM_LEDGER_LEDGER_FLOOR_H

#include "ledger/ledger_state.h"

/* NG_ERR_NOT_FOUND: no file; NG_ERR_CORRUPT: no head of this log. */
enum ng_err ledger_floor_read(const struct ledger *l, struct note_head *ret) NG_MUST_USE;
/* Whether the log as it lies in the transaction, with this head, stands on a floor read before the
 * transaction began. NG_ERR_CORRUPT: it does not, and why. */
enum ng_err ledger_floor_compare(const struct ledger *l, struct store_txn *t,
                                 const struct note_head *head,
                                 const struct note_head *floor) NG_MUST_USE;
/* Both for a log that is opened or was put back; sets floor_size and ret_floor (size 0: none was
 * read). NG_ERR_CORRUPT with a reason for ledger_state_stop_below; no file: no floor. */
enum ng_err ledger_floor_check(struct ledger *l, struct store_txn *t,
                               struct note_head *ret_floor) NG_MUST_USE;
enum ng_err ledger_floor_write(struct ledger *l) NG_MUST_USE;
/* Writes a head that this log contradicts, so that each later start finds it; a floor that already
 * lies beyond it is left. The note carries the log's signature. */
enum ng_err ledger_floor_raise(struct ledger *l, const struct note_head *head,
                               struct bytes note) NG_MUST_USE;

#endif
