/* Whether the person whom a statement names has signed it. */
#ifndef NGANAM_OFFICE_FOLD_ACTOR_H
#define NGANAM_OFFICE_FOLD_ACTOR_H

#include "ledger/registry_keys.h"
#include "office-service/kv.h"
#include "proto/wire_par.h"

/* Said again, unchanged: whether it is signed by nobody, or by the one who has signed it already. A
 * repetition without a signature takes none away. */
bool fold_signs_nothing_new(const char *actor, const char *before);

/* ret_holds: nobody is named, or a person of the office is who has not ended, by the registry as it
 * is in this state, whose signature holds, and the author is the office. ret: the person where one
 * is named and it holds, else with an empty id. */
enum ng_err fold_actor_check(const struct kv *kv, const struct statement *s,
                             const struct wire_acts *acts, struct registry_actor *ret,
                             bool *ret_holds) NG_MUST_USE;

#endif
