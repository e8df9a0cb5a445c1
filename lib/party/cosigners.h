/* Whose cosignatures count, as the log says: the registry's rows in the party's store, folded from
 * the registry kinds by the broker's own rules (registry_fold.h), so that a key is one that an
 * invite stands for and that was neither revoked nor still waits to be confirmed. Only readers of
 * the whole log have them. */
#ifndef NGANAM_PARTY_COSIGNERS_H
#define NGANAM_PARTY_COSIGNERS_H

#include "ledger/registry_fold.h"
#include "store/store.h"

/* Who looks at each leaf of the registry, with the rows as it left them, in the transaction that
 * changed them. */
struct cosigners_watch {
    void *context;
    enum ng_err (*look)(void *context, struct store_txn *t, const struct registry_fold_rows *rows,
                        const struct leaf *leaf, const struct statement *s, struct bytes encoded);
};

/* Folds these encoded leaves, as far as they are of the registry; none: no transaction. The same
 * ones again change nothing. watch may be NULL. */
enum ng_err cosigners_fold(struct store *s, const struct bytes *leaves, size_t count,
                           const struct cosigners_watch *watch) NG_MUST_USE;

/* NG_ERR_NOT_FOUND: not known, or does not count. */
enum ng_err cosigners_get(struct store_txn *t, const char *party,
                          struct registry_party *ret) NG_MUST_USE;
/* The index of the newest entry that these rows say something of. */
enum ng_err cosigners_newest(struct store_txn *t, uint64_t *ret_index) NG_MUST_USE;
/* Each that counts, in order of its code. Stops at the first error. */
enum ng_err cosigners_each(struct store_txn *t, registry_each_fn fn, void *context) NG_MUST_USE;

#endif
