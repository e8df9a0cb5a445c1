/* A person's report, from a file or from the words of a command, made ready for the wire.
 *
 * Idea: a line's cells become one wire_report with canonical numbers, which then goes before the
 * same judge as in the office (report_check); only how people write numbers is this file's own
 * matter. Happy path: every line is fine, the acts stand in the file's order. Failures: every fault
 * is listed with its line and column and what was expected, nothing comes out; memory.
 */
#include "base/check.h"
#include "base/lang.h"
#include "base/near.h"
#include "par/report.h"
#include "par/report_explanation.h"
#include "par/table.h"
#include "par/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIST_MAX ((size_t)64 << 20)
#define NUMBER_CELL_MAX 64u

enum { CODE, VALUE, NUMERATOR, DENOMINATOR, CHOICE, NA, EXPLANATION, EVIDENCE, CELL_COUNT };

static const struct table_column columns[CELL_COUNT] = {
    [CODE] = {"code", true, TEXT_NAME_MAX},
    [VALUE] = {"value", false, NUMBER_CELL_MAX},
    [NUMERATOR] = {"numerator", false, NUMBER_CELL_MAX},
    [DENOMINATOR] = {"denominator", false, NUMBER_CELL_MAX},
    [CHOICE] = {"choice", false, TEXT_NAME_MAX},
    [NA] = {"na", false, NUMBER_CELL_MAX},
    [EXPLANATION] = {"explanation", false, REPORT_EXPLANATION_MAX},
    [EVIDENCE] = {"evidence", false, TEXT_LONG_MAX},
};

struct entry {
    const char *cells[CELL_COUNT];
    uint32_t line;
};

struct parse {
    const struct criteria *set;
    const char *period;
    struct fault_list *faults;
    struct actlist *list;
    uint32_t *lines; /* of each node's answer so far; 0: none (words count as line 1) */
};

/* ---- numbers ---- */

static void number_fault(struct parse *p, const struct entry *e, int cell, enum decimal_fault fault)
{
    char why[200];

    decimal_explain(fault, e->cells[cell], why, sizeof(why));
    fault_add(p->faults, fault == DECIMAL_AMBIGUOUS ? FAULT_AMBIGUOUS : FAULT_NUMBER, e->line,
              columns[cell].name, "%s", why);
}

/* A % is taken where the number is a percentage anyway, or where points of 100 are one. */
static bool takes_percent(const struct criteria_node *n, int cell)
{
    if (cell != VALUE || n == NULL) {
        return false;
    }
    return n->method.kind == METHOD_BANDS ||
           (n->method.kind == METHOD_POINTS && decimal_compare(n->max, decimal_of(100)) == 0);
}

/* "" stays "", else canonical text; NULL: no memory. ret_fine tells whether it was a number. */
static const char *take_number(struct parse *p, const struct entry *e, int cell,
                               const struct criteria_node *n, bool *ret_fine)
{
    char text[DECIMAL_TEXT_SIZE];
    struct decimal d = DECIMAL_ZERO;
    bool percent = false;
    enum decimal_fault fault;

    if (e->cells[cell][0] == '\0') {
        return "";
    }
    fault = decimal_read(e->cells[cell], &d, &percent);
    if (fault != DECIMAL_FINE) {
        number_fault(p, e, cell, fault);
        *ret_fine = false;
    } else if (percent && !takes_percent(n, cell)) {
        fault_add(p->faults, FAULT_NUMBER, e->line, columns[cell].name,
                  _("%s: a percentage is not expected here, write the number itself"),
                  e->cells[cell]);
        *ret_fine = false;
    }
    return pool_text(actlist_pool(p->list), decimal_format(d, text));
}

/* ---- the other cells ---- */

static bool take_state(struct parse *p, const struct entry *e, enum wire_answered *ret)
{
    const char *na = e->cells[NA];

    if (na[0] == '\0' || strcasecmp(na, "false") == 0) {
        *ret = WIRE_VALUE;
    } else if (strcasecmp(na, "true") == 0) {
        *ret = WIRE_NOT_APPLICABLE;
    } else if (strcasecmp(na, "none") == 0) {
        *ret = WIRE_NOTHING_AROSE;
    } else {
        fault_add(p->faults, FAULT_FORM, e->line, "na",
                  _("\"%.40s\": write true (not applicable), none (nothing arose), or nothing"),
                  na);
        return false;
    }
    return true;
}

static size_t count_names(const char *text)
{
    size_t count = 0;

    for (const char *at = text; *at != '\0'; at += at[0] == '|' ? 1 : 0) {
        size_t size = strcspn(at, "|");

        count += size > 0 ? 1 : 0;
        at += size;
    }
    return count;
}

/* "a.pdf|b.pdf" */
static enum ng_err take_evidence(struct parse *p, const struct entry *e, struct wire_report *r)
{
    const char *text = e->cells[EVIDENCE];
    size_t count = count_names(text);
    struct pool *pool = actlist_pool(p->list);
    struct wire_evidence *items;

