/* Receipts as proofs: what this machine holds is verified again from the bytes on the disk before
 * it leaves the house, and a receipt that somebody shows is checked with the own statement. All of
 * it works without a line. */
#ifndef NGANAM_WARD_AGENT_PROOF_H
#define NGANAM_WARD_AGENT_PROOF_H

#include "party/party.h"

#define PROOF_SUFFIX ".tlog-proof"
#define PROOF_LEAF_SUFFIX ".leaf"
#define PROOF_KEY_FILE "log.vkey"

/* A receipt, verified just now. NG_ERR_NOT_FOUND: no such statement, or (written) it has no
 * receipt; NG_ERR_VERIFY: damaged on this disk. */
struct proof {
    uint32_t epoch;
    uint64_t seq;
    bool written; /* there is a statement of this number */
    struct receipt receipt;
};
enum ng_err proof_get(struct party *p, uint32_t epoch, uint64_t seq, struct buf *statement,
                      struct buf *text, struct proof *ret) NG_MUST_USE;

/* The bytes that the log holds: the receipt's header and signature round the statement. */
enum ng_err proof_leaf(struct bytes text, struct bytes statement, struct buf *ret) NG_MUST_USE;

/* Every receipt of every epoch into a folder, UNIT-EPOCH-SEQ.tlog-proof each, beside it with
 * `leaves` the leaf it proves, and the log's key. Damaged ones are passed over and told with
 * NG_ERR_VERIFY at the end. */
enum ng_err proof_export_all(struct party *p, const char *folder, bool leaves,
                             uint64_t *ret_count) NG_MUST_USE;

/* Which own statement this receipt is for, and whether it holds. NG_ERR_INPUT: no receipt;
 * NG_ERR_NOT_FOUND: of no statement of this machine; NG_ERR_VERIFY: it does not hold. */
enum ng_err proof_check(struct party *p, struct bytes text, struct proof *ret) NG_MUST_USE;

#endif
