/* The fold's state as one table of the store, inside a transaction that the caller begins and ends.
 */
#ifndef NGANAM_OFFICE_KV_STORE_H
#define NGANAM_OFFICE_KV_STORE_H

#include "office-service/kv.h"
#include "store/store.h"

struct kv_store {
    struct store_txn *txn; /* borrowed */
    unsigned table;
    struct store_cursor *cursor; /* opened by the first seek */
    struct bytes at;             /* the key the cursor stands on after a seek; data NULL: unknown */
    bool changed;                /* by this transaction: the cursor may stand elsewhere */
    struct kv kv;
};

/* The struct must not move afterwards. In a read transaction kv_put fails. */
void kv_store_init(struct kv_store *s, struct store_txn *txn, unsigned table);
/* Before the transaction ends. */
void kv_store_fini(struct kv_store *s);

#endif
