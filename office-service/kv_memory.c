#include "office-service/kv_memory.h"

static enum ng_err memory_get(void *self, struct bytes key, struct bytes *ret_value)
{
    const struct kv_memory *m = self;
    return omap_get(m->map, key, ret_value) ? NG_OK : err_plain(NG_ERR_NOT_FOUND);
}

static enum ng_err memory_put(void *self, struct bytes key, struct bytes value)
{
    struct kv_memory *m = self;
    return omap_put(m->map, key, value);
}

static enum ng_err memory_remove(void *self, struct bytes key)
{
    struct kv_memory *m = self;
    (void)omap_remove(m->map, key);
    return NG_OK;
}

static enum ng_err memory_seek(void *self, struct bytes key, struct bytes *ret_key,
                               struct bytes *ret_value)
{
    const struct kv_memory *m = self;
    return omap_seek(m->map, key, ret_key, ret_value) ? NG_OK : err_plain(NG_ERR_NOT_FOUND);
}

static const struct kv_ops memory_ops = {
    .get = memory_get,
    .put = memory_put,
    .remove = memory_remove,
    .seek = memory_seek,
};

enum ng_err kv_memory_init(struct kv_memory *m)
{
    m->map = omap_new();
    if (!m->map) {
        return err_plain(NG_ERR_NOMEM);
    }
    m->kv = (struct kv){&memory_ops, m};
    return NG_OK;
}

void kv_memory_fini(struct kv_memory *m)
{
    omap_destroy(&m->map);
}
