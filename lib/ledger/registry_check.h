/* What the payload of a registry kind needs, for registry_fold.c: the last of the rules before a
 * statement is taken. */
#ifndef NGANAM_LEDGER_REGISTRY_CHECK_H
#define NGANAM_LEDGER_REGISTRY_CHECK_H

#include "ledger/registry_fold.h"

/* p: the author's row as it stands before the statement, which has its number and its author's
 * signature; it will be leaf `index`. NG_OK and REFUSAL_OK for kinds without a registry payload. */
enum ng_err registry_check_payload(const struct registry_fold_rows *rows, const struct statement *s,
                                   const struct registry_party *p, uint64_t index,
                                   uint64_t received_at, enum refusal *ret_refusal) NG_MUST_USE;

#endif
