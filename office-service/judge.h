/* Whether a leaf may stand where it stands. The log's signature says that the broker put it there,
 * the author's that he said it once; that he said it now, after what he said before, is what the
 * rules of the registry say, which the broker judged by when it took the statement. A reader of the
 * whole log judges again by the same rules: whoever holds the log's key could otherwise bring an
 * old figure back, under a good head and a good signature.
 *
 * Only who may write a kind that this version does not know is not judged: such a kind is not
 * folded either. */
#ifndef NGANAM_OFFICE_JUDGE_H
#define NGANAM_OFFICE_JUDGE_H

#include "ledger/leaf.h"
#include "office-service/kv.h"

/* The leaves in front of the one that is judged, as bytes that stay until the next call. */
struct judge_log {
    enum ng_err (*leaf)(void *context, uint64_t index, struct bytes *ret);
    void *context;
};

/* Before the leaf is folded, and in the same transaction; moves its author's number on. after_ms:
 * received_at of the leaf in front; log: NULL when they were judged with it before. NG_ERR_VERIFY,
 * in a person's words: the broker broke a rule (nothing else here gives it). */
enum ng_err judge_leaf(const struct kv *kv, const struct judge_log *log, const struct leaf *leaf,
                       const struct statement *s, uint64_t after_ms) NG_MUST_USE;

#endif
