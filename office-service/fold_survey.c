/* Survey points, entered by the office for a unit. They count on the basis `live` once entered. */
#include "office-service/fold_act.h"
#include "office-service/fold_component.h"
#include "par/survey.h"

enum ng_err fold_survey_apply(struct fold *f, const struct fold_origin *origin,
                              const struct wire_act *act, struct fold_judged *judged)
{
    const struct wire_survey *said = &act->u.survey;
    const struct criteria *set;
    char group[STATE_CODE_SIZE];
    enum ng_err err = fold_component_board(f, said->unit, said->year, judged, group, &set);
    if (err || !set) {
        return err;
    }
    uint32_t node;
    struct score score;
    const char *field = "";
    enum reason reason = survey_check(set, said, &node, &score, &field);
    if (reason) {
        return fold_refuse(judged, reason, field);
    }
    const struct score_place at = {said->year, group, said->unit};
    return fold_component_put(f, origin, act, &at, node, &score);
}
