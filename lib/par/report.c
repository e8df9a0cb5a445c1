/* One answer against the criteria set: the single judge of ward and office.
 *
 * Idea: the wire's texts are read strictly (canonical numbers only), then scored; whatever is wrong
 * becomes a reason, the column it stands in and what would be right. Happy path: REASON_FINE and a
 * score. Failures: only reasons; nothing is allocated, so that every machine judges alike.
 */
#include "par/report.h"

#include "base/bytes.h"
#include "base/check.h"
#include "par/text.h"

#include <stdio.h>
#include <string.h>

const char *report_fields(enum method_kind kind)
{
    switch (kind) {
    case METHOD_POINTS:
    case METHOD_DEDUCT:
    case METHOD_COUNT:
        return "value";
    case METHOD_CHOICE:
        return "choice";
    case METHOD_BANDS:
        return "value | numerator, denominator";
    case METHOD_RATIO:
        return "numerator, denominator";
    case METHOD_SUM:
    case METHOD_SURVEY:
    case METHOD_TASKS:
        break;
    }
    return "-";
}

/* ---- period ---- */

static bool is_number_in(const char *text, size_t digits, uint32_t min, uint32_t max)
{
    uint32_t v = 0;

    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        v = v * 10 + (uint32_t)(text[i] - '0');
    }
    return text[digits] == '\0' && v >= min && v <= max;
}

bool report_period_is_valid(const char *period, uint32_t year)
{
    char prefix[16];
    size_t n;

    if (period[0] == '\0') {
        return true;
    }
    (void)snprintf(prefix, sizeof(prefix), "%04u", (unsigned)year);
    n = strlen(prefix);
    if (strncmp(period, prefix, n) != 0) {
        return false;
    }
    period += n;
    if (period[0] == '\0') {
        return true;
    }
    if (period[0] != '-') {
        return false;
    }
    if (period[1] == 'H') {
        return is_number_in(period + 2, 1, 1, 2);
    }
    if (period[1] == 'Q') {
        return is_number_in(period + 2, 1, 1, 4);
    }
    return is_number_in(period + 1, 2, 1, 12);
}

/* ---- texts ---- */

#define EVIDENCE_ID_SIZE 64u /* hex digits */
#define EVIDENCE_TYPE_MAX 16u

static bool is_fine_text(const char *text, size_t size_max)
{
    return strlen(text) <= size_max && text_is_clean(text);
}

bool report_evidence_is_fine(const struct wire_evidence *e)
{
    const char *id = e->id != NULL ? e->id : "";
    const char *type = e->type != NULL ? e->type : "";
    return e->name[0] != '\0' && is_fine_text(e->name, TEXT_NAME_MAX) &&
           (id[0] == '\0' ? type[0] == '\0'
                          : strlen(id) == EVIDENCE_ID_SIZE &&
                                strspn(id, "0123456789abcdef") == EVIDENCE_ID_SIZE &&
                                text_is_code(type, EVIDENCE_TYPE_MAX));
}

static enum reason check_texts(const struct wire_report *r, struct report_judged *j)
{
    const char *bad = NULL;

    if (!is_fine_text(r->explanation, TEXT_LONG_MAX)) {
        bad = "explanation";
    } else if (!is_fine_text(r->choice, TEXT_NAME_MAX)) {
        bad = "choice";
    } else if (r->evidence_count > WIRE_EVIDENCE_MAX) {
        bad = "evidence";
    }
    for (size_t i = 0; i < r->evidence_count && bad == NULL; i++) {
        if (!report_evidence_is_fine(&r->evidence[i])) {
            bad = "evidence";
        }
    }
    if (bad == NULL) {
        return REASON_FINE;
    }
    j->column = bad;
    (void)snprintf(j->argument, sizeof(j->argument), "%s", bad);
    return REASON_BAD_TEXT;
}

/* ---- numbers ---- */

static bool read_number(const char *text, const char *column, bool *ret_has, struct decimal *ret,
                        struct report_judged *j)
{
    *ret_has = text[0] != '\0';
    if (!*ret_has || decimal_parse(text, ret) == DECIMAL_FINE) {
        return true;
    }
    j->column = column;
    return false;
}

static enum reason read_answer(const struct wire_report *r, struct score_answer *a,
                               struct report_judged *j)
{
    *a = (struct score_answer){.answered = r->answered, .choice = r->choice};
    if (!read_number(r->value, "value", &a->has_value, &a->value, j) ||
        !read_number(r->numerator, "numerator", &a->has_numerator, &a->numerator, j) ||
        !read_number(r->denominator, "denominator", &a->has_denominator, &a->denominator, j)) {
        return REASON_NOT_A_NUMBER;
    }
    return REASON_FINE;
}

/* ---- what would be right ---- */

