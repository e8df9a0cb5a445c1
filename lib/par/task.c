/* Tasks: reading them from a file, checking them from the log, and the days their deadlines fall
 * on. */
#include "par/task.h"

#include "base/check.h"
#include "base/day.h"
#include "base/lang.h"
#include "par/criteria.h"
#include "par/import.h"
#include "par/report.h"
#include "par/text.h"

#include <stdio.h>
#include <string.h>

enum { CODE, YEAR, UNIT, NAME, AREA, PARTNERS, DUE, WEIGHT, PRODUCT, SOURCE, COLUMN_COUNT };

static const struct table_column columns[COLUMN_COUNT] = {
    [CODE] = {"code", true, TEXT_NAME_MAX},
    [YEAR] = {"year", true, 64},
    [UNIT] = {"unit", true, TEXT_NAME_MAX},
    [NAME] = {"name", true, TEXT_NAME_MAX},
    [AREA] = {"area", true, 64},
    [PARTNERS] = {"partners", false, TEXT_NAME_MAX},
    [DUE] = {"due", true, 200},
    [WEIGHT] = {"weight", false, 64},
    [PRODUCT] = {"product", false, TEXT_NAME_MAX},
    [SOURCE] = {"source", false, TEXT_NAME_MAX},
};

/* ---- years, weights, areas ---- */

static bool read_year(const char *text, uint32_t *ret)
{
    uint32_t v = 0;

    for (size_t i = 0; i < 4; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        v = v * 10 + (uint32_t)(text[i] - '0');
    }
    *ret = v;
    return v >= CRITERIA_YEAR_MIN && v <= CRITERIA_YEAR_MAX;
}

enum ng_err task_years_parse(const char *text, uint32_t *ret_from, uint32_t *ret_to)
{
    size_t size = strlen(text);
    uint32_t from = 0, to = 0;
    bool fine = (size == 4 || (size == 9 && text[4] == '-')) && read_year(text, &from);

    if (fine && size == 9) {
        fine = read_year(text + 5, &to) && from <= to;
    }
    if (!fine) {
        return err_set(NG_ERR_INPUT, _("\"%.40s\" is not a year (2026 or 2021-2025)"), text);
    }
    *ret_from = from;
    *ret_to = size == 9 ? to : from;
    return NG_OK;
}

enum ng_err task_weight_parse(const char *text, struct decimal *ret)
{
    struct decimal weight = decimal_of(1);

    if (text[0] != '\0' && (decimal_parse(text, &weight) != DECIMAL_FINE || weight.micro <= 0 ||
                            decimal_compare(weight, decimal_of(TASK_WEIGHT_MAX)) > 0)) {
        return err_set(NG_ERR_INPUT, _("\"%.40s\" is not a weight (above 0, at most %d)"), text,
                       (int)TASK_WEIGHT_MAX);
    }
    *ret = weight;
    return NG_OK;
}

