#include "par/fuzz_kit.h"

#include "par/report.h"
#include "par/survey.h"
#include "par/task.h"
#include "par/unit.h"

#include <string.h>

static const char fixed_set[] =
    "code,parent,level,name_vi,max_points,method,params,na_policy\n"
    "1,,field,N,40,sum,,\n2,,field,N,35,survey,,\n"
    "1.1,1,criterion,N,5,points,,\n1.2,1,criterion,N,5,choice,co:5|khong:0,full\n"
    "1.3,1,criterion,N,5,ratio,target=80 step=0.25 over,na=rescale none=zero\n"
    "1.4,1,criterion,N,5,bands,>=95:5|:0,rescale\n1.5,1,criterion,N,5,deduct,per=0.5,zero\n"
    "1.6,1,criterion,N,5,count,per=3,\n1.7,1,criterion,N,5,tasks,>=95:5|:0,\n"
    "1.8,1,criterion,N,5,ratio,floor=50,refuse\n"
    "3,,field,N,10,sum,kind=bonus cap=10,\n3.1,3,criterion,N,5,count,per=5,\n";

const struct criteria *fuzz_kit_set(void)
{
    static struct criteria *set = NULL;
    struct fault_list faults = FAULT_LIST_INIT;
    const struct bytes file = {(const uint8_t *)fixed_set, sizeof(fixed_set) - 1};
    if (set == NULL) {
        CHECK(criteria_parse_csv(file, "S", 2026, "g", &faults, &set) == NG_OK);
    }
    fault_list_fini(&faults);
    return set;
}

static void check_faults(struct fault_list *faults)
{
    struct buf text = BUF_INIT(4u << 20);
    CHECK(faults->count <= FAULT_MAX);
    CHECK(fault_format_all(faults, "file", &text) == NG_OK);
    CHECK(text.size > 0);
    for (size_t i = 0; i < faults->count; i++) {
        buf_clear(&text);
        CHECK(faults->items[i].message[0] != '\0');
        CHECK(fault_code_name(faults->items[i].code)[0] != '\0');
        CHECK(fault_format(&faults->items[i], &text) == NG_OK);
    }
    fault_sort(faults);
    buf_fini(&text);
}

/* As known_units settles it: a cell of UNIT_CLEAR is nothing. */
static const char *settled(const char *cell)
{
    return strcmp(cell, UNIT_CLEAR) == 0 ? "" : cell;
}

static void check_act(const struct wire_act *a)
{
    struct report_judged judged;
    struct score score;
    uint32_t node;
    const char *field;
    if (a->kind == WIRE_ACT_REPORT) {
        CHECK(report_check(fuzz_kit_set(), &a->u.report, &judged) == REASON_FINE);
        CHECK(judged.score.points.micro >= 0);
        CHECK(decimal_compare(judged.score.points, judged.score.max) <= 0);
    } else if (a->kind == WIRE_ACT_UNIT) {
        struct wire_unit u = a->u.unit;
        u.parent = settled(u.parent);
        u.valid_from = settled(u.valid_from);
        u.valid_to = settled(u.valid_to);
        CHECK(unit_check(&u, &field) == REASON_FINE);
    } else if (a->kind == WIRE_ACT_TASK) {
        CHECK(task_check(&a->u.task, &field) == REASON_FINE);
    } else {
        CHECK(a->kind == WIRE_ACT_SURVEY);
        CHECK(survey_check(fuzz_kit_set(), &a->u.survey, &node, &score, &field) == REASON_FINE);
    }
}

static bool same_act(const struct wire_act *a, const struct wire_act *b)
{
    return a->kind == b->kind &&
           (a->kind == WIRE_ACT_UNIT     ? unit_equal(&a->u.unit, &b->u.unit)
            : a->kind == WIRE_ACT_TASK   ? task_equal(&a->u.task, &b->u.task)
            : a->kind == WIRE_ACT_SURVEY ? survey_equal(&a->u.survey, &b->u.survey)
                                         : true);
}

/* One at a time, as a statement would carry it. */
static void check_wire(const struct wire_act *a)
{
    const struct wire_acts one = {.acts = a, .count = 1};
    struct wire_acts *back = NULL;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    CHECK(wire_acts_encode(&one, &once) == NG_OK);
    CHECK(wire_acts_decode(buf_bytes(&once), &back) == NG_OK);
    CHECK(back->count == 1 && same_act(a, &back->acts[0]));
    check_act(&back->acts[0]);
    CHECK(wire_acts_encode(back, &twice) == NG_OK);
    fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    wire_acts_destroy(&back);
    buf_fini(&once);
    buf_fini(&twice);
}

void fuzz_kit_refusals(enum ng_err err, struct fault_list *faults)
{
    CHECK(err == NG_OK || err == NG_ERR_INPUT);
    CHECK((err == NG_OK) != fault_any(faults));
    if (err != NG_OK) {
        fuzz_refused(err);
        check_faults(faults);
    }
    fault_list_fini(faults);
}

void fuzz_kit_acts(enum ng_err err, struct actlist *acts, struct fault_list *faults)
{
    CHECK(err != NG_OK || acts != NULL); /* a refused file gives what could be read of it */
    fuzz_kit_refusals(err, faults);
    for (size_t i = 0; err == NG_OK && i < actlist_count(acts); i++) {
        check_act(&actlist_acts(acts)[i]);
        check_wire(&actlist_acts(acts)[i]);
    }
    actlist_destroy(&acts);
}
