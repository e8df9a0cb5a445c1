/* to_seq: the author of what goes to one party, or to everyone, counts it, so that the addressee
 * sees when the broker left something out. The number is in the payload, under the author's
 * signature, and counts from 1 in each epoch for each addressee. */
#ifndef NGANAM_PARTY_TO_SEQ_H
#define NGANAM_PARTY_TO_SEQ_H

#include "base/buf.h"
#include "ledger/leaf.h"
#include "party/identity.h"
#include "store/store.h"

/* The field's number: in Acts; in Invite, Revoke and Unfreeze. */
#define TO_SEQ_FIELD 3
#define TO_SEQ_FIELD_REGISTRY 15

/* The author's side: behind the encoded payload of its next statement to this party or "*". Field
 * kinds, invite, revoke and unfreeze are counted; others stay as they are. */
enum ng_err to_seq_append(struct store_txn *t, uint32_t epoch, uint32_t kind,
                          const struct party_code *to, struct buf *payload) NG_MUST_USE;

/* The addressee's: of a leaf that comes into the inbox, with its bytes. An alarm when numbers
 * between the one before and this one are missing. What carries none (the log's own statements, a
 * payload that does not parse) is passed over. */
enum ng_err to_seq_look(struct store_txn *t, const struct leaf *leaf, struct bytes encoded,
                        int64_t now_ms) NG_MUST_USE;

/* The number in a payload; 0: none. */
uint64_t to_seq_read(uint32_t kind, struct bytes payload);

#endif
