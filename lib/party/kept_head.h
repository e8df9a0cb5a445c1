/* The newest verified tree head of a party's folder, and the keys of the log that it is verified
 * by. Both change in one transaction, so that what is kept can always be verified. The keys begin
 * with the one that the slip brought; each change the broker proves is added (log_keys.h). */
#ifndef NGANAM_PARTY_KEPT_HEAD_H
#define NGANAM_PARTY_KEPT_HEAD_H

#include "ledger/log_keys.h"
#include "party/identity.h"
#include "party/witness.h"
#include "store/store.h"

/* NG_ERR_CORRUPT: the row does not parse. */
enum ng_err kept_head_keys(struct store_txn *t, const struct identity *id,
                           struct log_keys *ret) NG_MUST_USE;
/* The note, borrowed, empty when there is none yet; ret_head, may be NULL: what it says (size 0).
 * Errors as log_keys_verify. */
enum ng_err kept_head_get(struct store_txn *t, const struct identity *id, struct bytes *ret_note,
                          struct note_head *ret_head) NG_MUST_USE;
/* What a witness knows. note: empty: only its keys. Keys that are kept and follow these stay. */
enum ng_err kept_head_put(struct store_txn *t, const struct log_keys *keys,
                          struct bytes note) NG_MUST_USE;

/* In transactions of their own: the keys; a witness that goes on from what is kept. */
enum ng_err kept_head_read_keys(struct store *s, const struct identity *id,
                                struct log_keys *ret) NG_MUST_USE;
enum ng_err kept_head_witness(struct store *s, const struct identity *id,
                              struct witness *ret) NG_MUST_USE;

#endif
