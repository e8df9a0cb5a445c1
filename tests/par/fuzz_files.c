/* Goal: no file a person may hand over makes a reader of lib/par read or write outside, leak or
 * hang; what a reader accepts, the check of the fold accepts; a set comes back from the log the
 * same. */
#include "base/check.h"
#include "par/report.h"
#include "par/survey.h"
#include "par/task.h"
#include "par/unit.h"
#include "proto/fuzz_target.h"

#include <string.h>

static const char fixed_set[] =
    "code,parent,level,name_vi,max_points,method,params,na_policy\n"
    "1,,field,N,20,sum,,\n2,,field,N,35,survey,,\n"
    "1.1,1,criterion,N,5,points,,\n1.2,1,criterion,N,5,choice,co:5|khong:0,full\n"
    "1.3,1,criterion,N,5,ratio,target=80 step=0.25 over,na=rescale none=zero\n"
    "1.4,1,criterion,N,5,bands,>=95:5|:0,rescale\n";

static void set_file(struct bytes file)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL, *back = NULL;
    struct actlist *acts = NULL;

    if (criteria_parse_csv(file, "S", 2026, "g", &faults, &set) == NG_OK) {
        CHECK(!fault_any(&faults));
        CHECK(criteria_to_acts(set, &acts) == NG_OK);
        CHECK(criteria_from_acts(actlist_acts(acts), actlist_count(acts), &faults, &back) == NG_OK);
        CHECK(criteria_equal(set, back));
    } else {
        CHECK(fault_any(&faults));
    }
    criteria_destroy(&back);
    criteria_destroy(&set);
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

/* Every act that came out passes the fold's own check. */
static void check_acts(const struct criteria *set, const struct actlist *acts)
{
    struct report_judged judged;
    struct score score;
    uint32_t node;
    const char *field;

    for (size_t i = 0; acts != NULL && i < actlist_count(acts); i++) {
        const struct wire_act *a = &actlist_acts(acts)[i];

        if (a->kind == WIRE_ACT_REPORT) {
            CHECK(report_check(set, &a->u.report, &judged) == REASON_FINE);
        } else if (a->kind == WIRE_ACT_UNIT) {
            CHECK(unit_check(&a->u.unit, &field) == REASON_FINE);
        } else if (a->kind == WIRE_ACT_TASK) {
            CHECK(task_check(&a->u.task, &field) == REASON_FINE);
        } else {
            CHECK(survey_check(set, &a->u.survey, &node, &score, &field) == REASON_FINE);
        }
    }
}

static void other_files(const struct criteria *set, struct bytes file)
{
    for (int kind = 0; kind < 4; kind++) {
        struct fault_list faults = FAULT_LIST_INIT;
        struct actlist *acts = NULL;
        enum ng_err err = kind == 0   ? report_parse_csv(file, set, "", &faults, &acts)
                          : kind == 1 ? unit_parse_csv(file, &faults, &acts)
                          : kind == 2 ? task_parse_csv(file, &faults, &acts)
                                      : survey_parse_csv(file, set, &faults, &acts);

        CHECK((err != NG_OK || acts != NULL) && (err == NG_OK) != fault_any(&faults));
        if (err == NG_OK) {
            check_acts(set, acts);
        }
        actlist_destroy(&acts);
        fault_list_fini(&faults);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes file = {data, size}, fixed = {(const uint8_t *)fixed_set, sizeof(fixed_set) - 1};
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;

    CHECK(criteria_parse_csv(fixed, "S", 2026, "g", &faults, &set) == NG_OK);
    set_file(file);
    other_files(set, file);
    criteria_destroy(&set);
    fault_list_fini(&faults);
    return 0;
}
