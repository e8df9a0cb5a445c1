#include "par/survey.h"

#include "base/lang.h"
#include "par/import.h"
#include "par/text.h"

#include <string.h>

enum { UNIT, CODE, VALUE, COLUMN_COUNT };

static const struct table_column columns[COLUMN_COUNT] = {
    [UNIT] = {"unit", true, TEXT_NAME_MAX},
    [CODE] = {"code", true, TEXT_NAME_MAX},
    [VALUE] = {"value", true, 64},
};

enum reason survey_check(const struct criteria *set, const struct wire_survey *survey,
                         uint32_t *ret_node, struct score *ret_score, const char **ret_field)
{
    struct decimal value;
    enum reason reason;

    *ret_node = CRITERIA_NONE;
    *ret_field = "year";
    if (survey->year != criteria_head(set)->year) {
        return REASON_YEAR_RANGE;
    }
    *ret_field = "unit";
    if (!text_is_code(survey->unit, TEXT_UNIT_CODE_MAX)) {
        return REASON_BAD_CODE;
    }
    *ret_field = "code";
    *ret_node = criteria_find(set, survey->code);
    if (*ret_node == CRITERIA_NONE) {
        return REASON_UNKNOWN_COMPONENT;
    }
    if (criteria_node(set, *ret_node)->method.kind != METHOD_SURVEY) {
        return REASON_NOT_SURVEY;
    }
    *ret_field = "value";
    if (decimal_parse(survey->value, &value) != DECIMAL_FINE) {
        return REASON_NOT_A_NUMBER;
    }
    reason = score_survey(set, *ret_node, value, ret_score);
    *ret_field = reason == REASON_FINE ? "" : "value";
    return reason;
}

static const char *given_in(const struct wire_survey *s, const char *field)
{
    if (strcmp(field, "unit") == 0) {
        return s->unit;
    }
    return strcmp(field, "code") == 0 ? s->code : s->value;
}

static void refuse(struct import *im, size_t row, const struct wire_survey *s, enum reason reason,
                   const char *field, const struct criteria_node *n)
{
    struct buf message = BUF_INIT(FAULT_GIVEN_MAX);
    char max[DECIMAL_TEXT_SIZE];
    enum ng_err err = reason_format(reason, given_in(s, field),
                                    n != NULL ? decimal_format(n->max, max) : "", &message);

    if (err == NG_OK) {
        fault_add_refused(im->faults, reason, table_line(im->table, row), field,
                          buf_text(&message));
    } else {
        im->err = err;
    }
    buf_fini(&message);
}

static void take_row(struct import *im, const struct criteria *set, size_t row)
{
    struct wire_act *act = import_act(im, WIRE_ACT_SURVEY, row);
    size_t faults = im->faults->count + im->faults->dropped;
    struct wire_survey *s;
    uint32_t node;
    struct score score;
    const char *field;
    enum reason reason;

    if (act == NULL) {
        return;
    }
    s = &act->u.survey;
    *s = (struct wire_survey){
        .year = set != NULL ? criteria_head(set)->year : 0,
        .unit = import_text(im, row, UNIT),
        .code = import_text(im, row, CODE),
        .value = import_number(im, row, VALUE),
    };
    import_note_key(im, row, s->unit, s->code, "");
    if (set == NULL || im->faults->count + im->faults->dropped != faults) {
        return;
    }
    reason = survey_check(set, s, &node, &score, &field);
    if (reason != REASON_FINE) {
        refuse(im, row, s, reason, field, node != CRITERIA_NONE ? criteria_node(set, node) : NULL);
    }
}

enum ng_err survey_parse_csv(struct bytes file, const struct criteria *set,
                             struct fault_list *faults, struct actlist **ret)
{
    struct import im;
    enum ng_err err = import_open(&im, file, columns, COLUMN_COUNT, faults);

    for (size_t i = 0; err == NG_OK && i < table_rows(im.table); i++) {
        take_row(&im, set, i);
    }
    return import_close(&im, err, _("survey"), ret);
}

bool survey_equal(const struct wire_survey *a, const struct wire_survey *b)
{
    return a->year == b->year && strcmp(a->unit, b->unit) == 0 && strcmp(a->code, b->code) == 0 &&
           strcmp(a->value, b->value) == 0;
}
