/* Which group a unit belonged to, and when: its periods.
 *
 * A period begins on its first day and lasts to its last day, or to the day before the next period
 * of the unit begins, whichever is earlier. Between two periods, before the first and after the
 * last the unit is not valid. On a day a unit belongs to one group or to none; on a year's board it
 * stands once, in the group it belonged to last in that year (docs/adr/0008). */
#ifndef NGANAM_OFFICE_MEMBER_ROW_H
#define NGANAM_OFFICE_MEMBER_ROW_H

#include "office-service/state.h"

#include <stdbool.h>

#define MEMBER_DAY_LAST INT32_MAX /* later than any day a period may begin on */

struct member_row {
    int32_t from; /* DAY_NONE: always was */
    int32_t to;   /* the last day as it was said; DAY_NONE: no end */
    char group[STATE_CODE_SIZE];
};

/* The newest period that begins on that day or before it, ended or not; NG_ERR_NOT_FOUND. */
enum ng_err member_row_begun(const struct kv *kv, const char *unit, int32_t day,
                             struct member_row *ret) NG_MUST_USE;
/* The period of that day; NG_ERR_NOT_FOUND: the unit is not valid then. */
enum ng_err member_row_on(const struct kv *kv, const char *unit, int32_t day,
                          struct member_row *ret) NG_MUST_USE;
/* The last period that has a day in the calendar year; NG_ERR_NOT_FOUND: it stands on no board of
 * that year. */
enum ng_err member_row_in(const struct kv *kv, const char *unit, uint32_t year,
                          struct member_row *ret) NG_MUST_USE;

/* Writes a period, replacing the one that begins on the same day, or removes one that is there; the
 * unit stands in the lists of exactly the groups it has a period in (unit_walk). */
enum ng_err member_row_put(const struct kv *kv, const char *unit,
                           const struct member_row *row) NG_MUST_USE;
enum ng_err member_row_remove(const struct kv *kv, const char *unit,
                              const struct member_row *row) NG_MUST_USE;

/* Whether the unit has a period in the group. */
enum ng_err member_row_has(const struct kv *kv, const char *unit, const char *group,
                           bool *ret) NG_MUST_USE;

/* The periods of a unit, the newest first; `to` is the day they really end. */
struct member_walk {
    struct kv_walk walk;
    size_t prefix_size;
    int32_t next_from; /* of the period given before; DAY_NONE: none yet */
};
void member_walk_begin(struct member_walk *w, const struct kv *kv, const char *unit);
enum ng_err member_walk_next(struct member_walk *w, struct member_row *ret) NG_MUST_USE;

#endif
