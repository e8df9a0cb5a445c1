#include "ledger/ledger_overlay.h"

#include "base/check.h"
#include "base/omap.h"
#include "ledger/ledger_table.h"
#include "ledger/registry_row.h"

#include <string.h>

enum { KEY_MAX = 64 };

/* One ordered map for both tables: the table's number comes first in the key. */
struct ledger_overlay_key {
    uint8_t bytes[1 + KEY_MAX];
    size_t size;
};

static struct ledger_overlay_key ledger_overlay_key(unsigned table, struct bytes key)
{
    CHECK(key.size <= KEY_MAX);
    struct ledger_overlay_key k = {.bytes = {(uint8_t)table}, .size = key.size + 1};
    memcpy(k.bytes + 1, key.data, key.size);
    return k;
}

enum ng_err ledger_overlay_init(struct ledger_overlay *o, struct store_txn *below)
{
    o->txn = below;
    o->changes = omap_new();
    return o->changes == NULL ? err_set(NG_ERR_NOMEM, "ledger: overlay") : NG_OK;
}

void ledger_overlay_fini(struct ledger_overlay *o)
{
    omap_destroy(&o->changes);
}

enum ng_err ledger_overlay_get(struct ledger_overlay *o, unsigned table, struct bytes key,
                               struct bytes *ret_value)
{
    struct ledger_overlay_key k = ledger_overlay_key(table, key);
    if (omap_get(o->changes, (struct bytes){k.bytes, k.size}, ret_value)) {
        return NG_OK;
    }
    if (o->txn == NULL) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    enum ng_err e = store_get(o->txn, table, key, ret_value);
    if (e == NG_OK && table == LEDGER_TABLE_REGISTRY) {
        e = registry_row_open(key, *ret_value, ret_value);
    }
    return e;
}

enum ng_err ledger_overlay_put(struct ledger_overlay *o, unsigned table, struct bytes key,
                               struct bytes value)
{
    struct ledger_overlay_key k = ledger_overlay_key(table, key);
    return omap_put(o->changes, (struct bytes){k.bytes, k.size}, value);
}

static enum ng_err ledger_overlay_get_row(void *context, struct bytes key, struct bytes *ret_row)
{
    return ledger_overlay_get(context, LEDGER_TABLE_REGISTRY, key, ret_row);
}

static enum ng_err ledger_overlay_put_row(void *context, struct bytes key, struct bytes row)
{
    return ledger_overlay_put(context, LEDGER_TABLE_REGISTRY, key, row);
}

struct registry_fold_rows ledger_overlay_registry(struct ledger_overlay *o)
{
    return (struct registry_fold_rows){o, ledger_overlay_get_row, ledger_overlay_put_row};
}

enum ng_err ledger_overlay_flush(const struct ledger_overlay *o, struct store_txn *to)
{
    struct bytes key;
    struct bytes value;
    for (size_t i = 0; omap_at(o->changes, i, &key, &value); i++) {
        unsigned table = key.data[0];
        struct bytes table_key = {key.data + 1, key.size - 1};
        struct registry_row sealed;
        if (table == LEDGER_TABLE_REGISTRY) {
            registry_row_seal(table_key, value, &sealed);
            value = REGISTRY_ROW(sealed);
        }
        enum ng_err e = store_put(to, table, table_key, value);
        if (e != NG_OK) {
            return e;
        }
    }
    return NG_OK;
}
