/* A criteria set as a whole: its two entrances (file, log), its way out, and looking things up. */
#include "par/criteria.h"

#include "base/check.h"
#include "base/lang.h"
#include "par/criteria_build.h"
#include "par/fraction.h"
#include "par/table.h"
#include "par/text.h"

#include <stdlib.h>
#include <string.h>

#define POOL_MAX ((size_t)64 << 20)

_Static_assert(CRITERIA_ROUNDING_MAX == FRACTION_DECIMALS, "rounded points must fit the rank key");

enum { CODE, PARENT, LEVEL, NAME_VI, NAME_EN, MAX_POINTS, METHOD, PARAMS, NA_POLICY, EVIDENCE };

static const struct table_column columns[] = {
    [CODE] = {"code", true, TEXT_LONG_MAX},
    [PARENT] = {"parent", true, TEXT_LONG_MAX},
    [LEVEL] = {"level", true, TEXT_LONG_MAX},
    [NAME_VI] = {"name_vi", true, TEXT_NAME_MAX},
    [NAME_EN] = {"name_en", false, TEXT_NAME_MAX},
    [MAX_POINTS] = {"max_points", true, TEXT_LONG_MAX},
    [METHOD] = {"method", true, TEXT_LONG_MAX},
    [PARAMS] = {"params", false, TEXT_LONG_MAX},
    [NA_POLICY] = {"na_policy", false, TEXT_LONG_MAX},
    [EVIDENCE] = {"evidence", false, TEXT_LONG_MAX},
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

const char *criteria_level_name(enum criteria_level level)
{
    static const char *const names[] = {
        [CRITERIA_FIELD] = "field",
        [CRITERIA_CRITERION] = "criterion",
        [CRITERIA_COMPONENT] = "component",
    };

    CHECK(level >= CRITERIA_FIELD && level <= CRITERIA_COMPONENT);
    return names[level];
}

static struct criteria *criteria_new(void)
{
    struct criteria *c = calloc(1, sizeof(*c));

    if (c != NULL) {
        pool_init(&c->pool, POOL_MAX);
    }
    return c;
}

void criteria_destroy(struct criteria **c)
{
    if (*c == NULL) {
        return;
    }
    pool_fini(&(*c)->pool);
    free(*c);
    *c = NULL;
}

/* ---- the head ---- */

static bool read_total(const char *text, bool canonical, struct decimal *ret)
{
    return (canonical ? decimal_parse(text, ret) : decimal_read(text, ret, NULL)) == DECIMAL_FINE;
}

static enum ng_err set_head(struct criteria *c, const struct wire_criteria *w, bool canonical,
                            uint32_t line, struct fault_list *faults)
{
    struct criteria_head *h = &c->head;

    if (!text_is_code(w->set, TEXT_CODE_MAX)) {
        fault_add(faults, FAULT_FORM, line, "set", _("\"%.60s\" is not a code"), w->set);
    }
    if (!text_is_code(w->group, TEXT_CODE_MAX)) {
        fault_add(faults, FAULT_FORM, line, "group", _("\"%.60s\" is not a code"), w->group);
    }
    if (w->year < CRITERIA_YEAR_MIN || w->year > CRITERIA_YEAR_MAX) {
        fault_add(faults, FAULT_RANGE, line, "year", _("the year must be %u to %u"),
                  CRITERIA_YEAR_MIN, CRITERIA_YEAR_MAX);
    }
    if (w->rounding > CRITERIA_ROUNDING_MAX) {
        fault_add(faults, FAULT_RANGE, line, "rounding", _("rounding must be 0 to %u decimals"),
                  CRITERIA_ROUNDING_MAX);
    }
    if (strlen(w->source) > TEXT_LONG_MAX || !text_is_clean(w->source)) {
        fault_add(faults, FAULT_RANGE, line, "source", "%s", _("the text is too long"));
    }
    h->has_total = w->total[0] != '\0' && read_total(w->total, canonical, &h->total);
    if (w->total[0] != '\0' && !h->has_total) {
        fault_add(faults, FAULT_NUMBER, line, "total", _("\"%.40s\" is not a number"), w->total);
    }
    h->set = pool_text(&c->pool, w->set);
    h->group = pool_text(&c->pool, w->group);
    h->source = pool_text(&c->pool, w->source);
    h->year = w->year;
    h->rounding = w->rounding;
    h->sample = w->sample;
    if (h->set == NULL || h->group == NULL || h->source == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    return NG_OK;
}

static void take_setting(const struct table_setting *s, uint32_t line, struct wire_criteria *w,
                         struct fault_list *faults)
{
    if (strcmp(s->key, "total") == 0) {
        w->total = s->value;
    } else if (strcmp(s->key, "source") == 0) {
        w->source = s->value;
    } else if (strcmp(s->key, "rounding") == 0) {
        bool digit = s->value[0] >= '0' && s->value[0] <= '9' && s->value[1] == '\0';

        w->rounding = digit ? (uint32_t)(s->value[0] - '0') : CRITERIA_ROUNDING_MAX + 1;
    } else if (strcmp(s->key, "sample") == 0) {
        w->sample = strcmp(s->value, "true") == 0;
        if (!w->sample && strcmp(s->value, "false") != 0) {
            fault_add(faults, FAULT_FORM, line, "sample", _("\"%.40s\" is not true or false"),
                      s->value);
        }
    } else {
        fault_add(faults, FAULT_COLUMN, line, "#set",
                  _("\"%.40s\" is unknown (total, rounding, sample, source)"), s->key);
    }
}

/* ---- from a file ---- */

static void take_row(const struct table *t, size_t row, struct criteria_row *ret)
{
    *ret = (struct criteria_row){
        .line = table_line(t, row),
        .node = {.code = table_cell(t, row, CODE),
                 .parent = table_cell(t, row, PARENT),
                 .level = table_cell(t, row, LEVEL),
                 .name_vi = table_cell(t, row, NAME_VI),
                 .name_en = table_cell(t, row, NAME_EN),
                 .max_points = table_cell(t, row, MAX_POINTS),
                 .method = table_cell(t, row, METHOD),
                 .params = table_cell(t, row, PARAMS),
                 .na_policy = table_cell(t, row, NA_POLICY),
                 .evidence = table_cell(t, row, EVIDENCE)},
    };
}

static enum ng_err from_table(const struct table *t, struct wire_criteria *w,
                              struct criteria_row *rows, struct criteria *c,
                              struct fault_list *faults)
{
    const struct table_setting *settings;
    size_t setting_count = table_settings(t, &settings);
    uint32_t line = table_settings_line(t);
    enum ng_err err;

    for (size_t i = 0; i < setting_count; i++) {
        take_setting(&settings[i], line, w, faults);
    }
    for (size_t i = 0; i < table_rows(t); i++) {
        take_row(t, i, &rows[i]);
    }
    err = set_head(c, w, false, line, faults);
    return err == NG_OK ? criteria_build(c, rows, table_rows(t), false, line, faults) : err;
}

enum ng_err criteria_parse_csv(struct bytes file, const char *set, uint32_t year, const char *group,
                               struct fault_list *faults, struct criteria **ret)
{
    struct wire_criteria w = {.set = set,
                              .year = year,
                              .group = group,
                              .total = "",
                              .rounding = CRITERIA_ROUNDING_DEFAULT,
                              .source = ""};
    struct criteria_row *rows = NULL;
    struct criteria *c = NULL;
    struct table *t = NULL;
    enum ng_err err = table_parse(file, columns, COLUMN_COUNT, faults, &t);

    if (err != NG_OK) {
        return err;
    }
    rows = calloc(table_rows(t) + 1, sizeof(*rows));
    c = criteria_new();
    err = rows != NULL && c != NULL ? from_table(t, &w, rows, c, faults) : err_plain(NG_ERR_NOMEM);
    free(rows);
    table_destroy(&t);
    if (err == NG_OK) {
        *ret = c;
    } else {
        criteria_destroy(&c);
    }
    return err;
}

/* ---- from the log, and to it ---- */

static enum ng_err check_acts(const struct wire_act *acts, size_t count, struct fault_list *faults)
{
    bool fits =
        count >= 1 && acts[0].kind == WIRE_ACT_CRITERIA && acts[0].u.criteria.nodes == count - 1;

    for (size_t i = 1; i < count; i++) {
        fits = fits && acts[i].kind == WIRE_ACT_NODE;
    }
    if (fits) {
        return NG_OK;
    }
    fault_add(faults, FAULT_TREE, 0, "", "%s",
              _("the parts of the set are not one head and as many nodes as it says"));
    return err_set(NG_ERR_INPUT, "%s", _("the criteria set has faults"));
}

enum ng_err criteria_from_acts(const struct wire_act *acts, size_t count, struct fault_list *faults,
                               struct criteria **ret)
{
    struct criteria_row *rows = NULL;
    struct criteria *c = NULL;
    enum ng_err err = check_acts(acts, count, faults);

    if (err != NG_OK) {
        return err;
    }
    rows = calloc(count, sizeof(*rows));
    c = criteria_new();
    err = rows != NULL && c != NULL ? set_head(c, &acts[0].u.criteria, true, 1, faults)
                                    : err_plain(NG_ERR_NOMEM);
    for (size_t i = 1; i < count && err == NG_OK; i++) {
        rows[i - 1] = (struct criteria_row){acts[i].u.node, (uint32_t)i + 1};
    }
    if (err == NG_OK) {
        err = criteria_build(c, rows, count - 1, true, 1, faults);
    }
    free(rows);
    if (err == NG_OK) {
        *ret = c;
    } else {
        criteria_destroy(&c);
    }
    return err;
}

/* Copies d's canonical text into the list's pool; NULL: no memory. */
static const char *decimal_copy(struct actlist *list, struct decimal d)
{
    char text[DECIMAL_TEXT_SIZE];

    return pool_text(actlist_pool(list), decimal_format(d, text));
}

static enum ng_err add_head(const struct criteria *c, struct actlist *list)
{
    struct wire_act *act = actlist_add(list, WIRE_ACT_CRITERIA, 0);
    const struct criteria_head *h = &c->head;
    struct wire_criteria *w;

    if (act == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    w = &act->u.criteria;
    w->set = pool_text(actlist_pool(list), h->set);
    w->group = pool_text(actlist_pool(list), h->group);
    w->source = pool_text(actlist_pool(list), h->source);
    w->total = h->has_total ? decimal_copy(list, h->total) : "";
    w->year = h->year;
    w->rounding = h->rounding;
    w->sample = h->sample;
    w->nodes = (uint32_t)c->count;
    if (w->set == NULL || w->group == NULL || w->source == NULL || w->total == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    return NG_OK;
}

static enum ng_err add_node(const struct criteria *c, const struct criteria_node *n,
                            struct actlist *list)
{
    struct wire_act *act = actlist_add(list, WIRE_ACT_NODE, n->line);
    struct pool *pool = actlist_pool(list);
    struct buf params = BUF_INIT(TEXT_LONG_MAX * 2), policies = BUF_INIT(TEXT_LONG_MAX);
    enum ng_err err = act != NULL ? method_format_params(&n->method, &params) : NG_ERR_NOMEM;

    if (err == NG_OK) {
        err = method_format_policies(n->policies, &policies);
    }
    if (err == NG_OK) {
        struct wire_node *w = &act->u.node;

        w->code = pool_text(pool, n->code);
        w->parent = n->parent == CRITERIA_NONE ? "" : pool_text(pool, c->nodes[n->parent].code);
        w->level = criteria_level_name(n->level);
        w->name_vi = pool_text(pool, n->name_vi);
        w->name_en = pool_text(pool, n->name_en);
        w->max_points = decimal_copy(list, n->max);
        w->method = method_name(n->method.kind);
        w->params = pool_text(pool, buf_text(&params));
        w->na_policy = pool_text(pool, buf_text(&policies));
        w->evidence = pool_text(pool, n->evidence);
        if (w->code == NULL || w->parent == NULL || w->name_vi == NULL || w->name_en == NULL ||
            w->max_points == NULL || w->params == NULL || w->na_policy == NULL ||
            w->evidence == NULL) {
            err = err_plain(NG_ERR_NOMEM);
        }
    }
    buf_fini(&params);
    buf_fini(&policies);
    return err;
}

enum ng_err criteria_to_acts(const struct criteria *c, struct actlist **ret)
{
    struct actlist *list = actlist_new(POOL_MAX);
    enum ng_err err = list != NULL ? add_head(c, list) : err_plain(NG_ERR_NOMEM);

    for (size_t i = 0; i < c->count && err == NG_OK; i++) {
        err = add_node(c, &c->nodes[i], list);
    }
    if (err == NG_OK) {
        *ret = list;
    } else {
        actlist_destroy(&list);
    }
    return err;
}

/* ---- looking things up ---- */

const struct criteria_head *criteria_head(const struct criteria *c)
{
    return &c->head;
}

size_t criteria_count(const struct criteria *c)
{
    return c->count;
}

const struct criteria_node *criteria_node(const struct criteria *c, uint32_t index)
{
    CHECK(index < c->count);
    return &c->nodes[index];
}

static int compare_code(const void *key, const void *item)
{
    const struct criteria_code *code = item;

    return strcmp(key, code->code);
}

uint32_t criteria_find(const struct criteria *c, const char *code)
{
    const struct criteria_code *found =
        bsearch(code, c->codes, c->count, sizeof(*c->codes), compare_code);

    return found != NULL ? found->index : CRITERIA_NONE;
}

size_t criteria_fields(const struct criteria *c, const uint32_t **ret_nodes)
{
    *ret_nodes = c->fields;
    return c->field_count;
}

uint32_t criteria_leaves(const struct criteria *c)
{
    return c->leaves;
}

uint32_t criteria_answerable(const struct criteria *c)
{
    return c->answerable;
}

/* ---- sameness ---- */

static bool heads_equal(const struct criteria_head *a, const struct criteria_head *b)
{
    return strcmp(a->set, b->set) == 0 && a->year == b->year && strcmp(a->group, b->group) == 0 &&
           a->has_total == b->has_total && a->total.micro == b->total.micro &&
           a->rounding == b->rounding && a->sample == b->sample &&
           strcmp(a->source, b->source) == 0;
}

static bool nodes_equal(const struct criteria_node *a, const struct criteria_node *b)
{
    return strcmp(a->code, b->code) == 0 && strcmp(a->name_vi, b->name_vi) == 0 &&
           strcmp(a->name_en, b->name_en) == 0 && strcmp(a->evidence, b->evidence) == 0 &&
           a->level == b->level && a->parent == b->parent && a->max.micro == b->max.micro &&
           a->policies.na == b->policies.na && a->policies.none == b->policies.none &&
           method_equal(&a->method, &b->method);
}

bool criteria_equal(const struct criteria *a, const struct criteria *b)
{
    if (!heads_equal(&a->head, &b->head) || a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!nodes_equal(&a->nodes[i], &b->nodes[i])) {
            return false;
        }
    }
    return true;
}
