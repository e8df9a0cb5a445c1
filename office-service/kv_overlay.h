/* A map that shows another one with changes of its own on top: the state as it would be. What lies
 * below is only read. For what our outbox will make of the state, and for replays that begin at a
 * snapshot. */
#ifndef NGANAM_OFFICE_KV_OVERLAY_H
#define NGANAM_OFFICE_KV_OVERLAY_H

#include "base/omap.h"
#include "office-service/kv.h"

struct kv_overlay {
    const struct kv *below; /* borrowed; NULL: nothing lies below */
    struct omap *changes;   /* a value begins with one byte: there, or taken away */
    struct buf scratch;
    size_t size; /* about what the changes take in memory */
    size_t size_max;
    struct kv kv;
};

/* NG_ERR_NOMEM. The struct must not move afterwards: kv points into it. Beyond about size_max
 * bytes of memory a put is NG_ERR_LIMIT. */
enum ng_err kv_overlay_init(struct kv_overlay *o, const struct kv *below,
                            size_t size_max) NG_MUST_USE;
void kv_overlay_fini(struct kv_overlay *o); /* a zeroed one is fine */

#endif
