/* The outbox: own statements in the order of their seq, the receipts that came for them, and the
 * marks of each key epoch. Everything here happens inside the caller's store transaction, so two
 * processes can never give the same seq away. */
#ifndef NGANAM_PARTY_OUTBOX_H
#define NGANAM_PARTY_OUTBOX_H

#include "ledger/receipt.h"
#include "party/identity.h"
#include "party/party.h"
#include "store/store.h"

#define OUTBOX_CAUSE_MAX 64

struct outbox_marks {
    uint64_t authored;  /* newest own seq */
    uint64_t delivered; /* all up to here have a verified receipt */
    struct hash prev;   /* SHA-256 of statement `authored`; zeros at 0 */
    uint32_t mute;      /* enum uplink_mute that forbids authoring; 0: none */
};
/* Zeros for an epoch that has nothing yet. */
enum ng_err outbox_marks(struct store_txn *t, uint32_t epoch, struct outbox_marks *ret) NG_MUST_USE;
enum ng_err outbox_set_mute(struct store_txn *t, uint32_t epoch, uint32_t mute) NG_MUST_USE;

/* The newest head we verified, which each statement names: read and verified by the first statement
 * of a transaction, for all of it. Begins zeroed. */
struct outbox_seen {
    bool known;
    uint64_t size;
    struct hash root;
};

/* Numbers, chains, signs and stores one statement. ret_seq 0: its cause was authored before.
 * NG_ERR_REFUSED when this epoch is muted or was left (another process enrolled the folder again
 * since the identity was loaded), NG_ERR_LIMIT, NG_ERR_INPUT (cause too long). */
enum ng_err outbox_author(struct store_txn *t, const struct identity *id, struct outbox_seen *seen,
                          const struct party_draft *draft, int64_t now_ms,
                          uint64_t *ret_seq) NG_MUST_USE;

/* An own statement with its signature (64 bytes), borrowed; NG_ERR_NOT_FOUND. */
enum ng_err outbox_get(struct store_txn *t, uint32_t epoch, uint64_t seq,
                       struct bytes *ret_statement, struct bytes *ret_signature) NG_MUST_USE;

/* Keeps a verified receipt and moves the delivered mark over all that now follow without a gap. A
 * receipt that is there already stays. */
enum ng_err outbox_keep_receipt(struct store_txn *t, uint32_t epoch, uint64_t seq,
                                const struct receipt *receipt, struct bytes text) NG_MUST_USE;
/* NG_ERR_NOT_FOUND while there is none. The text is borrowed. */
enum ng_err outbox_receipt(struct store_txn *t, uint32_t epoch, uint64_t seq, uint64_t *ret_index,
                           uint64_t *ret_received_at, struct bytes *ret_text) NG_MUST_USE;

/* Forgets an epoch's undelivered statements' causes, so that they can be authored again under a new
 * key. ret_undelivered: how many statements never got a receipt. */
enum ng_err outbox_release_causes(struct store_txn *t, uint32_t epoch,
                                  uint64_t *ret_undelivered) NG_MUST_USE;

/* The first epoch from `from` on that has marks; NG_ERR_NOT_FOUND behind the last. */
enum ng_err outbox_find_epoch(struct store_txn *t, uint32_t from, uint32_t *ret_epoch) NG_MUST_USE;

/* Takes back what was authored in an epoch whose enrolment never reached the log. NG_ERR_REFUSED
 * once anything of it has a receipt. */
enum ng_err outbox_forget_epoch(struct store_txn *t, uint32_t epoch) NG_MUST_USE;

#endif
