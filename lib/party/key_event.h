/* What is done about this machine's own key and was not begun here: an alarm, for whoever may do it
 * can take the party's place. */
#ifndef NGANAM_PARTY_KEY_EVENT_H
#define NGANAM_PARTY_KEY_EVENT_H

#include "ledger/leaf.h"
#include "party/identity.h"
#include "store/store.h"

/* A leaf that came into the inbox, with its bytes: another slip for this party, a freeze or its
 * end. What lies before the present key's own beginning led to it, and is passed over. A revoked
 * key reads no inbox: the broker's answer is that alarm. */
enum ng_err key_event_look(struct store_txn *t, const struct identity *id, const struct leaf *leaf,
                           struct bytes encoded, int64_t now_ms) NG_MUST_USE;

/* The same of a log reader's batch (the office, an auditor), before it is applied: he sees what is
 * in nobody's inbox too. What was read before is passed over. */
enum ng_err key_event_look_log(struct store *store, const struct identity *id,
                               const struct bytes *leaves, size_t count,
                               int64_t now_ms) NG_MUST_USE;

/* The folder's key of epoch `old` is followed by that of `next`: those between were others'. */
enum ng_err key_event_between(struct store *s, uint32_t old, uint32_t next,
                              int64_t now_ms) NG_MUST_USE;

#endif