    if (count == 0) {
        return NG_OK;
    }
    items = pool_take_array(pool, count, sizeof(*items));
    if (items == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    for (size_t i = 0; i < count; text++) {
        size_t size = strcspn(text, "|");
        size_t left = strspn(text, " ");
        size_t right = size;

        while (right > left && text[right - 1] == ' ') {
            right--;
        }
        if (size > 0) {
            left = left < right ? left : right;
            items[i].name = pool_text_part(pool, text + left, right - left);
            if (items[i].name == NULL) {
                return err_plain(NG_ERR_NOMEM);
            }
            i++;
        }
        text += size;
        if (*text == '\0') {
            break;
        }
    }
    r->evidence = items;
    r->evidence_count = count;
    return NG_OK;
}

/* ---- one line ---- */

static bool says_nothing(const struct entry *e)
{
    for (int i = VALUE; i < CELL_COUNT; i++) {
        if (e->cells[i][0] != '\0') {
            return false;
        }
    }
    return true;
}

static enum ng_err fill(struct parse *p, const struct entry *e, const struct criteria_node *n,
                        struct wire_report *r, bool *ret_fine)
{
    struct pool *pool = actlist_pool(p->list);
    enum ng_err err;

    r->year = criteria_head(p->set)->year;
    r->period = pool_text(pool, p->period);
    r->code = pool_text(pool, e->cells[CODE]);
    r->value = take_number(p, e, VALUE, n, ret_fine);
    r->numerator = take_number(p, e, NUMERATOR, n, ret_fine);
    r->denominator = take_number(p, e, DENOMINATOR, n, ret_fine);
    r->choice = pool_text(pool, e->cells[CHOICE]);
    *ret_fine = take_state(p, e, &r->answered) && *ret_fine;
    err = take_evidence(p, e, r);
    if (err == NG_OK) {
        err = report_explanation_take(p->list, e->cells[CODE], e->cells[EXPLANATION], r);
    }
    if (err != NG_OK || r->period == NULL || r->code == NULL || r->value == NULL ||
        r->numerator == NULL || r->denominator == NULL || r->choice == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    return NG_OK;
}

static const char *given_in(const struct entry *e, const char *column)
{
    for (int i = 0; i < CELL_COUNT; i++) {
        if (strcmp(columns[i].name, column) == 0) {
            return e->cells[i];
        }
    }
    return "";
}

/* The component whose code is most like this one; NULL: none is like it enough. */
static const char *nearest(const struct criteria *set, const char *code)
{
    size_t best = strlen(code) < 5 ? 2 : 3; /* slips of one letter; of two in a longer code */
    const char *found = NULL;

    for (uint32_t i = 0; i < criteria_count(set); i++) {
        const struct criteria_node *n = criteria_node(set, i);
        size_t distance = n->children == 0 ? near_distance(code, n->code) : NEAR_FAR;

        if (distance < best) {
            best = distance;
            found = n->code;
        }
    }
    return found;
}

static enum ng_err refuse(struct parse *p, const struct entry *e, enum reason reason,
                          const struct report_judged *j)
{
    struct buf message = BUF_INIT(FAULT_GIVEN_MAX);
    enum ng_err err = reason_format(reason, given_in(e, j->column), j->argument, &message);
    const char *meant = reason == REASON_UNKNOWN_COMPONENT ? nearest(p->set, e->cells[CODE]) : NULL;

    if (err == NG_OK && meant != NULL) {
        err = buf_printf(&message, _("; did you mean %s?"), meant);
    }
    if (err == NG_OK) {
        fault_add_refused(p->faults, reason, e->line, j->column, buf_text(&message));
    }
    buf_fini(&message);
    return err;
}

static void check_double(struct parse *p, const struct entry *e, uint32_t node)
{
    uint32_t line = e->line > 0 ? e->line : 1;

    if (p->lines[node] != 0) {
        fault_add(p->faults, FAULT_TWICE, e->line, "code", _("%s stands already on line %u"),
                  e->cells[CODE], p->lines[node]);
    } else {
        p->lines[node] = line;
    }
}

/* A line that only names a component (a template that was not filled in there) says nothing. */
static enum ng_err take_entry(struct parse *p, const struct entry *e)
{
    uint32_t node = criteria_find(p->set, e->cells[CODE]);
    const struct criteria_node *n = node != CRITERIA_NONE ? criteria_node(p->set, node) : NULL;
    struct report_judged judged;
    struct wire_act *act;
    bool fine = true;
    enum reason reason;
    enum ng_err err;

    if (e->cells[CODE][0] == '\0') {
        fault_add(p->faults, FAULT_EMPTY, e->line, "code", "%s", _("a code is missing"));
        return NG_OK;
    }
    if (n != NULL && says_nothing(e) && e->line > 0) {
        return NG_OK;
    }
    act = actlist_add(p->list, WIRE_ACT_REPORT, e->line);
    if (act == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    err = fill(p, e, n, &act->u.report, &fine);
    if (err != NG_OK) {
        return err;
    }
    if (n != NULL) {
        check_double(p, e, node);
    }
    if (!fine) {
        return NG_OK;
    }
    reason = report_check(p->set, &act->u.report, &judged);
    return reason == REASON_FINE ? NG_OK : refuse(p, e, reason, &judged);
}

/* ---- the whole ---- */

static enum ng_err open_parse(struct parse *p, const char *period, char year[static 12])
{
    const struct criteria_head *head = criteria_head(p->set);

