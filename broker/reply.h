/* What answers are made of: a head with its consistency, receipts, leaves with their proofs, all
 * from one snapshot of the log, and each proof verified here before it leaves the house. A proof of
 * our own that does not hold is NG_ERR_CORRUPT: the log cannot be trusted and the broker must stop.
 */
#ifndef NGANAM_BROKER_REPLY_H
#define NGANAM_BROKER_REPLY_H

#include "ledger/ledger.h"
#include "proto/wire_queue.h"

struct reply {
    struct ledger *ledger;
    struct store_txn *txn;
    struct ledger_head head;
    /* The consistency proof made last: sessions that saw the same head get the same one. */
    struct note_head before;
    struct tree_proof consistency;
    struct buf proofs; /* of the answer being made; never moves */
    struct wire_entry entries[WIRE_ENTRIES_MAX];
    struct wire_answer answers[WIRE_STATEMENTS_MAX];
};

/* NG_ERR_NOMEM. */
enum ng_err reply_init(struct reply *r, struct ledger *ledger) NG_MUST_USE;
void reply_fini(struct reply *r);

/* The snapshot that the following answers are made from. */
enum ng_err reply_begin(struct reply *r) NG_MUST_USE;
void reply_end(struct reply *r);

/* Begins an answer: what the one before pointed to is gone. */
void reply_next(struct reply *r);

/* The snapshot's head, proved from the head `before` (size 0: none). NG_ERR_VERIFY if `before` is
 * no earlier state of this log. */
enum ng_err reply_head(struct reply *r, const struct note_head *before,
                       struct wire_head *ret) NG_MUST_USE;

/* A head between the two: an earlier one of this log, proved from `before`, which is earlier still
 * and was sent by us. */
enum ng_err reply_earlier_head(struct reply *r, const struct note_head *before,
                               const struct ledger_head *to, struct wire_head *ret) NG_MUST_USE;

/* The leaf at this index as a receipt's parts: fills index, leaf_header, inclusion. */
enum ng_err reply_accepted(struct reply *r, uint64_t index, struct wire_answer *ret) NG_MUST_USE;

/* Leaves from `from_index` (not beyond the end) for this reader, in one frame and at most max_bytes
 * (0: what fits), but one at least if there is one. */
enum ng_err reply_entries(struct reply *r, enum wire_scope scope, const char *party,
                          uint64_t from_index, uint32_t max_bytes,
                          struct wire_from_broker *ret) NG_MUST_USE;

/* NG_ERR_INPUT: the sizes are none of this log. */
enum ng_err reply_prove(struct reply *r, enum wire_prove_kind kind, uint64_t a, uint64_t b,
                        struct wire_from_broker *ret) NG_MUST_USE;

#endif
