/* The idea: a row of these tables costs a way down the store's tree, its seal and its copy with
 * each leaf, though a batch has thousands of leaves and a few dozen such rows. The happy path: the
 * first get or put of a row takes it in, the flush at the batch's end writes what was changed. A
 * removal goes through at once, so the rows held need no sign for "taken away", and a seek is the
 * smaller of two. All other tables pass through: held as a whole the state is no faster. */
#include "office-service/kv_held.h"

#include "base/bytes.h"
#include "office-service/state.h"

#include <string.h>

#define ROWS_MAX 4096u /* more parties than that in one batch: written back, and begun anew */
#define VALUE_SIZE_MAX (1u << 20)

enum { AS_BELOW, CHANGED };

/* Read with every leaf, and most of them written: small rows, and few. */
static bool is_held(struct bytes key)
{
    static const char tables[] = {STATE_META, STATE_PARTY, STATE_KEYS, STATE_NEWEST, STATE_SET};
    return key.size > 0 && memchr(tables, key.data[0], sizeof(tables)) != NULL;
}

static struct bytes value_of(struct bytes row)
{
    return (struct bytes){row.data + 1, row.size - 1};
}

static enum ng_err hold(struct kv_held *h, struct bytes key, uint8_t how, struct bytes value)
{
    buf_clear(&h->scratch);
    enum ng_err err = buf_add_byte(&h->scratch, how);
    if (!err && value.size > 0) {
        err = buf_add(&h->scratch, value.data, value.size);
    }
    return err ? err : omap_put(h->rows, key, buf_bytes(&h->scratch));
}

/* What was borrowed stays: no row is replaced, and none is let go. */
static enum ng_err held_get(void *self, struct bytes key, struct bytes *ret_value)
{
    struct kv_held *h = self;
    struct bytes row;
    if (!is_held(key)) {
        return kv_get(h->below, key, ret_value);
    }
    if (omap_get(h->rows, key, &row)) {
        *ret_value = value_of(row);
        return NG_OK;
    }
    enum ng_err err = kv_get(h->below, key, ret_value);
    return err || omap_count(h->rows) == ROWS_MAX ? err : hold(h, key, AS_BELOW, *ret_value);
}

static enum ng_err held_put(void *self, struct bytes key, struct bytes value)
{
    struct kv_held *h = self;
    if (!is_held(key)) {
        return kv_put(h->below, key, value);
    }
    enum ng_err err = omap_count(h->rows) == ROWS_MAX ? kv_held_flush(h) : NG_OK;
    return err ? err : hold(h, key, CHANGED, value);
}

static enum ng_err held_remove(void *self, struct bytes key)
{
    struct kv_held *h = self;
    if (is_held(key)) {
        (void)omap_remove(h->rows, key);
    }
    return kv_remove(h->below, key);
}

static enum ng_err held_seek(void *self, struct bytes key, struct bytes *ret_key,
                             struct bytes *ret_value)
{
    struct kv_held *h = self;
    struct bytes mine, row;
    enum ng_err err = kv_seek(h->below, key, ret_key, ret_value);
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    if (!omap_seek(h->rows, key, &mine, &row) || (!err && bytes_compare(*ret_key, mine) < 0)) {
        return err;
    }
    *ret_key = mine;
    *ret_value = value_of(row);
    return NG_OK;
}

static const struct kv_ops held_ops = {
    .get = held_get,
    .put = held_put,
    .remove = held_remove,
    .seek = held_seek,
};

enum ng_err kv_held_init(struct kv_held *h, const struct kv *below)
{
    *h = (struct kv_held){.below = below};
    buf_init(&h->scratch, VALUE_SIZE_MAX);
    h->rows = omap_new();
    if (!h->rows) {
        return err_plain(NG_ERR_NOMEM);
    }
    h->kv = (struct kv){&held_ops, h};
    return NG_OK;
}

enum ng_err kv_held_flush(struct kv_held *h)
{
    struct bytes key, row;
    for (size_t i = 0; omap_at(h->rows, i, &key, &row); i++) {
        enum ng_err err = row.data[0] == CHANGED ? kv_put(h->below, key, value_of(row)) : NG_OK;
        if (err) {
            return err;
        }
    }
    omap_destroy(&h->rows);
    h->rows = omap_new();
    return h->rows ? NG_OK : err_plain(NG_ERR_NOMEM);
}

void kv_held_fini(struct kv_held *h)
{
    omap_destroy(&h->rows);
    buf_fini(&h->scratch);
}
