/* A witness head with its cosignatures, as people and programs read it. */
#ifndef NGANAM_BROKER_PRINT_COSIGNED_H
#define NGANAM_BROKER_PRINT_COSIGNED_H

#include "base/err.h"

#include <stdbool.h>

struct ledger; /* ledger/ledger.h */

/* nganam-broker log head --cosigned. NG_ERR_NOT_FOUND: there is no witness head yet. */
enum ng_err print_cosigned(const char *folder, struct ledger *l, bool as_json) NG_MUST_USE;

#endif
