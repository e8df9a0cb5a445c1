/* How many of its deadlines a unit has kept in a year: what `tasks` components are scored from. */
#ifndef NGANAM_OFFICE_TALLY_ROW_H
#define NGANAM_OFFICE_TALLY_ROW_H

#include "office-service/state.h"
#include "par/decimal.h"

/* Sums over the due rows of a unit and year. */
struct tally_row {
    struct decimal due_weight;
    struct decimal on_time_weight;
    uint32_t due;
    uint32_t on_time;
};

/* Zeros where there is none. */
enum ng_err tally_row_get(const struct kv *kv, const char *unit, uint32_t year,
                          struct tally_row *ret) NG_MUST_USE;
/* The same for many units in their order. */
enum ng_err tally_row_ahead(struct kv_ahead *a, const struct kv *kv, const char *unit,
                            uint32_t year, struct tally_row *ret) NG_MUST_USE;
enum ng_err tally_row_put(const struct kv *kv, const char *unit, uint32_t year,
                          const struct tally_row *row) NG_MUST_USE;

#endif
