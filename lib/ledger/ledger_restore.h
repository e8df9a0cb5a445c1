/* Putting the original leaves back into a log that was lost or is an old copy, so that it goes on
 * where it ended and never beside itself.
 *
 * Happy path: the caller opens a source (an export, a mirror), ledger_restore proves that the
 * source continues what is here up to a head that this log's key signed, and then appends the very
 * same leaves. Nothing is authored, and no head is signed that the lost log could not have signed.
 * Cut off anywhere it can be run again. */
#ifndef NGANAM_LEDGER_LEDGER_RESTORE_H
#define NGANAM_LEDGER_LEDGER_RESTORE_H

#include "ledger/ledger.h"

struct ledger_source {
    void *context;
    struct bytes note; /* the signed head of what the source holds; borrowed */
    /* The encoded leaf of an index below that head's size. Borrowed until the next call. */
    enum ng_err (*leaf)(void *context, uint64_t index, struct bytes *ret_leaf);
};

struct ledger_restored {
    uint64_t size_before;
    uint64_t size;
    uint64_t floor_size; /* of the head floor; above size: the newest leaves are still missing */
};

/* The folder holds log.key, and a log/ that is a prefix of the source, or none (everything is put
 * back). NG_ERR_NOT_FOUND: no log.key. NG_ERR_VERIFY: the source is another log, contradicts what
 * is here or itself (nothing was changed). NG_ERR_REFUSED: the source holds nothing that is not
 * here. NG_ERR_BUSY: a broker runs. A log that differs from its head floor is
 * NG_ERR_CORRUPT: what was put back stands, and it stays read-only. */
enum ng_err ledger_restore(const char *folder, const char *head_path, const char *origin,
                           const struct ledger_source *source,
                           struct ledger_restored *ret) NG_MUST_USE;

/* What both roads back do, here and in ledger_offer.c: proves that the source's leaves continue an
 * open log up to `target`, which this log's key signed, then appends them. NG_ERR_VERIFY: they do
 * not; nothing was changed. It does not ask whether the ledger is read-only. For lib/ledger alone.
 */
enum ng_err ledger_restore_onto(struct ledger *l, const struct ledger_source *source,
                                const struct note_head *target) NG_MUST_USE;

#endif
