/* What this machine knows of witness heads, for status and witnesses. */
#ifndef NGANAM_OFFICE_WITNESS_VIEW_H
#define NGANAM_OFFICE_WITNESS_VIEW_H

#include "office-service/office.h"

struct witness_view {
    uint64_t size; /* of the newest witness head; 0: none yet */
    size_t cosigned;
    uint64_t final_size; /* of the newest final one; 0: none */
    size_t parties;
    size_t needed;
};
enum ng_err witness_view(struct office *o, struct witness_view *ret) NG_MUST_USE;

#endif
