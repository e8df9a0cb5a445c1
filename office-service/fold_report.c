/* A unit's answer to one component. The newest accepted one counts. */
#include "office-service/fold_act.h"
#include "office-service/fold_component.h"
#include "par/report.h"

enum ng_err fold_report_apply(struct fold *f, const struct fold_origin *origin,
                              const struct wire_act *act, struct fold_judged *judged)
{
    const struct wire_report *said = &act->u.report;
    const struct criteria *set;
    char group[STATE_CODE_SIZE];
    enum ng_err err = fold_component_board(f, origin->author, said->year, judged, group, &set);
    if (err || !set) {
        return err;
    }
    struct report_judged answer;
    enum reason reason = report_check(set, said, &answer);
    if (reason) {
        return fold_refuse(judged, reason, answer.argument);
    }
    const struct score_place at = {said->year, group, origin->author};
    return fold_component_put(f, origin, act, &at, answer.node, &answer.score);
}
