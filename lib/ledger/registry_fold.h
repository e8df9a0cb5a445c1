/* The registry's rules, pure: who may write what, and what a logged statement of the registry kinds
 * changes. The ledger judges what comes in by them, and verification folds the log anew by them,
 * over whatever holds the rows. */
#ifndef NGANAM_LEDGER_REGISTRY_FOLD_H
#define NGANAM_LEDGER_REGISTRY_FOLD_H

#include "ledger/registry.h"

/* Where the rows are. get: NG_ERR_NOT_FOUND; the value is borrowed until the next put. */
struct registry_fold_rows {
    void *context;
    enum ng_err (*get)(void *context, struct bytes key, struct bytes *ret_row);
    enum ng_err (*put)(void *context, struct bytes key, struct bytes row);
};

enum ng_err registry_fold_party(const struct registry_fold_rows *rows, const char *code,
                                struct registry_party *ret) NG_MUST_USE;
/* By its CURVE key; NG_ERR_NOT_FOUND. */
enum ng_err registry_fold_invite(const struct registry_fold_rows *rows, const uint8_t curve[32],
                                 struct registry_invite *ret) NG_MUST_USE;
enum ng_err registry_fold_put_party(const struct registry_fold_rows *rows,
                                    const struct registry_party *p) NG_MUST_USE;
/* What a payload's decoder said: bytes that do not parse are the author's fault (REFUSAL_PAYLOAD,
 * NG_OK), the rest is ours. */
enum ng_err registry_fold_parsed(enum ng_err e, enum refusal *ret_refusal) NG_MUST_USE;

/* Who speaks, by which key. */
struct registry_fold_author {
    struct registry_party party; /* as it stands before the statement */
    bool begins;                 /* the statement begins an epoch: genesis, enrol, rotate */
    struct key_public key;       /* must have signed it */
};

/* First half, before the signature is verified: author and epoch known and not revoked or frozen,
 * its enrolment confirmed, kind and addressee allowed. Errors are of the rows; the judgement is in
 * ret_refusal. */
enum ng_err registry_fold_judge(const struct registry_fold_rows *rows, const struct statement *s,
                                struct registry_fold_author *ret_author,
                                enum refusal *ret_refusal) NG_MUST_USE;

/* Second half, after it: seq and prev, and what a registry payload needs of a leaf with this index
 * and time. ret_expected with GAP. */
enum ng_err registry_fold_follows(const struct registry_fold_rows *rows, const struct statement *s,
                                  const struct registry_fold_author *author, uint64_t index,
                                  uint64_t received_at, enum refusal *ret_refusal,
                                  uint64_t *ret_expected) NG_MUST_USE;

/* Fork evidence, and the statement that it holds, decoded; its bytes are in `copy`. NG_ERR_PROTO,
 * NG_ERR_LIMIT, NG_ERR_NOMEM. */
enum ng_err registry_fold_evidence(const struct statement *s, struct buf *copy,
                                   struct wire_fork *ret_fork, struct statement *ret) NG_MUST_USE;
/* Whether the statement of this hash has frozen an epoch already: the same bytes, which lie in the
 * log for every reader to bring again, are nothing new after an unfreeze. */
enum ng_err registry_fold_evidence_known(const struct registry_fold_rows *rows,
                                         const struct hash *hash, bool *ret) NG_MUST_USE;

/* In whose inbox the statement lies, as things stand: registry_inbox_of, and of an invite only if
 * its party has a key. */
enum ng_err registry_fold_inbox(const struct registry_fold_rows *rows, const struct statement *s,
                                struct party_code *ret) NG_MUST_USE;

/* What the statement, now leaf `index`, changes. Both halves said REFUSAL_OK. */
enum ng_err registry_fold_apply(const struct registry_fold_rows *rows, const struct statement *s,
                                const struct hash *statement_hash, uint64_t index,
                                uint64_t received_at,
                                const struct registry_fold_author *author) NG_MUST_USE;

#endif