bool task_area_is_valid(const char *area)
{
    static const char *const areas[] = {"a",  "b1", "b2", "b3", "b4", "b5",
                                        "b6", "c",  "d",  "e",  "g"};

    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
        if (strcmp(areas[i], area) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- the days deadlines fall on ---- */

/* The day of a month, or its last one. */
static int32_t day_in_month(uint32_t year, uint32_t month, uint32_t number)
{
    int32_t day = DAY_NONE;

    while (day == DAY_NONE && number > 0) {
        day = day_of_date((int)year, (int)month, (int)number--);
    }
    CHECK(day != DAY_NONE);
    return day;
}

static size_t weekly(uint32_t number, uint32_t year, int32_t days[static TASK_OCCURRENCES_MAX])
{
    int32_t day = day_of_date((int)year, 1, 1);
    int32_t end = day_of_date((int)year + 1, 1, 1);
    size_t count = 0;

    /* day 0, 1970-01-01, was a Thursday: number 4 */
    while (((day + 3) % 7 + 7) % 7 + 1 != (int32_t)number) {
        day++;
    }
    for (; day < end && count < TASK_OCCURRENCES_MAX; day += 7) {
        days[count++] = day;
    }
    return count;
}

static size_t every(const struct task_due *due, uint32_t year,
                    int32_t days[static TASK_OCCURRENCES_MAX])
{
    uint32_t months = 1;
    size_t count = 0;

    switch (due->cycle) {
    case TASK_WEEK:
        return weekly(due->number, year, days);
    case TASK_MONTH:
        break;
    case TASK_QUARTER:
        months = 3;
        break;
    case TASK_HALF:
        months = 6;
        break;
    case TASK_YEAR:
        months = 12;
        break;
    }
    for (uint32_t month = months; month <= 12; month += months) {
        days[count++] = day_in_month(year, month, due->number);
    }
    return count;
}

/* A single day counts for its own year, or for the nearest year of the task. */
static size_t once(int32_t day, uint32_t from, uint32_t to, uint32_t year, int32_t *ret_day)
{
    int own, month, of_month;
    uint32_t counted;

    day_to_date(day, &own, &month, &of_month);
    counted = own < (int)from ? from : own > (int)to ? to : (uint32_t)own;
    if (counted != year) {
        return 0;
    }
    *ret_day = day;
    return 1;
}

size_t task_occurrences(const struct task_due *due, uint32_t from, uint32_t to, uint32_t year,
                        int32_t event_day, int32_t days[static TASK_OCCURRENCES_MAX])
{
    if (year < from || year > to) {
        return 0;
    }
    switch (due->kind) {
    case TASK_DATE:
        return once(due->day, from, to, year, days);
    case TASK_EVENT:
        return event_day == DAY_NONE ? 0 : once(event_day + due->days, from, to, year, days);
    case TASK_EVERY:
        return every(due, year, days);
    case TASK_CONTINUOUS:
        break;
    }
    return 0;
}

/* ---- checks ---- */

static bool is_text(const char *text, size_t size_max)
{
    return strlen(text) <= size_max && text_is_clean(text);
}

static bool is_unit_or_group(const char *text)
{
    return text[0] == '@' ? text_is_code(text + 1, TEXT_CODE_MAX)
                          : text_is_code(text, TEXT_UNIT_CODE_MAX);
}

static bool is_canonical_due(const char *text)
{
    struct task_due due;
    char canonical[TASK_DUE_TEXT_SIZE];

    return task_due_parse(text, &due) == NG_OK &&
           strcmp(task_due_format(&due, canonical), text) == 0;
}

/* Whether what stands in one column is right by itself. */
static bool is_fine(const struct wire_task *t, int column)
{
    const char *const texts[COLUMN_COUNT] = {
        [PARTNERS] = t->partners, [PRODUCT] = t->product, [SOURCE] = t->source};
    uint32_t from, to;
    struct decimal weight;

    switch (column) {
    case CODE:
        return text_is_code(t->code, TEXT_CODE_MAX);
    case YEAR:
        return task_years_parse(t->year, &from, &to) == NG_OK;
    case UNIT:
        return is_unit_or_group(t->unit);
    case NAME:
        return t->name[0] != '\0' && is_text(t->name, TEXT_NAME_MAX);
    case AREA:
        return task_area_is_valid(t->area);
    case DUE:
        return is_canonical_due(t->due);
    case WEIGHT:
        return task_weight_parse(t->weight, &weight) == NG_OK;
    default:
        return is_text(texts[column], TEXT_NAME_MAX);
    }
}

static const char *fault_field(const struct wire_task *t)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        if (!is_fine(t, column)) {
            return columns[column].name;
        }
    }
    return "";
}

enum reason task_check(const struct wire_task *task, const char **ret_field)
{
    *ret_field = fault_field(task);
    return (*ret_field)[0] == '\0' ? REASON_FINE : REASON_BAD_TASK;
}

enum reason task_check_event(const struct wire_event *event, const char **ret_field)
{
    *ret_field = "code";
    if (!text_is_code(event->code, TEXT_CODE_MAX)) {
        return REASON_BAD_CODE;
    }
    *ret_field = "date";
    if (!text_is_date(event->date)) {
        return REASON_BAD_DATE;
    }
    *ret_field = "";
    return REASON_FINE;
}

enum reason task_check_progress(const struct wire_progress *progress, const char **ret_field)
{
    *ret_field = "year";
    if (progress->year < CRITERIA_YEAR_MIN || progress->year > CRITERIA_YEAR_MAX) {
        return REASON_YEAR_RANGE;
    }
    *ret_field = "code";
    if (!text_is_code(progress->code, TEXT_CODE_MAX)) {
        return REASON_BAD_CODE;
    }
    *ret_field = "percent";
    if (progress->percent > 100) {
        return REASON_BAD_PERCENT;
    }
    *ret_field = "completed";
    if (progress->completed[0] != '\0' && !text_is_date(progress->completed)) {
        return REASON_BAD_DATE;
    }
    *ret_field = "note";
    if (!is_text(progress->note, TEXT_LONG_MAX)) {
        return REASON_BAD_TEXT;
    }
    *ret_field = "evidence";
    if (progress->evidence_count > WIRE_EVIDENCE_MAX) {
        return REASON_BAD_TEXT;
    }
    for (size_t i = 0; i < progress->evidence_count; i++) {
        if (!report_evidence_is_fine(&progress->evidence[i])) {
            return REASON_BAD_TEXT;
        }
    }
    *ret_field = "";
    return REASON_FINE;
}

