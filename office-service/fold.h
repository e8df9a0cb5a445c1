/* The fold: the log, leaf by leaf, becomes the office's state. Pure: it knows a map of bytes (kv.h)
 * and the leaf, no store, clock or socket. Time is the received_at of the leaf being applied, so
 * the same prefix gives the same bytes anywhere.
 *
 * A statement that breaks a rule of the field is never an error here: it stays in the log, and what
 * became of each of its acts is recorded as a verdict. Errors are storage, memory, a damaged state,
 * or rules this program does not know. */
#ifndef NGANAM_OFFICE_FOLD_H
#define NGANAM_OFFICE_FOLD_H

#include "office-service/judge.h"
#include "office-service/kv.h"
#include "office-service/set_cache.h"

struct fold;

/* One fold serves one state, one transaction after the other. NG_ERR_NOMEM. */
enum ng_err fold_new(struct fold **ret) NG_MUST_USE;
void fold_destroy(struct fold **f);

/* From now on each leaf must be what the broker may have put there (judge.h): another one is
 * NG_ERR_VERIFY, and then fold_accuses is true, as it is after no other error. A fold that is not
 * told so takes leaves that no broker has judged yet, or that were made up. log: borrowed, NULL for
 * leaves that were judged with it before. */
void fold_judge(struct fold *f, const struct judge_log *log);
bool fold_accuses(const struct fold *f);

/* Applies the leaf at this index. One that was applied before changes nothing; one from further on
 * is NG_ERR_INPUT. NG_ERR_VERSION: the log asks for rules this program does not know. After an
 * error the state is to be rolled back. */
enum ng_err fold_apply(struct fold *f, const struct kv *kv, uint64_t index,
                       struct bytes leaf) NG_MUST_USE;

/* The parsed criteria sets the fold has at hand, for the views. */
struct set_cache *fold_sets(struct fold *f);

#endif
