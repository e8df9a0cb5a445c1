/* Leaving key epochs: what an earlier key wrote and holds no receipt for when the party enrols
 * again. Nothing of it may be lost silently, and nothing may be in the log twice. */
#ifndef NGANAM_PARTY_LEAVE_H
#define NGANAM_PARTY_LEAVE_H

#include "party/ask.h"
#include "party/outbox.h"

/* The marks of an epoch, in a read transaction of its own. */
enum ng_err leave_marks(struct store *s, uint32_t epoch, struct outbox_marks *ret) NG_MUST_USE;

/* Submits an epoch's statements from the first without a receipt on, one after the other, and keeps
 * each receipt; adds how many to *delivered. Any connection will do: the broker answers what it has
 * with a receipt whatever became of the key. NG_OK: all have receipts. NG_ERR_REFUSED: the log has
 * neither the refused one nor, since each is chained to the one before, any behind it.
 * NG_ERR_AGAIN: not now. Else as ask_submit and witness_receipt. */
enum ng_err leave_submit(struct store *s, struct witness *w, struct ask *a, uint32_t epoch,
                         uint64_t *delivered) NG_MUST_USE;

/* The first epoch from `from` on, before current, that has statements without a receipt and was not
 * told about; NG_ERR_NOT_FOUND. */
enum ng_err leave_next(struct store *s, uint32_t current, uint32_t from,
                       uint32_t *ret_epoch) NG_MUST_USE;

/* From here on nothing can be authored in an epoch before current. Again: changes nothing. */
enum ng_err leave_close(struct store *s, uint32_t current) NG_MUST_USE;

/* One alarm for each earlier epoch that names the numbers to be reported again, and their causes
 * are free; once for each epoch. *ret_lost: how many statements that is, now. */
enum ng_err leave_tell(struct store *s, uint32_t current, uint64_t *ret_lost) NG_MUST_USE;

#endif
