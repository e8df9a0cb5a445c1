/* The road round a broker that does not take it, or a line that is not there: the author writes a
 * bundle, any other party submits it, the receipts come back as a file. By whichever road a
 * statement arrives, and however often, the broker logs its bytes once and answers them with a
 * receipt each time. */
#ifndef NGANAM_PARTY_CARRY_H
#define NGANAM_PARTY_CARRY_H

#include "party/bundle.h"
#include "party/party.h"

#define CARRY_ANSWER_SUFFIX ".receipts"

/* ---- The author ---- */

struct carry_packed {
    uint64_t first, last; /* seq, both included */
    uint64_t left;        /* waiting behind them: the bundle is full */
};
/* A bundle of what has no receipt yet, from the first on. NG_ERR_NOT_FOUND: everything has one. */
enum ng_err carry_pack(struct party *p, struct buf *to, struct carry_packed *ret) NG_MUST_USE;

struct carry_imported {
    uint32_t epoch;
    uint64_t count; /* receipts that were not here before */
    uint64_t known;
    uint64_t outbox; /* still without one, of the present epoch */
};
/* Receipts that somebody brought, each checked with the own statement like any other; all are kept
 * or none. NG_ERR_INPUT, NG_ERR_VERIFY: of another party or log, damaged, or one does not hold. */
enum ng_err carry_import(struct party *p, struct bytes answer,
                         struct carry_imported *ret) NG_MUST_USE;

/* ---- Whoever carries it ---- */

struct carry_outcome {
    struct party_code party; /* the author */
    uint32_t epoch;
    uint64_t first, count;
    uint64_t accepted; /* have receipts now, from the first on */
};
/* Submits a bundle over a connection of its own, beside a running service, and gives the answer's
 * file (empty: no receipt came). Once the bundle was read, ret and ret_answer are filled whatever
 * is returned; ret's count is 0 before. NG_ERR_INPUT, VERIFY: not a bundle, damaged, of another
 * log; REFUSED: what the broker does not take, and what to do; PEER: not within the time. */
enum ng_err carry_submit(struct party *p, struct bytes file, int64_t timeout_ms,
                         struct buf *ret_answer, struct carry_outcome *ret) NG_MUST_USE;
/* The same with files: reads PATH, writes PATH.receipts where a receipt came, and keeps the own. */
enum ng_err carry_submit_file(struct party *p, const char *path, int64_t timeout_ms,
                              struct carry_outcome *ret) NG_MUST_USE;

#endif
