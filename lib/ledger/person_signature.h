/* What persons of the office sign with keys of their own lies inside a payload of the office. All
 * of them sign a head (a domain, the log, and what else it is bound to) and the payload before the
 * signature; the three heads are registry.h's and act_signature.h's. */
#ifndef NGANAM_LEDGER_PERSON_SIGNATURE_H
#define NGANAM_LEDGER_PERSON_SIGNATURE_H

#include "ledger/key.h"

/* Over head || payload. NG_ERR_LIMIT, NG_ERR_NOMEM. */
enum ng_err person_signature_make(const struct key_pair *pair, struct bytes head,
                                  struct bytes payload,
                                  uint8_t ret_signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;
/* NG_ERR_VERIFY, NG_ERR_LIMIT, NG_ERR_NOMEM. */
enum ng_err person_signature_check(const struct key_public *key, struct bytes head,
                                   struct bytes payload,
                                   const uint8_t signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;

#endif
