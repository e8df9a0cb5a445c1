/* One row of a criteria set: its own cells, looked at without the others. */
#include "par/criteria_build.h"

#include "base/lang.h"
#include "par/fraction.h"
#include "par/text.h"

#include <string.h>

struct row {
    const struct criteria_row *from;
    bool canonical;
    struct pool *pool;
    struct fault_list *faults;
    bool sound;
};

static void read_level(struct row *r, struct criteria_node *n)
{
    const char *text = r->from->node.level;

    for (unsigned i = CRITERIA_FIELD; i <= CRITERIA_COMPONENT; i++) {
        if (strcmp(text, criteria_level_name((enum criteria_level)i)) == 0) {
            n->level = (enum criteria_level)i;
        }
    }
    if (n->level != 0) {
        return;
    }
    fault_add(r->faults, text[0] == '\0' ? FAULT_EMPTY : FAULT_FORM, r->from->line, "level",
              _("\"%.40s\" is not a level (field, criterion, component)"), text);
    r->sound = false;
}

static void max_fault(struct row *r, enum fault_code code, const char *why)
{
    fault_add(r->faults, code, r->from->line, "max_points", "%s", why);
    r->sound = false;
}

static void read_max(struct row *r, struct criteria_node *n)
{
    const char *text = r->from->node.max_points;
    enum decimal_fault fault =
        r->canonical ? decimal_parse(text, &n->max) : decimal_read(text, &n->max, NULL);
    char why[200];

    if (fault != DECIMAL_FINE) {
        decimal_explain(fault, text, why, sizeof(why));
        max_fault(r,
                  fault == DECIMAL_AMBIGUOUS ? FAULT_AMBIGUOUS
                  : fault == DECIMAL_EMPTY   ? FAULT_EMPTY
                                             : FAULT_NUMBER,
                  why);
    } else if (n->max.micro <= 0) {
        max_fault(r, FAULT_RANGE, _("it must be above 0 (also in a deduction group)"));
    } else if (decimal_compare(n->max, decimal_of(FRACTION_MAX_POINTS)) > 0 ||
               !decimal_fits(n->max, FRACTION_DECIMALS)) {
        max_fault(r, FAULT_RANGE, _("at most 100000, with at most 4 decimals"));
    }
}

static enum ng_err read_method(struct row *r, struct criteria_node *n)
{
    const struct wire_node *w = &r->from->node;
    /* without a maximum the rest of the row is still looked at, so that all its faults are told */
    struct decimal max = n->max.micro > 0 ? n->max : decimal_of(FRACTION_MAX_POINTS);
    enum ng_err err = method_parse(w->method, w->params, max, r->canonical, r->pool, &n->method);

    if (err == NG_ERR_NOMEM) {
        return err;
    }
    if (err != NG_OK) {
        fault_add(r->faults, FAULT_METHOD, r->from->line,
                  w->method[0] == '\0' ? "method" : "params", "%s", err_explain(err));
        r->sound = false;
    }
    err = method_parse_policies(w->na_policy, &n->policies);
    if (err != NG_OK) {
        fault_add(r->faults, FAULT_METHOD, r->from->line, "na_policy", "%s", err_explain(err));
        r->sound = false;
    }
    return NG_OK;
}

/* A text of the row into the pool; on the wire it must be clean and within its bound. */
static enum ng_err keep_text(struct row *r, const char *column, const char *text, size_t size_max,
                             const char **ret)
{
    if (strlen(text) > size_max || (r->canonical && !text_is_clean(text))) {
        fault_add(r->faults, FAULT_RANGE, r->from->line, column,
                  _("the text is longer than %zu bytes, or not clean Unicode (NFC)"), size_max);
        r->sound = false;
        text = "";
    }
    *ret = pool_text(r->pool, text);
    return *ret != NULL ? NG_OK : err_plain(NG_ERR_NOMEM);
}

static enum ng_err read_texts(struct row *r, struct criteria_node *n)
{
    const struct wire_node *w = &r->from->node;
    enum ng_err err = keep_text(r, "code", w->code, TEXT_CODE_MAX, &n->code);

    if (err == NG_OK) {
        err = keep_text(r, "name_vi", w->name_vi, TEXT_NAME_MAX, &n->name_vi);
    }
    if (err == NG_OK) {
        err = keep_text(r, "name_en", w->name_en, TEXT_NAME_MAX, &n->name_en);
    }
    if (err == NG_OK) {
        err = keep_text(r, "evidence", w->evidence, TEXT_LONG_MAX, &n->evidence);
    }
    if (err != NG_OK) {
        return err;
    }
    if (!text_is_code(w->code, TEXT_CODE_MAX)) {
        fault_add(r->faults, w->code[0] == '\0' ? FAULT_EMPTY : FAULT_FORM, r->from->line, "code",
                  _("\"%.60s\" is not a code (1 to %u of A-Z a-z 0-9 . - _)"), w->code,
                  TEXT_CODE_MAX);
        r->sound = false;
    }
    if (n->name_vi[0] == '\0' && n->name_en[0] == '\0') {
        fault_add(r->faults, FAULT_EMPTY, r->from->line, "name_vi", "%s", _("a name is missing"));
    }
    return NG_OK;
}

enum ng_err criteria_row_read(const struct criteria_row *row, bool canonical, struct pool *pool,
                              struct fault_list *faults, struct criteria_node *ret, bool *ret_sound)
{
    struct row r = {row, canonical, pool, faults, true};
    enum ng_err err;

    ret->line = row->line;
    ret->parent = CRITERIA_NONE;
    ret->field = CRITERIA_NONE;
    err = read_texts(&r, ret);
    if (err != NG_OK) {
        return err;
    }
    read_level(&r, ret);
    read_max(&r, ret);
    err = read_method(&r, ret);
    *ret_sound = r.sound;
    return err;
}
