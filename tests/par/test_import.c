/* Goal: units, tasks and survey points come in canonical or are refused by line; deadlines fall on
 * the days a calendar says. Method: one good file each, then one fault at a time; for each act the
 * check that the fold makes; occurrences of deadlines against dates taken from a calendar. */
#include "kit.h"

#include "base/day.h"
#include "base/lang.h"
#include "fault/fault.h"
#include "par/survey.h"
#include "par/task.h"
#include "par/unit.h"

#include <errno.h>
#include <string.h>

#define UNITS "code,name,group,parent,valid_from,valid_to\n"
#define TASKS "code,year,unit,name,area,partners,due,weight,product,source\n"

static struct criteria *set;

enum kind { UNIT_FILE, TASK_FILE, SURVEY_FILE };

static enum ng_err parse(enum kind kind, const char *text, struct fault_list *faults,
                         struct actlist **ret)
{
    if (kind == UNIT_FILE) {
        return unit_parse_csv(kit_bytes(text), faults, ret);
    }
    if (kind == TASK_FILE) {
        return task_parse_csv(kit_bytes(text), faults, ret);
    }
    return survey_parse_csv(kit_bytes(text), set, faults, ret);
}

static void check_fault(enum kind kind, const char *text, uint32_t line, const char *column,
                        const char *want)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    bool fine;

    CU_ASSERT_EQUAL(parse(kind, text, &faults, &acts), NG_ERR_INPUT);
    actlist_destroy(&acts); /* as far as they read */
    fine = faults.count == 1 && faults.items[0].line == line &&
           strcmp(faults.items[0].column, column) == 0 &&
           strstr(faults.items[0].message, want) != NULL;
    CU_ASSERT_TRUE(fine);
    if (!fine) {
        (void)fprintf(stderr, "wanted line %u, %s: %s\n", line, column, want);
        kit_print_faults(&faults);
    }
    fault_list_fini(&faults);
}

/* ---- units ---- */

