/* Changes to the small tables (registry, authors) that a batch will make, over what the store
 * holds: judging a batch needs them before anything is written. For lib/ledger alone. */
#ifndef NGANAM_LEDGER_LEDGER_OVERLAY_H
#define NGANAM_LEDGER_LEDGER_OVERLAY_H

#include "ledger/registry_fold.h"
#include "store/store.h"

struct ledger_overlay {
    struct store_txn *txn; /* what lies below; NULL: nothing */
    struct omap *changes;
};

enum ng_err ledger_overlay_init(struct ledger_overlay *o, struct store_txn *below) NG_MUST_USE;
void ledger_overlay_fini(struct ledger_overlay *o);

/* NG_ERR_NOT_FOUND. Values are borrowed until the next put. */
enum ng_err ledger_overlay_get(struct ledger_overlay *o, unsigned table, struct bytes key,
                               struct bytes *ret_value) NG_MUST_USE;
enum ng_err ledger_overlay_put(struct ledger_overlay *o, unsigned table, struct bytes key,
                               struct bytes value) NG_MUST_USE;
/* The registry's rows in it; sealed below, plain above. */
struct registry_fold_rows ledger_overlay_registry(struct ledger_overlay *o);

/* Writes the changes; may be called again for another transaction. */
enum ng_err ledger_overlay_flush(const struct ledger_overlay *o, struct store_txn *to) NG_MUST_USE;

#endif
