/* Survey points (điều tra xã hội học), entered by the office: never self-scored. */
#ifndef NGANAM_PAR_SURVEY_H
#define NGANAM_PAR_SURVEY_H

#include "par/score.h"

/* Columns unit,code,value, all required; every code is a survey leaf of the set, 0 ≤ value ≤ its
 * maximum, a unit and code stand in it once. Gives WIRE_ACT_SURVEY acts with canonical values;
 * whether the units exist is the caller's to ask (actlist_line). set NULL: there is none, only the
 * cells are read. NG_ERR_INPUT with every fault listed, and then with the acts as far as they read,
 * so that the caller can add what it finds (NULL: not even a table); NG_ERR_NOMEM. */
enum ng_err survey_parse_csv(struct bytes file, const struct criteria *set,
                             struct fault_list *faults, struct actlist **ret) NG_MUST_USE;

/* What the fold asks of one from the log, and its score; ret_field is the field at fault, static,
 * and ret_node the leaf (CRITERIA_NONE if unknown). */
enum reason survey_check(const struct criteria *set, const struct wire_survey *survey,
                         uint32_t *ret_node, struct score *ret_score,
                         const char **ret_field) NG_MUST_USE;

bool survey_equal(const struct wire_survey *a, const struct wire_survey *b);

#endif
