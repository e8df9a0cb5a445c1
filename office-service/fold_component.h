/* Inside the fold: what an answer of a unit and a survey value of the office have in common. */
#ifndef NGANAM_OFFICE_FOLD_COMPONENT_H
#define NGANAM_OFFICE_FOLD_COMPONENT_H

#include "office-service/fold_act.h"

/* The set of the board a unit is on in that year; judged says no where there is none, and *ret_set
 * is NULL then. Copies the board's group into ret_group. */
enum ng_err fold_component_board(struct fold *f, const char *unit, uint32_t year,
                                 struct fold_judged *judged, char ret_group[STATE_CODE_SIZE],
                                 const struct criteria **ret_set) NG_MUST_USE;

/* The newest value of a component: kept, with its score in the sums of the bases that count it. The
 * same act again changes nothing. */
enum ng_err fold_component_put(struct fold *f, const struct fold_origin *origin,
                               const struct wire_act *act, const struct score_place *at,
                               uint32_t node, const struct score *score) NG_MUST_USE;

#endif
