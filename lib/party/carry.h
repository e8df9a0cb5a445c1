/* The road round a broker that does not take it, or a line that is not there: the author writes a
 * bundle, any other party submits it, the receipts come back as a file. By whichever road a
 * statement arrives, and however often, the broker logs its bytes once and answers them with a
 * receipt each time. */
#ifndef NGANAM_PARTY_CARRY_H
#define NGANAM_PARTY_CARRY_H

#include "party/bundle.h"
#include "party/party.h"
#include "party/witness.h"

#define CARRY_ANSWER_SUFFIX ".receipts"

/* ---- The author ---- */

/* What is carried; the front (party/bundle.h) is made by the caller: CARRY_LOAD_INIT. */
struct carry_load {
    struct buf front;
    struct blob_folder *blobs; /* NULL: no evidence */
    uint64_t first, last;      /* seq, both included; both 0: evidence alone */
    uint64_t left;             /* waiting behind them: the bundle is full */
    uint64_t files, file_bytes;
    uint64_t files_left; /* that wait and are not in it: cited by what is left, or too much */
};
#define CARRY_LOAD_INIT                                                                            \
    {                                                                                              \
        .front = BUF_INIT(BUNDLE_SIZE_MAX)                                                         \
    }
/* What has no receipt yet, from the first on; with `evidence` the files that wait to be sent, too.
 * NG_ERR_NOT_FOUND: nothing waits. */
enum ng_err carry_pack(struct party *p, bool evidence, struct carry_load *load) NG_MUST_USE;
/* The bundle as a file, rights 0600, replaced as a whole. */
enum ng_err carry_write(struct carry_load *load, const char *path) NG_MUST_USE;
void carry_unload(struct carry_load *load);

struct carry_imported {
    uint32_t epoch;
    uint64_t count; /* receipts that were not here before */
    uint64_t known;
    uint64_t outbox;   /* still without one, of the present epoch */
    uint64_t stored;   /* evidence files that waited and need not be sent any more */
    uint64_t unproved; /* said to be stored, without the log's signature: they go on waiting */
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
    uint64_t files, file_bytes;
    uint64_t stored; /* of the files: the broker has them */
    char why[256];   /* of a file that it does not take; "" none */
};
/* Submits a bundle over a connection of its own, beside a running service: the statements, and when
 * all of them are in the log their evidence. Once the bundle was read, ret is filled whatever
 * is returned; ret's party is "" before. NG_ERR_INPUT, VERIFY: not a bundle, damaged, of another
 * log; REFUSED: what the broker does not take, and what to do; PEER: not within the time, which for
 * evidence runs anew with each piece. Reads PATH, writes PATH.receipts where a receipt came, and
 * keeps the own. */
enum ng_err carry_submit_file(struct party *p, const char *path, int64_t timeout_ms,
                              struct carry_outcome *ret) NG_MUST_USE;

/* What a witness that began at the kept head `from` has verified since: kept, unless the kept head
 * is another by now; then it waits to be proved. alarm: raised with its note; may be NULL. */
enum ng_err carry_learn(struct party *p, const struct note_head *from, const struct witness *w,
                        const char *alarm) NG_MUST_USE;

#endif
