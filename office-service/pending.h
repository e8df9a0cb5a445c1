/* What the state will be once everything in our outbox is in the log: what a command compares with
 * before it writes, so that a command given again after "broker not reached" writes nothing twice.
 * Own statements that the log has and our copy of it does not yet are taken in too. */
#ifndef NGANAM_OFFICE_PENDING_H
#define NGANAM_OFFICE_PENDING_H

#include "office-service/kv_overlay.h"
#include "office-service/office.h"

#define PENDING_KINDS 64u /* beyond the greatest kind the office writes */

struct pending {
    struct kv_overlay state;
    struct fold *fold;
    uint64_t newest[PENDING_KINDS]; /* by kind: our last statement the state has not yet; 0: none */
};

/* Borrows the view, which must stay open. The struct must not move. NG_ERR_NOMEM, storage errors.
 * pending_end is needed whatever comes back. */
enum ng_err pending_begin(struct office *o, const struct mirror_view *v,
                          struct pending *p) NG_MUST_USE;
void pending_end(struct pending *p); /* a zeroed one is fine */

const struct kv *pending_state(const struct pending *p);
struct set_cache *pending_sets(struct pending *p);

/* The number of our newest statement of this kind that the state has not yet; 0: none. */
uint64_t pending_newest(const struct pending *p, uint32_t kind);

#endif
