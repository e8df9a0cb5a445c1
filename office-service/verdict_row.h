/* Verdicts in the state, by the index of the leaf they judge. One of many findings has parts, from
 * 0, each a statement of its own. */
#ifndef NGANAM_OFFICE_VERDICT_ROW_H
#define NGANAM_OFFICE_VERDICT_ROW_H

#include "office-service/state.h"

struct verdict_row {
    char author[STATE_UNIT_SIZE]; /* whom it goes to */
    struct bytes payload;         /* encoded Acts of one verdict; borrowed from the state */
};

/* NG_ERR_NOT_FOUND: that leaf is judged later (a part of an import), or never (a tick); or its
 * verdict has fewer parts. */
enum ng_err verdict_row_get(const struct kv *kv, uint64_t index, uint32_t part,
                            struct verdict_row *ret) NG_MUST_USE;
enum ng_err verdict_row_put(const struct kv *kv, uint64_t index, uint32_t part,
                            const struct verdict_row *row, bool owed) NG_MUST_USE;

/* This part is in the log now. */
enum ng_err verdict_row_settle(const struct kv *kv, uint64_t index, uint32_t part) NG_MUST_USE;
/* The first verdict with index ≥ from of which a part is owed; NG_ERR_NOT_FOUND. */
enum ng_err verdict_row_owed(const struct kv *kv, uint64_t from, uint64_t *ret_index) NG_MUST_USE;

#endif
