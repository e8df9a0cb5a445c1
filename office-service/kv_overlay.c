/* Two ordered maps walked as one: of equal keys the upper one counts, and a key that was taken away
 * above hides the one below. */
#include "office-service/kv_overlay.h"

#include "base/bytes.h"
#include "base/lang.h"

#include <string.h>

#define VALUE_SIZE_MAX (1u << 20)
#define ENTRY_COST 160u /* of a change beside its bytes: the map's node, what malloc adds */

enum { GONE, THERE };

static bool is_there(struct bytes change)
{
    return change.size > 0 && change.data[0] == THERE;
}

static struct bytes value_of(struct bytes change)
{
    return (struct bytes){change.data + 1, change.size - 1};
}

static enum ng_err overlay_get(void *self, struct bytes key, struct bytes *ret_value)
{
    const struct kv_overlay *o = self;
    struct bytes change;
    if (omap_get(o->changes, key, &change)) {
        *ret_value = is_there(change) ? value_of(change) : KV_NOTHING;
        return is_there(change) ? NG_OK : err_plain(NG_ERR_NOT_FOUND);
    }
    return o->below ? kv_get(o->below, key, ret_value) : err_plain(NG_ERR_NOT_FOUND);
}

static size_t cost(struct bytes key, size_t value_size)
{
    return key.size + value_size + ENTRY_COST;
}

/* What a key's change costs now. */
static size_t held(const struct kv_overlay *o, struct bytes key)
{
    struct bytes old;
    return omap_get(o->changes, key, &old) ? cost(key, old.size - 1) : 0;
}

static enum ng_err change(struct kv_overlay *o, struct bytes key, uint8_t how, struct bytes value)
{
    if (o->size + cost(key, value.size) > o->size_max) {
        return err_set(NG_ERR_LIMIT,
                       _("this needs more than %zu MB of memory: run nganam-office rebuild, which "
                         "keeps snapshots of the state to begin at"),
                       o->size_max >> 20);
    }
    buf_clear(&o->scratch);
    enum ng_err err = buf_add_byte(&o->scratch, how);
    if (!err && value.size) {
        err = buf_add(&o->scratch, value.data, value.size);
    }
    if (!err) {
        err = omap_put(o->changes, key, buf_bytes(&o->scratch));
    }
    return err;
}

/* Puts, and counts what it costs in place of what was there. */
static enum ng_err replace(struct kv_overlay *o, struct bytes key, uint8_t how, struct bytes value)
{
    size_t before = held(o, key);
    o->size -= before;
    enum ng_err err = change(o, key, how, value);
    o->size += err ? before : cost(key, value.size);
    return err;
}

static enum ng_err overlay_put(void *self, struct bytes key, struct bytes value)
{
    return replace(self, key, THERE, value);
}

static enum ng_err overlay_remove(void *self, struct bytes key)
{
    struct kv_overlay *o = self;
    if (o->below) {
        return replace(o, key, GONE, (struct bytes){NULL, 0});
    }
    o->size -= held(o, key);
    (void)omap_remove(o->changes, key);
    return NG_OK;
}

static enum ng_err overlay_seek(void *self, struct bytes key, struct bytes *ret_key,
                                struct bytes *ret_value)
{
    struct kv_overlay *o = self;
    uint8_t next[KV_KEY_MAX + 2];
    for (;;) {
        struct bytes mine;
        struct bytes said;
        bool above = omap_seek(o->changes, key, &mine, &said);
        enum ng_err err = o->below ? kv_seek(o->below, key, ret_key, ret_value) : NG_ERR_NOT_FOUND;
        if (err && err != NG_ERR_NOT_FOUND) {
            return err;
        }
        if (!above || (!err && bytes_compare(*ret_key, mine) < 0)) {
            return err ? err_plain(err) : NG_OK;
        }
        if (is_there(said)) {
            *ret_key = mine;
            *ret_value = value_of(said);
            return NG_OK;
        }
        /* Taken away: look behind it. */
        memcpy(next, mine.data, mine.size);
        next[mine.size] = 0;
        key = (struct bytes){next, mine.size + 1};
    }
}

static const struct kv_ops overlay_ops = {
    .get = overlay_get,
    .put = overlay_put,
    .remove = overlay_remove,
    .seek = overlay_seek,
};

enum ng_err kv_overlay_init(struct kv_overlay *o, const struct kv *below, size_t size_max)
{
    *o = (struct kv_overlay){.below = below, .size_max = size_max};
    buf_init(&o->scratch, VALUE_SIZE_MAX);
    o->changes = omap_new();
    if (!o->changes) {
        return err_plain(NG_ERR_NOMEM);
    }
    o->kv = (struct kv){&overlay_ops, o};
    return NG_OK;
}

void kv_overlay_fini(struct kv_overlay *o)
{
    omap_destroy(&o->changes);
    buf_fini(&o->scratch);
}
