/* What units said about their tasks. */
#ifndef NGANAM_OFFICE_PROGRESS_ROW_H
#define NGANAM_OFFICE_PROGRESS_ROW_H

#include "office-service/state.h"

/* The last accepted statement of a unit about one task (unit, code, first year of the task). */
struct progress_row {
    uint32_t percent;
    uint64_t index; /* of the leaf */
    uint64_t received_at;
    uint64_t done_at;    /* when the present run of "100 %" began; 0: it does not say 100 */
    uint64_t done_index; /* the leaf that began it */
    struct bytes said;   /* borrowed from the state */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err progress_row_get(const struct kv *kv, const char *unit, const char *code, uint32_t from,
                             struct progress_row *ret) NG_MUST_USE;
enum ng_err progress_row_put(const struct kv *kv, const char *unit, const char *code, uint32_t from,
                             const struct progress_row *row) NG_MUST_USE;

#endif