static void unit_file_becomes_acts(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    const struct wire_unit *u;
    const char *field;

    CU_ASSERT_EQUAL_FATAL(parse(UNIT_FILE,
                                UNITS "MYQUOI,My\xcc\x83 Quo\xcc\x9b\xcc\x81i,commune,,1/1/2021,\n"
                                      "P1,Phường 1,commune,MYQUOI,2021-01-01,30/06/2025\n",
                                &faults, &acts),
                          NG_OK);
    CU_ASSERT_EQUAL_FATAL(actlist_count(acts), 2);
    u = &actlist_acts(acts)[0].u.unit;
    CU_ASSERT_STRING_EQUAL(u->name, "Mỹ Quới");
    CU_ASSERT_STRING_EQUAL(u->valid_from, "2021-01-01");
    CU_ASSERT_STRING_EQUAL(u->valid_to, "");
    u = &actlist_acts(acts)[1].u.unit;
    CU_ASSERT_STRING_EQUAL(u->valid_to, "2025-06-30");
    CU_ASSERT_EQUAL(unit_check(u, &field), REASON_FINE);
    CU_ASSERT_TRUE(unit_equal(u, u));
    CU_ASSERT_FALSE(unit_equal(u, &actlist_acts(acts)[0].u.unit));
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

static void unit_faults_are_told_by_line(void)
{
    check_fault(UNIT_FILE, UNITS "P 1,Phường 1,commune,,,\n", 2, "code", "a code of 1 to 16");
    check_fault(UNIT_FILE, UNITS "12345678901234567,X,commune,,,\n", 2, "code",
                "a code of 1 to 16");
    check_fault(UNIT_FILE, UNITS "P1,,commune,,,\n", 2, "name", "a name");
    check_fault(UNIT_FILE, UNITS "P1,X,,,,\n", 2, "group", "a group");
    check_fault(UNIT_FILE, UNITS "P1,X,commune,P1,,\n", 2, "parent", "another unit");
    check_fault(UNIT_FILE, UNITS "P1,X,commune,,31/02/2026,\n", 2, "valid_from", "is not a date");
    check_fault(UNIT_FILE, UNITS "P1,X,commune,,2026-02-01,2026-01-01\n", 2, "valid_to",
                "not before");
    check_fault(UNIT_FILE, UNITS "P1,X,commune,,,\nP2,Y,commune,,,\nP1,Z,commune,,,\n", 4, "",
                "P1 stands already on line 2");
    check_fault(UNIT_FILE, UNITS, 0, "", "no line");
    check_fault(UNIT_FILE, "code,name\nP1,X\n", 1, "group", "missing");
}

/* One line with a fault in each of `columns`, told in their order. */
static void check_all_faults(enum kind kind, const char *text, const char *const *columns)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    size_t count = 0;

    CU_ASSERT_EQUAL(parse(kind, text, &faults, &acts), NG_ERR_INPUT);
    fault_sort(&faults);
    for (; columns[count] != NULL; count++) {
        CU_ASSERT_TRUE(fault_has(&faults, 2, columns[count]));
        CU_ASSERT_FALSE(fault_has(&faults, 3, columns[count]));
    }
    CU_ASSERT_EQUAL(faults.count, count);
    if (faults.count != count) {
        kit_print_faults(&faults);
    }
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

static void every_fault_of_a_line_is_told_at_once(void)
{
    static const char *const unit[] = {"code",       "name",     "group", "parent",
                                       "valid_from", "valid_to", NULL};
    static const char *const task[] = {"code", "year",   "unit", "name",
                                       "area", "weight", "due",  NULL};

    check_all_faults(UNIT_FILE, UNITS "P 1,,Đ,Đ,31/02/2026,hôm qua\n", unit);
    check_all_faults(TASK_FILE, TASKS "N V,2026-2021,@,,z,,every:day:3,-1,,\n", task);
}

static void unit_file_may_take_away_a_parent_and_dates(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    const struct wire_unit *u;

    CU_ASSERT_EQUAL_FATAL(parse(UNIT_FILE,
                                UNITS "P1,X,commune,-,-,-\nP2,Y,commune,P1,2026-01-01,-\n", &faults,
                                &acts),
                          NG_OK);
    u = &actlist_acts(acts)[0].u.unit;
    CU_ASSERT_STRING_EQUAL(u->parent, UNIT_CLEAR);
    CU_ASSERT_STRING_EQUAL(u->valid_from, UNIT_CLEAR);
    CU_ASSERT_STRING_EQUAL(u->valid_to, UNIT_CLEAR);
    CU_ASSERT_STRING_EQUAL(actlist_acts(acts)[1].u.unit.valid_from, "2026-01-01");
    actlist_destroy(&acts);
    fault_list_fini(&faults);
    check_fault(UNIT_FILE, UNITS "P1,X,commune,,--,\n", 2, "valid_from", "is not a date");
    check_fault(UNIT_FILE, UNITS "P1,-,-,,,2026-02-30\n", 2, "valid_to", "is not a date");
}

static void unit_check_is_strict_about_the_wire(void)
{
    struct wire_unit u = {"P1", "Phường 1", "commune", "", "2026-01-01", ""};
    const char *field;

    CU_ASSERT_EQUAL(unit_check(&u, &field), REASON_FINE);
    u.valid_from = "1/1/2026";
    CU_ASSERT_EQUAL(unit_check(&u, &field), REASON_BAD_UNIT);
    CU_ASSERT_STRING_EQUAL(field, "valid_from");
    u.valid_from = "";
    u.name = "My\xcc\x83";
    CU_ASSERT_EQUAL(unit_check(&u, &field), REASON_BAD_UNIT);
    u.name = "X";
    u.code = "Đ1";
    CU_ASSERT_EQUAL(unit_check(&u, &field), REASON_BAD_CODE);
}

/* ---- tasks ---- */

static void task_file_becomes_acts(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    const struct wire_task *t;
    const char *field;

    CU_ASSERT_EQUAL_FATAL(parse(TASK_FILE,
                                TASKS "T1,2026,P1,Việc,b6,,30/11/2026,\"1,5\",,\n"
                                      "T1,2021-2025,@commune,Việc,a,VP,event:KH,,Giấy,QĐ\n"
                                      "T1,2026,P2,Việc,g,,continuous,0.5,,\n",
                                &faults, &acts),
                          NG_OK);
    CU_ASSERT_EQUAL_FATAL(actlist_count(acts), 3);
    t = &actlist_acts(acts)[0].u.task;
    CU_ASSERT_STRING_EQUAL(t->due, "2026-11-30");
    CU_ASSERT_STRING_EQUAL(t->weight, "1.5");
    CU_ASSERT_STRING_EQUAL(actlist_acts(acts)[1].u.task.due, "event:KH+0d");
    CU_ASSERT_STRING_EQUAL(actlist_acts(acts)[1].u.task.weight, "");
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(task_check(&actlist_acts(acts)[i].u.task, &field), REASON_FINE);
    CU_ASSERT_TRUE(task_equal(t, t));
    CU_ASSERT_FALSE(task_equal(t, &actlist_acts(acts)[2].u.task));
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

static void task_faults_are_told_by_line(void)
{
    check_fault(TASK_FILE, TASKS "T 1,2026,P1,X,a,,continuous,,,\n", 2, "code", "a code of");
    check_fault(TASK_FILE, TASKS "T1,26,P1,X,a,,continuous,,,\n", 2, "year", "a year is expected");
    check_fault(TASK_FILE, TASKS "T1,2026-2025,P1,X,a,,continuous,,,\n", 2, "year", "a year");
    check_fault(TASK_FILE, TASKS "T1,2026,@,X,a,,continuous,,,\n", 2, "unit", "@group");
    check_fault(TASK_FILE, TASKS "T1,2026,P1,,a,,continuous,,,\n", 2, "name", "a name");
    check_fault(TASK_FILE, TASKS "T1,2026,P1,X,b,,continuous,,,\n", 2, "area", "b1 to b6");
    check_fault(TASK_FILE, TASKS "T1,2026,P1,X,f,,continuous,,,\n", 2, "area", "b1 to b6");
    check_fault(TASK_FILE, TASKS "T1,2026,P1,X,a,,soon,,,\n", 2, "due", "is not a deadline");
    check_fault(TASK_FILE, TASKS "T1,2026,P1,X,a,,,,,\n", 2, "due", "is not a deadline");
    check_fault(TASK_FILE, TASKS "T1,2026,P1,X,a,,continuous,0,,\n", 2, "weight", "above 0");
    check_fault(TASK_FILE, TASKS "T1,2026,P1,X,a,,continuous,1001,,\n", 2, "weight",
                "at most 1000");
    check_fault(TASK_FILE, TASKS "T1,2026,P1,X,a,,continuous,1.234,,\n", 2, "weight", "two ways");
    check_fault(TASK_FILE,
                TASKS "T1,2026,P1,X,a,,continuous,,,\nT1,2026,P2,X,a,,continuous,,,\n"
                      "T1,2026,P1,X,a,,continuous,,,\n",
                4, "", "T1 2026 P1 stands already on line 2");
}

static void check_due(const char *text, const char *canonical)
{
    struct task_due due;
    char out[TASK_DUE_TEXT_SIZE];

    if (canonical == NULL) {
        CU_ASSERT_EQUAL(task_due_parse(text, &due), NG_ERR_INPUT);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(task_due_parse(text, &due), NG_OK);
    CU_ASSERT_STRING_EQUAL(task_due_format(&due, out), canonical);
    CU_ASSERT_TRUE(task_due_is_valid(&due));
}

static void task_deadlines_read_and_write(void)
{
    check_due("30/11/2026", "2026-11-30");
    check_due("2026-11-30", "2026-11-30");
    check_due("event:QD-1+20d", "event:QD-1+20d");
    check_due("event:QD-1", "event:QD-1+0d");
    check_due("every:month:25", "every:month:25");
    check_due("every:quarter:20", "every:quarter:20");
    check_due("every:half:30", "every:half:30");
    check_due("every:year:14", "every:year:14");
    check_due("every:week:7", "every:week:7");
    check_due("continuous", "continuous");
    check_due("every:week:8", NULL);
    check_due("every:month:32", NULL);
    check_due("every:month:0", NULL);
    check_due("every:day:1", NULL);
    check_due("every:month", NULL);
    check_due("every:month:25x", NULL);
    check_due("event:", NULL);
    check_due("event:+20d", NULL);
    check_due("event:A+20", NULL);
    check_due("event:A+d", NULL);
    check_due("event:A+-1d", NULL);
    check_due("event:A+3651d", NULL);
    check_due("event:A B+1d", NULL);
    check_due("event:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDD+1d", NULL);
    check_due("31/11/2026", NULL);
    check_due("Continuous", NULL);
}

static void task_deadlines_that_nobody_wrote_are_damage(void)
{
    static const struct task_due dues[] = {
        {.kind = (enum task_due_kind)0},
        {.kind = (enum task_due_kind)5},
        {.kind = TASK_DATE, .day = DAY_NONE},
        {.kind = TASK_DATE, .day = INT32_MAX},
        {.kind = TASK_EVENT, .days = -1},
        {.kind = TASK_EVENT, .days = 3651},
        {.kind = TASK_EVERY, .number = 1},
        {.kind = TASK_EVERY, .cycle = (enum task_cycle)6, .number = 1},
        {.kind = TASK_EVERY, .cycle = TASK_WEEK},
        {.kind = TASK_EVERY, .cycle = TASK_WEEK, .number = 8},
        {.kind = TASK_EVERY, .cycle = TASK_MONTH, .number = UINT32_MAX},
    };

    for (size_t i = 0; i < sizeof(dues) / sizeof(dues[0]); i++) {
        CU_ASSERT_FALSE(task_due_is_valid(&dues[i]));
    }
}

/* The deadlines of a year as "2026-03-20 2026-06-20 …". */
static const char *days_of(const char *text, const char *years, uint32_t year, int32_t event_day)
{
    static char out[TASK_OCCURRENCES_MAX * 12];
    int32_t days[TASK_OCCURRENCES_MAX];
    uint32_t from = 0, to = 0;
    struct task_due due;
    size_t count, at = 0;

    out[0] = '\0';
    CU_ASSERT_EQUAL_FATAL(task_due_parse(text, &due), NG_OK);
    CU_ASSERT_EQUAL_FATAL(task_years_parse(years, &from, &to), NG_OK);
    count = task_occurrences(&due, from, to, year, event_day, days);
    for (size_t i = 0; i < count; i++) {
        day_format_iso(days[i], out + at);
        at += 10;
        if (i + 1 < count) {
            out[at++] = ' ';
        }
        out[at] = '\0';
    }
    return out;
}

static void task_deadlines_fall_on_the_days_of_the_calendar(void)
{
    int32_t event = day_of_date(2026, 2, 10), late = day_of_date(2026, 12, 20);

    CU_ASSERT_STRING_EQUAL(days_of("every:quarter:20", "2026", 2026, DAY_NONE),
                           "2026-03-20 2026-06-20 2026-09-20 2026-12-20");
    CU_ASSERT_STRING_EQUAL(days_of("every:half:31", "2026", 2026, DAY_NONE),
                           "2026-06-30 2026-12-31");
    CU_ASSERT_STRING_EQUAL(days_of("every:year:14", "2021-2026", 2024, DAY_NONE), "2024-12-14");
    CU_ASSERT_STRING_EQUAL(days_of("every:month:31", "2024", 2024, DAY_NONE),
                           "2024-01-31 2024-02-29 2024-03-31 2024-04-30 2024-05-31 2024-06-30 "
                           "2024-07-31 2024-08-31 2024-09-30 2024-10-31 2024-11-30 2024-12-31");
    CU_ASSERT_EQUAL(strlen(days_of("every:week:5", "2026", 2026, DAY_NONE)), 52 * 11 - 1);
    CU_ASSERT_EQUAL(
        memcmp(days_of("every:week:5", "2026", 2026, DAY_NONE), "2026-01-02 2026-01-09", 21), 0);
    CU_ASSERT_EQUAL(strlen(days_of("every:week:4", "2026", 2026, DAY_NONE)), 53 * 11 - 1);
    CU_ASSERT_EQUAL(memcmp(days_of("every:week:1", "2026", 2026, DAY_NONE), "2026-01-05", 10), 0);
    CU_ASSERT_EQUAL(memcmp(days_of("every:week:7", "2026", 2026, DAY_NONE), "2026-01-04", 10), 0);
    CU_ASSERT_STRING_EQUAL(days_of("2026-11-30", "2026", 2026, DAY_NONE), "2026-11-30");
    CU_ASSERT_STRING_EQUAL(days_of("2026-11-30", "2026", 2025, DAY_NONE), "");
    CU_ASSERT_STRING_EQUAL(days_of("2027-01-15", "2026", 2026, DAY_NONE), "2027-01-15");
    CU_ASSERT_STRING_EQUAL(days_of("2023-05-01", "2021-2025", 2023, DAY_NONE), "2023-05-01");
    CU_ASSERT_STRING_EQUAL(days_of("2023-05-01", "2021-2025", 2024, DAY_NONE), "");
    CU_ASSERT_STRING_EQUAL(days_of("event:A+20d", "2026", 2026, event), "2026-03-02");
    CU_ASSERT_STRING_EQUAL(days_of("event:A+20d", "2026", 2026, DAY_NONE), "");
    CU_ASSERT_STRING_EQUAL(days_of("event:A+20d", "2026", 2026, late), "2027-01-09");
    CU_ASSERT_STRING_EQUAL(days_of("continuous", "2026", 2026, DAY_NONE), "");
}

static void task_wire_checks_are_strict(void)
{
    struct wire_task t = {"T1", "2026", "P1", "X", "a", "", "2026-11-30", "", "", ""};
    struct wire_event e = {"KH", "2026-01-05"};
    struct wire_progress p = {
        .year = 2026, .code = "T1", .percent = 100, .completed = "", .note = ""};
    struct decimal weight;
    const char *field;

    CU_ASSERT_EQUAL(task_check(&t, &field), REASON_FINE);
    t.due = "30/11/2026";
    CU_ASSERT_EQUAL(task_check(&t, &field), REASON_BAD_TASK);
    CU_ASSERT_STRING_EQUAL(field, "due");
    t.due = "event:A+007d";
    CU_ASSERT_EQUAL(task_check(&t, &field), REASON_BAD_TASK);
    CU_ASSERT_EQUAL(task_weight_parse("", &weight), NG_OK);
    CU_ASSERT_EQUAL(weight.micro, DECIMAL_ONE);
    CU_ASSERT_EQUAL(task_weight_parse("-1", &weight), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(task_weight_parse("1,5", &weight), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(task_check_event(&e, &field), REASON_FINE);
    e.date = "5/1/2026";
    CU_ASSERT_EQUAL(task_check_event(&e, &field), REASON_BAD_DATE);
    e.code = "";
    CU_ASSERT_EQUAL(task_check_event(&e, &field), REASON_BAD_CODE);
    CU_ASSERT_EQUAL(task_check_progress(&p, &field), REASON_FINE);
    p.percent = 101;
    CU_ASSERT_EQUAL(task_check_progress(&p, &field), REASON_BAD_PERCENT);
    p.percent = 50;
    p.completed = "today";
    CU_ASSERT_EQUAL(task_check_progress(&p, &field), REASON_BAD_DATE);
    p.completed = "2026-11-23";
    p.note = "a\x07";
    CU_ASSERT_EQUAL(task_check_progress(&p, &field), REASON_BAD_TEXT);
    p.note = "";
    p.year = 1990;
    CU_ASSERT_EQUAL(task_check_progress(&p, &field), REASON_YEAR_RANGE);
}

/* ---- survey ---- */

static void survey_file_becomes_acts(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    const struct wire_survey *s;
    struct score score;
    uint32_t node;
    const char *field;

    CU_ASSERT_EQUAL_FATAL(
        parse(SURVEY_FILE, "value;unit;code\r\n32,83;P1;DT\r\n0;P2;DT\r\n", &faults, &acts), NG_OK);
    CU_ASSERT_EQUAL_FATAL(actlist_count(acts), 2);
    s = &actlist_acts(acts)[0].u.survey;
    CU_ASSERT_STRING_EQUAL(s->value, "32.83");
    CU_ASSERT_EQUAL(s->year, 2026);
    CU_ASSERT_EQUAL(survey_check(set, s, &node, &score, &field), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_text(score.points), "32.83");
    CU_ASSERT_EQUAL(node, criteria_find(set, "DT"));
    CU_ASSERT_TRUE(survey_equal(s, s));
    CU_ASSERT_FALSE(survey_equal(s, &actlist_acts(acts)[1].u.survey));
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

static void survey_faults_are_told_by_line(void)
{
    check_fault(SURVEY_FILE, "unit,code,value\nP1,DT,35.01\n", 2, "value",
                "35.01 is more than the maximum 35");
    check_fault(SURVEY_FILE, "unit,code,value\nP1,DT,-1\n", 2, "value", "negative");
    check_fault(SURVEY_FILE, "unit,code,value\nP1,DT,x\n", 2, "value", "not a number");
    check_fault(SURVEY_FILE, "unit,code,value\nP1,DT,\n", 2, "value", "not a number");
    check_fault(SURVEY_FILE, "unit,code,value\nP1,TD,5\n", 2, "code",
                "TD is not a survey component");
    check_fault(SURVEY_FILE, "unit,code,value\nP1,XX,5\n", 2, "code",
                "XX is not in the criteria set");
    check_fault(SURVEY_FILE, "unit,code,value\nP 1,DT,5\n", 2, "unit", "is not a code");
    check_fault(SURVEY_FILE, "unit,code,value\nP1,DT,5\nP1,DT,6\n", 3, "", "P1 DT stands already");
}

static void import_survives_every_failed_allocation(void)
{
    static const char *const texts[] = {
        UNITS "P1,Phường 1,commune,,1/1/2021,\nP2,Phường 2,commune,,,\n",
        TASKS "T1,2026,P1,Việc,b6,,30/11/2026,\"1,5\",,\n", "unit,code,value\nP1,DT,5\n"};

    for (unsigned kind = 0; kind < 3; kind++) {
        for (unsigned k = 1;; k++) {
            struct fault_list faults = FAULT_LIST_INIT;
            struct actlist *acts = NULL;
            enum ng_err err;

            fault_set(FAULT_MEMORY, k, ENOMEM, false);
            err = parse((enum kind)kind, texts[kind], &faults, &acts);
            if (!fault_clear()) {
                k = 0;
            }
            CU_ASSERT_EQUAL(err, k == 0 ? NG_OK : NG_ERR_NOMEM);
            CU_ASSERT_EQUAL(acts != NULL, k == 0);
            actlist_destroy(&acts);
            fault_list_fini(&faults);
            if (k == 0) {
                break;
            }
        }
    }
}

static const struct test_case cases[] = {
    TEST_CASE(unit_file_becomes_acts),
    TEST_CASE(unit_faults_are_told_by_line),
    TEST_CASE(every_fault_of_a_line_is_told_at_once),
    TEST_CASE(unit_file_may_take_away_a_parent_and_dates),
    TEST_CASE(unit_check_is_strict_about_the_wire),
    TEST_CASE(task_file_becomes_acts),
    TEST_CASE(task_faults_are_told_by_line),
    TEST_CASE(task_deadlines_read_and_write),
    TEST_CASE(task_deadlines_that_nobody_wrote_are_damage),
    TEST_CASE(task_deadlines_fall_on_the_days_of_the_calendar),
    TEST_CASE(task_wire_checks_are_strict),
    TEST_CASE(survey_file_becomes_acts),
    TEST_CASE(survey_faults_are_told_by_line),
    TEST_CASE(import_survives_every_failed_allocation),
    {0},
};

int main(int argc, char **argv)
{
    struct fault_list faults = FAULT_LIST_INIT;
    int status = EXIT_FAILURE;

    (void)lang_set("en");
    if (criteria_parse_csv(
            kit_bytes(KIT_HEADER "TD,,field,N,,65,points,,,\nDT,,field,N,,35,survey,,,\n"), "SET",
            2026, "commune", &faults, &set) == NG_OK) {
        status = test_main("import", cases, argc, argv);
    }
    kit_print_faults(&faults);
    fault_list_fini(&faults);
    criteria_destroy(&set);
    return status;
}
