/* A person of the office signs what the office says of the field, beside the office's own key. His
 * signature is the payload's last 64 bytes and covers the statement's place as well: it holds in
 * this one statement alone, and whoever has the office's key cannot move it to another. */
#ifndef NGANAM_LEDGER_ACT_SIGNATURE_H
#define NGANAM_LEDGER_ACT_SIGNATURE_H

#include "ledger/statement.h"

/* Covered: "nganam/acts/0001" || log_id || author (16, zero-padded) || epoch (4) || seq (8) ||
 * kind (4) || to (16, zero-padded) || the payload before the signature. NG_ERR_LIMIT, NG_ERR_NOMEM.
 */
enum ng_err act_signature_make(const struct key_pair *pair, const struct statement *place,
                               struct bytes payload,
                               uint8_t ret_signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;
/* The signature that the statement's payload ends with. NG_ERR_VERIFY, NG_ERR_NOMEM. */
enum ng_err act_signature_check(const struct key_public *key,
                                const struct statement *s) NG_MUST_USE;

#endif
