/* What others say they have seen: each statement names, under its author's signature, the newest
 * tree head its author verified. A broker that shows us another log than him cannot alter that, so
 * the head he names is proved against ours (exchange_seen.c), the newest of each author. */
#ifndef NGANAM_PARTY_SEEN_H
#define NGANAM_PARTY_SEEN_H

#include "ledger/leaf.h"
#include "ledger/note.h"
#include "party/identity.h"
#include "store/store.h"

struct seen_head {
    struct party_code author; /* "": nobody said it, the log's key signed it: it was brought here */
    uint64_t index;           /* of the leaf that says it, or whose receipt it stands under */
    uint64_t size;
    struct hash root;
};

/* A leaf that was read, with its bytes. An alarm if its author saw more entries than lay before it;
 * else what it says waits for a proof, unless the author's word on as much was proved before. */
enum ng_err seen_look(struct store_txn *t, const struct identity *id, const struct leaf *leaf,
                      struct bytes encoded, int64_t now_ms) NG_MUST_USE;

/* A head with the log's signature that came by another road than our own connection. It waits. */
enum ng_err seen_brought(struct store_txn *t, const struct note_head *head,
                         uint64_t index) NG_MUST_USE;

/* Of those that wait the one whose turn it is after this one; NG_ERR_NOT_FOUND. */
enum ng_err seen_next(struct store_txn *t, const struct seen_head *after,
                      struct seen_head *ret) NG_MUST_USE;
/* It was proved: it waits no more, unless a newer one took its place. */
enum ng_err seen_proved(struct store_txn *t, const struct seen_head *h) NG_MUST_USE;
/* It is no part of our log, whose newest head is this note: an alarm, and it waits no more. */
enum ng_err seen_differs(struct store_txn *t, const struct seen_head *h, struct bytes note,
                         int64_t now_ms) NG_MUST_USE;

#endif