    (void)snprintf(year, 12, "%u", (unsigned)head->year);
    p->period = period[0] != '\0' ? period : year;
    if (!report_period_is_valid(period, head->year)) {
        fault_add(p->faults, FAULT_FORM, 0, "period",
                  _("\"%.40s\" is not a period of %u (for example %u, %u-H1, %u-Q3, %u-11)"),
                  period, head->year, head->year, head->year, head->year, head->year);
        return err_set(NG_ERR_INPUT, "%s", _("the period is wrong"));
    }
    p->list = actlist_new(LIST_MAX);
    p->lines = calloc(criteria_count(p->set), sizeof(*p->lines));
    return p->list != NULL && p->lines != NULL ? NG_OK : err_plain(NG_ERR_NOMEM);
}

static enum ng_err close_parse(struct parse *p, enum ng_err err, struct actlist **ret)
{
    if (err == NG_OK && !fault_any(p->faults) && actlist_count(p->list) == 0) {
        fault_add(p->faults, FAULT_EMPTY, 0, "", "%s", _("there is no answer in it"));
    }
    fault_sort(p->faults);
    if (err == NG_OK && fault_any(p->faults)) {
        err = err_set(NG_ERR_INPUT, "%s", _("the report has faults"));
    }
    free(p->lines);
    if (err == NG_OK) {
        *ret = p->list;
    } else {
        actlist_destroy(&p->list);
    }
    return err;
}

enum ng_err report_parse_csv(struct bytes file, const struct criteria *set, const char *period,
                             struct fault_list *faults, struct actlist **ret)
{
    struct parse p = {.set = set, .faults = faults};
    struct table *t = NULL;
    char year[12];
    enum ng_err err = open_parse(&p, period, year);

    if (err == NG_OK) {
        err = table_parse(file, columns, CELL_COUNT, faults, &t);
    }
    for (size_t i = 0; err == NG_OK && i < table_rows(t); i++) {
        struct entry e = {.line = table_line(t, i)};

        for (size_t j = 0; j < CELL_COUNT; j++) {
            e.cells[j] = table_cell(t, i, j);
        }
        err = take_entry(&p, &e);
    }
    table_destroy(&t);
    return close_parse(&p, err, ret);
}

/* ---- words ---- */

static enum ng_err take_word(struct parse *p, const char *word, struct entry *e)
{
    const char *equals = strchr(word, '=');
    struct buf clean = BUF_INIT(REPORT_EXPLANATION_MAX);
    size_t cell = VALUE;
    enum ng_err err;

    while (cell < CELL_COUNT &&
           (equals == NULL || strlen(columns[cell].name) != (size_t)(equals - word) ||
            strncmp(columns[cell].name, word, (size_t)(equals - word)) != 0)) {
        cell++;
    }
    if (cell == CELL_COUNT) {
        fault_add(p->faults, FAULT_COLUMN, 0, "",
                  _("\"%.60s\" is not one of value=, numerator=, denominator=, choice=, na=, "
                    "explanation=, evidence="),
                  word);
        return NG_OK;
    }
    if (e->cells[cell][0] != '\0') {
        fault_add(p->faults, FAULT_TWICE, 0, columns[cell].name, "%s", _("it is given twice"));
    }
    err = text_clean(equals + 1, strlen(equals + 1), &clean);
    if (err == NG_OK && clean.size <= columns[cell].size_max) {
        e->cells[cell] = pool_text(actlist_pool(p->list), buf_text(&clean));
        err = e->cells[cell] != NULL ? NG_OK : err_plain(NG_ERR_NOMEM);
    } else if (err != NG_ERR_NOMEM) {
        fault_add(p->faults, FAULT_ENCODING, 0, columns[cell].name, "%s",
                  _("the text is too long, not UTF-8, or has control characters"));
        err = NG_OK;
    }
    buf_fini(&clean);
    return err;
}

enum ng_err report_parse_words(const char *code, const char *const *words, size_t word_count,
                               const struct criteria *set, const char *period,
                               struct fault_list *faults, struct actlist **ret)
{
    struct parse p = {.set = set, .faults = faults};
    struct entry e = {.cells = {code, "", "", "", "", "", "", ""}};
    char year[12];
    enum ng_err err = open_parse(&p, period, year);

    for (size_t i = 0; i < word_count && err == NG_OK; i++) {
        err = take_word(&p, words[i], &e);
    }
    if (err == NG_OK && !fault_any(faults)) {
        err = take_entry(&p, &e);
    }
    return close_parse(&p, err, ret);
}
