/* What a batch will append: each statement is judged against the log and the statements accepted
 * before it in the same batch. Reads only; writing is ledger_append.c's. For lib/ledger alone. */
#ifndef NGANAM_LEDGER_LEDGER_ADMIT_H
#define NGANAM_LEDGER_LEDGER_ADMIT_H

#include "ledger/ledger_overlay.h"
#include "ledger/ledger_state.h"

/* A leaf to be; its index is the plan's first_index + its place. */
struct ledger_admit_leaf {
    struct leaf leaf;
    struct party_code inbox; /* in whose it lies; "": nobody's */
    uint8_t signature[KEY_SIGNATURE_SIZE];
    uint8_t *owned; /* the statement, when the log itself authored it; else NULL */
};

struct ledger_admit {
    struct ledger *ledger;
    struct store_txn *txn; /* the snapshot judged against; NULL for genesis */
    struct ledger_overlay overlay;
    uint64_t first_index;
    uint64_t received_at; /* of every leaf of the batch */
    struct ledger_admit_leaf *leaves;
    size_t count;
    size_t capacity;
};

/* capacity: the most leaves it may come to; an item gives one at most. head is the snapshot's. */
enum ng_err ledger_admit_init(struct ledger_admit *a, struct ledger *l, struct store_txn *txn,
                              size_t capacity, uint64_t now_ms) NG_MUST_USE;
void ledger_admit_fini(struct ledger_admit *a);

/* Fills the item's results. Errors are of the store; a refusal is a result. */
enum ng_err ledger_admit_item(struct ledger_admit *a, struct ledger_item *item) NG_MUST_USE;

/* A statement of the log itself; NG_ERR_REFUSED by the registry's rules. */
enum ng_err ledger_admit_log(struct ledger_admit *a, uint32_t kind, const struct party_code *to,
                             struct bytes payload) NG_MUST_USE;

/* A leaf of this log that was lost, to be put back as it was: with its own time, index and key.
 * Judged like any other; NG_ERR_VERIFY: by the rules it was never taken. Copies the bytes. */
enum ng_err ledger_admit_original(struct ledger_admit *a, uint64_t index,
                                  struct bytes encoded) NG_MUST_USE;

#endif
