/* The registry as the office's state holds it: parties, their keys and how those stand, the persons
 * of the office, the policy. Folded by the rules that the broker judges by (registry_fold.h), from
 * the registry kinds alone: what a row says of its party's own numbering is of those only. */
#ifndef NGANAM_OFFICE_KEYS_H
#define NGANAM_OFFICE_KEYS_H

#include "ledger/registry_keys.h"
#include "office-service/kv.h"

/* A statement of a registry kind, leaf `index`. One that the rules would not have taken (a log that
 * was not judged by them) changes nothing. */
enum ng_err keys_fold(const struct kv *kv, const struct statement *s, uint64_t index,
                      uint64_t received_at) NG_MUST_USE;

/* The rows for the rules themselves; borrows the map. */
struct registry_fold_rows keys_rows(const struct kv *kv);

/* NG_ERR_NOT_FOUND. */
enum ng_err keys_party(const struct kv *kv, const char *code,
                       struct registry_party *ret) NG_MUST_USE;
enum ng_err keys_actor(const struct kv *kv, const char *id, struct registry_actor *ret) NG_MUST_USE;
/* Who was the first of two to confirm the party's present key; NG_ERR_NOT_FOUND. */
enum ng_err keys_first(const struct kv *kv, const struct registry_party *p,
                       struct registry_confirmation *ret) NG_MUST_USE;
enum ng_err keys_policy(const struct kv *kv, struct registry_policy *ret) NG_MUST_USE;
/* How many admins must sign what is said of persons and the policy; 0: the office's word is enough.
 */
enum ng_err keys_admins_needed(const struct kv *kv, size_t *ret) NG_MUST_USE;

/* In order of code or id; the log itself is no party. Begin with keys_walk_begin, NG_ERR_NOT_FOUND
 * after the last. */
struct keys_walk {
    struct kv_walk walk;
};
void keys_walk_parties(struct keys_walk *w, const struct kv *kv);
enum ng_err keys_walk_next_party(struct keys_walk *w, struct registry_party *ret) NG_MUST_USE;
void keys_walk_actors(struct keys_walk *w, const struct kv *kv);
enum ng_err keys_walk_next_actor(struct keys_walk *w, struct registry_actor *ret) NG_MUST_USE;

#endif
