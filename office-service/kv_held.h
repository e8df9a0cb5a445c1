/* A map over the fold's own, for one batch of leaves: the few rows that every leaf reads or writes
 * (the tables are named in kv_held.c) are held in memory and written back once. Whoever reads
 * through it sees the one map that it would be without. What is not written back never was: after
 * an error the batch is rolled back as a whole. */
#ifndef NGANAM_OFFICE_KV_HELD_H
#define NGANAM_OFFICE_KV_HELD_H

#include "base/omap.h"
#include "office-service/kv.h"

struct kv_held {
    const struct kv *below; /* borrowed */
    struct omap *rows;      /* a value begins with one byte: as it is below, or changed */
    struct buf scratch;
    struct kv kv;
};

/* NG_ERR_NOMEM. The struct must not move afterwards: kv points into it. */
enum ng_err kv_held_init(struct kv_held *h, const struct kv *below) NG_MUST_USE;
/* Writes back what was changed and holds nothing more. */
enum ng_err kv_held_flush(struct kv_held *h) NG_MUST_USE;
/* Forgets what was not written back; a zeroed one is fine. */
void kv_held_fini(struct kv_held *h);

#endif
