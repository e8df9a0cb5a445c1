/* What a reader of the whole log knows of the parties' cosignatures: who has cosigned the
 * newest witness heads, each verified under the key that counts (cosigners.h). In the
 * party's store; others than log readers have nothing here. */
#ifndef NGANAM_PARTY_COSIGNED_H
#define NGANAM_PARTY_COSIGNED_H

#include "ledger/cosign.h"
#include "proto/wire_queue.h"
#include "store/store.h"

#define COSIGNED_HEADS_MAX 64 /* the newest */

/* What a Cosigned brought; its head is verified. Borrowed. */
struct cosigned_answer {
    struct note_head head;
    struct bytes note;
    const struct wire_witness *witnesses;
    size_t count;
};
/* Keeps the head, and of the cosignatures those that hold under the keys known. */
enum ng_err cosigned_keep(struct store_txn *t, const struct cosigned_answer *a) NG_MUST_USE;

/* How many parties count (cosigners.h): the N of cosign_quorum. */
enum ng_err cosigned_parties(struct store_txn *t, size_t *ret_count) NG_MUST_USE;
/* The newest witness head kept with a size below this one (UINT64_MAX: the newest of all) and how
 * many have cosigned it. NG_ERR_NOT_FOUND. */
struct cosigned_head {
    uint64_t size;
    struct bytes note; /* borrowed from the transaction */
    size_t count;
};
enum ng_err cosigned_before(struct store_txn *t, uint64_t size,
                            struct cosigned_head *ret) NG_MUST_USE;
/* The newest of at most this size that enough have cosigned, or else the newest. */
enum ng_err cosigned_final(struct store_txn *t, uint64_t most, size_t needed,
                           struct cosigned_head *ret) NG_MUST_USE;
/* Each party in order of its code, with its cosignature of the head of this size; NULL: it has not
 * cosigned it with its present key. Stops at the first error. */
typedef enum ng_err (*cosigned_fn)(void *context, const char *party, const struct key_public *key,
                                   const uint8_t *cosignature);
enum ng_err cosigned_each(struct store_txn *t, uint64_t size, cosigned_fn fn,
                          void *context) NG_MUST_USE;

#endif