bool task_equal(const struct wire_task *a, const struct wire_task *b)
{
    return strcmp(a->code, b->code) == 0 && strcmp(a->year, b->year) == 0 &&
           strcmp(a->unit, b->unit) == 0 && strcmp(a->name, b->name) == 0 &&
           strcmp(a->area, b->area) == 0 && strcmp(a->partners, b->partners) == 0 &&
           strcmp(a->due, b->due) == 0 && strcmp(a->weight, b->weight) == 0 &&
           strcmp(a->product, b->product) == 0 && strcmp(a->source, b->source) == 0;
}

/* ---- from a file ---- */

/* What a person should write into a field. */
static const char *expected(const char *field)
{
    if (strcmp(field, "code") == 0) {
        return _("a code of 1 to 32 of A-Z a-z 0-9 . - _ is expected");
    }
    if (strcmp(field, "year") == 0) {
        return _("a year is expected: 2026 or 2021-2025");
    }
    if (strcmp(field, "unit") == 0) {
        return _("a unit's code is expected, or @group");
    }
    if (strcmp(field, "name") == 0) {
        return _("a name is expected");
    }
    if (strcmp(field, "area") == 0) {
        return _("an area of the plan is expected: a, b1 to b6, c, d, e or g");
    }
    if (strcmp(field, "weight") == 0) {
        return _("a weight above 0 and at most 1000 is expected, or nothing");
    }
    return _("the text is too long, or not clean Unicode (NFC)");
}

static const char *take_due(struct import *im, size_t row)
{
    const char *text = table_cell(im->table, row, DUE);
    struct task_due due;
    char canonical[TASK_DUE_TEXT_SIZE];
    enum ng_err err = task_due_parse(text, &due);
    const char *copy;

    if (err != NG_OK) {
        fault_add(im->faults, FAULT_FORM, table_line(im->table, row), "due", "%s",
                  err_explain(err));
        return "";
    }
    copy = pool_text(actlist_pool(im->list), task_due_format(&due, canonical));
    if (copy == NULL) {
        im->err = err_plain(NG_ERR_NOMEM);
    }
    return copy != NULL ? copy : "";
}

static void take_row(struct import *im, size_t row)
{
    struct wire_act *act = import_act(im, WIRE_ACT_TASK, row);
    uint32_t line = table_line(im->table, row);
    struct wire_task *t;

    if (act == NULL) {
        return;
    }
    t = &act->u.task;
    *t = (struct wire_task){
        .code = import_text(im, row, CODE),
        .year = import_text(im, row, YEAR),
        .unit = import_text(im, row, UNIT),
        .name = import_text(im, row, NAME),
        .area = import_text(im, row, AREA),
        .partners = import_text(im, row, PARTNERS),
        .due = take_due(im, row),
        .weight = import_number(im, row, WEIGHT),
        .product = import_text(im, row, PRODUCT),
        .source = import_text(im, row, SOURCE),
    };
    import_note_key(im, row, t->code, t->year, t->unit);
    for (int column = 0; column < COLUMN_COUNT; column++) {
        const char *field = columns[column].name;

        /* what did not even read is in the list */
        if (!is_fine(t, column) && !fault_has(im->faults, line, field)) {
            fault_add(im->faults, FAULT_FORM, line, field, "%s", expected(field));
        }
    }
}

enum ng_err task_parse_csv(struct bytes file, struct fault_list *faults, struct actlist **ret)
{
    struct import im;
    enum ng_err err = import_open(&im, file, columns, COLUMN_COUNT, faults);

    for (size_t i = 0; err == NG_OK && i < table_rows(im.table); i++) {
        take_row(&im, i);
    }
    return import_close(&im, err, _("tasks"), ret);
}

bool task_is_assigned(const struct wire_task *task, const char *department)
{
    const size_t size = strlen(department);
    return task->unit[0] != '@' && strcmp(task->unit, department) != 0 &&
           strncmp(task->code, department, size) == 0 && task->code[size] == '.';
}
