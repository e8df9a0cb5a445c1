/* The rules of the registry about keys and persons: revoke, unfreeze, policy, confirm, actor.
 *
 * What a statement's own bytes decide is judged before it is taken; what depends on how things
 * stand (the epoch named is over, the actor has ended, somebody else was faster) is not: such a
 * statement is logged and changes nothing. Otherwise two statements that crossed would stop their
 * author for good. */
#ifndef NGANAM_LEDGER_REGISTRY_KEYS_H
#define NGANAM_LEDGER_REGISTRY_KEYS_H

#include "ledger/registry_fold.h"

/* The payload parses, and a statement about a party's key goes to that party. NG_OK for other
 * kinds.
 */
enum ng_err registry_keys_check(const struct registry_fold_rows *rows, const struct statement *s,
                                enum refusal *ret_refusal) NG_MUST_USE;
/* What it changes as leaf `index`; nothing for other kinds. After the author's own row, which may
 * be the one. */
enum ng_err registry_keys_apply(const struct registry_fold_rows *rows, const struct statement *s,
                                uint64_t index) NG_MUST_USE;

/* The log's own key. The keys so far; NG_ERR_NOT_FOUND before genesis. */
enum ng_err registry_keys_of_log(const struct registry_fold_rows *rows,
                                 struct log_keys *ret) NG_MUST_USE;
/* A change of it is for leaf `index`, to a key that never was the log's, vouched for by both. */
enum ng_err registry_keys_check_log(const struct registry_fold_rows *rows,
                                    const struct statement *s, uint64_t index, uint64_t received_at,
                                    enum refusal *ret_refusal) NG_MUST_USE;
/* Genesis or a change: the key is the log's from here on; log's row is put by the caller. */
enum ng_err registry_keys_apply_log(const struct registry_fold_rows *rows,
                                    const struct statement *s, uint64_t index,
                                    struct registry_party *log) NG_MUST_USE;

/* Whether an enrolment by this invite has to be confirmed, as the policy stands. */
enum ng_err registry_keys_unconfirmed(const struct registry_fold_rows *rows,
                                      const struct registry_invite *invite, bool *ret) NG_MUST_USE;

/* The policy; WIRE_ENROLMENT_CODE before the first. */
enum ng_err registry_keys_policy(const struct registry_fold_rows *rows,
                                 struct registry_policy *ret) NG_MUST_USE;
/* NG_ERR_NOT_FOUND. */
enum ng_err registry_keys_actor(const struct registry_fold_rows *rows, const char *id,
                                struct registry_actor *ret) NG_MUST_USE;
/* The first of two for the party's present epoch; NG_ERR_NOT_FOUND: nobody yet. */
enum ng_err registry_keys_first(const struct registry_fold_rows *rows,
                                const struct registry_party *p,
                                struct registry_confirmation *ret) NG_MUST_USE;

#endif
