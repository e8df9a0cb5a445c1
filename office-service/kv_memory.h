/* The fold's state in memory: for tests and simulations. */
#ifndef NGANAM_OFFICE_KV_MEMORY_H
#define NGANAM_OFFICE_KV_MEMORY_H

#include "base/omap.h"
#include "office-service/kv.h"

struct kv_memory {
    struct omap *map;
    struct kv kv;
};

/* NG_ERR_NOMEM. The struct must not move afterwards: kv points into it. */
enum ng_err kv_memory_init(struct kv_memory *m) NG_MUST_USE;
void kv_memory_fini(struct kv_memory *m);

#endif
