#include "office-service/kv.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"

#include <string.h>

enum ng_err kv_get(const struct kv *kv, struct bytes key, struct bytes *ret_value)
{
    return kv->ops->get(kv->self, key, ret_value);
}

enum ng_err kv_put(const struct kv *kv, struct bytes key, struct bytes value)
{
    CHECK(key.size > 0 && key.size <= KV_KEY_MAX);
    return kv->ops->put(kv->self, key, value);
}

enum ng_err kv_remove(const struct kv *kv, struct bytes key)
{
    return kv->ops->remove(kv->self, key);
}

enum ng_err kv_seek(const struct kv *kv, struct bytes key, struct bytes *ret_key,
                    struct bytes *ret_value)
{
    return kv->ops->seek(kv->self, key, ret_key, ret_value);
}

void kv_walk_begin(struct kv_walk *w, const struct kv *kv, struct bytes prefix)
{
    CHECK(prefix.size <= KV_KEY_MAX);
    w->kv = kv;
    w->prefix_size = prefix.size;
    w->size = prefix.size;
    memcpy(w->key, prefix.data, prefix.size);
}

enum ng_err kv_walk_next(struct kv_walk *w, struct bytes *ret_key, struct bytes *ret_value)
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_seek(w->kv, (struct bytes){w->key, w->size}, &key, &value);
    if (err) {
        return err;
    }
    if (key.size < w->prefix_size || memcmp(key.data, w->key, w->prefix_size) != 0) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    /* The smallest key greater than this one: the same with a zero byte behind. */
    if (key.size > KV_KEY_MAX) {
        return err_set(NG_ERR_CORRUPT, _("the state holds a key longer than any it writes"));
    }
    memcpy(w->key, key.data, key.size);
    w->key[key.size] = 0;
    w->size = key.size + 1;
    *ret_key = key;
    *ret_value = value;
    return NG_OK;
}

static bool is_in_gap(const struct kv_ahead *a, struct bytes key)
{
    return a->known && bytes_compare(key, (struct bytes){a->from, a->from_size}) >= 0 &&
           (a->end || bytes_compare(key, (struct bytes){a->next, a->next_size}) < 0);
}

enum ng_err kv_ahead_get(struct kv_ahead *a, const struct kv *kv, struct bytes key,
                         struct bytes *ret_value)
{
    struct bytes found = {NULL, 0};
    if (is_in_gap(a, key)) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    enum ng_err err = kv_seek(kv, key, &found, ret_value);
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    if (!err && bytes_compare(found, key) == 0) {
        return NG_OK;
    }
    *a = (struct kv_ahead){.end = err == NG_ERR_NOT_FOUND};
    if (key.size > KV_KEY_MAX || found.size > KV_KEY_MAX) {
        return err_set(NG_ERR_CORRUPT, _("the state holds a key longer than any it writes"));
    }
    memcpy(a->from, key.data, key.size);
    a->from_size = key.size;
    if (!a->end) {
        memcpy(a->next, found.data, found.size);
        a->next_size = found.size;
    }
    err = kv_get(kv, key, ret_value); /* a store believes a miss only after a second look */
    a->known = err == NG_ERR_NOT_FOUND;
    return err;
}