/* The keys of a choice, as many as fit. */
static void list_choices(const struct method *m, struct report_judged *j)
{
    size_t at = 0;

    for (size_t i = 0; i < m->item_count; i++) {
        size_t size = strlen(m->choices[i].key);
        bool last = i + 1 == m->item_count;

        if (at + size + 8 > sizeof(j->argument)) {
            (void)snprintf(j->argument + at, sizeof(j->argument) - at, "…");
            return;
        }
        at += (size_t)snprintf(j->argument + at, sizeof(j->argument) - at, "%s%s",
                               m->choices[i].key, last ? "" : ", ");
    }
}

static const char *negative_column(const struct score_answer *a)
{
    if (a->has_value) {
        return "value";
    }
    return a->numerator.micro < 0 ? "numerator" : "denominator";
}

/* The first field that the method does not take. */
static const char *wrong_column(const struct criteria_node *n, const struct wire_report *r)
{
    enum method_kind kind = n->method.kind;

    bool alone = r->answered != WIRE_VALUE; /* na wants nothing beside it */

    if (r->choice[0] != '\0' && (alone || kind != METHOD_CHOICE)) {
        return "choice";
    }
    if (r->value[0] != '\0' && (alone || kind == METHOD_CHOICE || kind == METHOD_RATIO)) {
        return "value";
    }
    return r->numerator[0] != '\0' ? "numerator" : "denominator";
}

static void describe(enum reason reason, const struct criteria_node *n, const struct wire_report *r,
                     const struct score_answer *a, struct report_judged *j)
{
    char number[DECIMAL_TEXT_SIZE] = "";
    const char *argument = "";

    if (reason == REASON_ABOVE_MAXIMUM) {
        j->column = "value";
        argument = decimal_format(n->max, number);
    } else if (reason == REASON_NUMERATOR_ABOVE) {
        j->column = "numerator";
        argument = decimal_format(a->denominator, number);
    } else if (reason == REASON_NO_DENOMINATOR) {
        j->column = a->has_numerator ? "denominator" : "numerator";
        argument = j->column;
    } else if (reason == REASON_WRONG_FIELD) {
        j->column = wrong_column(n, r);
        argument = r->answered == WIRE_VALUE ? report_fields(n->method.kind) : "na";
    } else if (reason == REASON_NOTHING_GIVEN) {
        j->column = "value";
        argument = report_fields(n->method.kind);
    } else if (reason == REASON_NEGATIVE) {
        j->column = negative_column(a);
    } else if (reason == REASON_NOT_WHOLE) {
        j->column = "value";
    } else if (reason == REASON_NA_REFUSED) {
        j->column = a->answered == WIRE_VALUE ? "denominator" : "na";
    }
    (void)snprintf(j->argument, sizeof(j->argument), "%s", argument);
    if (reason == REASON_UNKNOWN_CHOICE) {
        j->column = "choice";
        list_choices(&n->method, j);
    }
}

/* Only in a component that takes answers does it matter which. */
static bool takes_answers(const struct criteria_node *n)
{
    return n->method.kind != METHOD_SUM && n->method.kind != METHOD_SURVEY &&
           n->method.kind != METHOD_TASKS;
}

enum reason report_check(const struct criteria *set, const struct wire_report *report,
                         struct report_judged *ret)
{
    struct score_answer answer = {.choice = ""};
    enum reason reason = REASON_FINE;
    const struct criteria_node *n;

    *ret = (struct report_judged){.node = CRITERIA_NONE, .column = "code"};
    if (report->year != criteria_head(set)->year) {
        return REASON_YEAR_RANGE;
    }
    if (!report_period_is_valid(report->period, report->year)) {
        ret->column = "period";
        return REASON_BAD_PERIOD;
    }
    ret->node = criteria_find(set, report->code);
    if (ret->node == CRITERIA_NONE) {
        return REASON_UNKNOWN_COMPONENT;
    }
    n = criteria_node(set, ret->node);
    if ((unsigned)report->answered > WIRE_NOTHING_AROSE) {
        ret->column = "na";
        return REASON_UNREADABLE;
    }
    if (takes_answers(n)) {
        reason = read_answer(report, &answer, ret);
    }
    if (reason == REASON_FINE) {
        reason = check_texts(report, ret);
    }
    if (reason != REASON_FINE) {
        return reason;
    }
    reason = score_leaf(set, ret->node, &answer, &ret->score);
    if (reason != REASON_FINE) {
        describe(reason, n, report, &answer, ret);
    }
    return reason;
}

void report_set_evidence(struct actlist *list, size_t act, size_t evidence,
                         const struct wire_evidence *said)
{
    const struct wire_report *r = &actlist_act(list, act)->u.report;
    union {
        const struct wire_evidence *read;
        struct wire_evidence *written;
    } items = {.read = r->evidence};

    /* the reader made this array in the list's own pool, so it is ours to write */
    CHECK(evidence < r->evidence_count);
    items.written[evidence].size = said->size;
    items.written[evidence].id = said->id;
    items.written[evidence].type = said->type;
}
