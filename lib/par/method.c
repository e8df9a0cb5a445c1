/* Methods as words: names, na_policy, canonical params; and the choice of a band. */
#include "par/method.h"

#include "base/check.h"
#include "base/lang.h"
#include "par/method_params.h"
#include "par/wide.h"

#include <string.h>

static const char *const method_names[] = {
    [METHOD_SUM] = "sum",     [METHOD_POINTS] = "points", [METHOD_CHOICE] = "choice",
    [METHOD_BANDS] = "bands", [METHOD_RATIO] = "ratio",   [METHOD_DEDUCT] = "deduct",
    [METHOD_COUNT] = "count", [METHOD_SURVEY] = "survey", [METHOD_TASKS] = "tasks",
};

static const char *const policy_names[] = {
    [METHOD_REFUSE] = "refuse",
    [METHOD_RESCALE] = "rescale",
    [METHOD_FULL] = "full",
    [METHOD_ZERO] = "zero",
};

static const char *const op_names[] = {
    [METHOD_ANY] = "",  [METHOD_GE] = ">=", [METHOD_GT] = ">",
    [METHOD_LE] = "<=", [METHOD_LT] = "<",  [METHOD_EQ] = "=",
};

const char *method_name(enum method_kind kind)
{
    CHECK(kind >= METHOD_SUM && kind <= METHOD_TASKS);
    return method_names[kind];
}

static enum ng_err find_kind(const char *name, enum method_kind *ret)
{
    for (unsigned i = METHOD_SUM; i <= METHOD_TASKS; i++) {
        if (strcmp(name, method_names[i]) != 0) {
            continue;
        }
        *ret = (enum method_kind)i;
        return NG_OK;
    }
    if (name[0] == '\0') {
        return err_set(NG_ERR_INPUT, "%s", _("a method is missing"));
    }
    return err_set(NG_ERR_INPUT,
                   _("method \"%.40s\" is unknown (sum, points, choice, bands, ratio, deduct, "
                     "count, survey, tasks)"),
                   name);
}

enum ng_err method_parse(const char *method, const char *params, struct decimal max, bool canonical,
                         struct pool *pool, struct method *ret)
{
    struct method m = {0};
    enum ng_err err = find_kind(method, &m.kind);

    if (err == NG_OK) {
        err = method_params_read(params, max, canonical, pool, &m);
    }
    if (err == NG_OK) {
        *ret = m;
    }
    return err;
}

/* ---- na_policy ---- */

static bool find_policy(const char *word, size_t size, enum method_policy *ret)
{
    for (unsigned i = METHOD_REFUSE; i <= METHOD_ZERO; i++) {
        if (strlen(policy_names[i]) != size || memcmp(policy_names[i], word, size) != 0) {
            continue;
        }
        *ret = (enum method_policy)i;
        return true;
    }
    return false;
}

static enum ng_err policies_unknown(const char *text)
{
    return err_set(NG_ERR_INPUT,
                   _("\"%.60s\" is not a policy (rescale, full, zero, refuse, or for example "
                     "\"na=rescale none=full\")"),
                   text);
}

/* "na=rescale none=full", each at most once; what is not said is refused. */
static enum ng_err parse_policy_pair(const char *text, struct method_policies *ret)
{
    struct method_policies p = {METHOD_REFUSE, METHOD_REFUSE};
    bool has_na = false, has_none = false;
    const char *at = text;

    while (*(at += strspn(at, " ")) != '\0') {
        size_t size = strcspn(at, " ");
        bool is_na = strncmp(at, "na=", 3) == 0;
        bool is_none = strncmp(at, "none=", 5) == 0;
        size_t skip = is_na ? 3 : 5;

        if ((!is_na || has_na) && (!is_none || has_none)) {
            return policies_unknown(text);
        }
        if (!find_policy(at + skip, size - skip, is_na ? &p.na : &p.none)) {
            return policies_unknown(text);
        }
        has_na |= is_na;
        has_none |= is_none;
        at += size;
    }
    *ret = p;
    return NG_OK;
}

enum ng_err method_parse_policies(const char *text, struct method_policies *ret)
{
    enum method_policy both;

    if (text[0] == '\0') {
        *ret = (struct method_policies){METHOD_REFUSE, METHOD_REFUSE};
        return NG_OK;
    }
    if (strchr(text, '=') != NULL) {
        return parse_policy_pair(text, ret);
    }
    if (!find_policy(text, strlen(text), &both)) {
        return policies_unknown(text);
    }
    *ret = (struct method_policies){both, both};
    return NG_OK;
}

enum ng_err method_format_policies(struct method_policies p, struct buf *to)
{
    if (p.na == p.none) {
        return buf_add_text(to, p.na == METHOD_REFUSE ? "" : policy_names[p.na]);
    }
    return buf_printf(to, "na=%s none=%s", policy_names[p.na], policy_names[p.none]);
}

/* ---- params, written ---- */

static enum ng_err format_bands(const struct method *m, struct buf *to)
{
    char limit[DECIMAL_TEXT_SIZE], points[DECIMAL_TEXT_SIZE];
    enum ng_err err = NG_OK;

    for (size_t i = 0; i < m->item_count && err == NG_OK; i++) {
        const struct method_band *b = &m->bands[i];

        err = buf_printf(to, "%s%s%s:%s", i > 0 ? "|" : "", op_names[b->op],
                         b->op == METHOD_ANY ? "" : decimal_format(b->limit, limit),
                         decimal_format(b->points, points));
    }
    return err;
}

static enum ng_err format_choices(const struct method *m, struct buf *to)
{
    char points[DECIMAL_TEXT_SIZE];
    enum ng_err err = NG_OK;

    for (size_t i = 0; i < m->item_count && err == NG_OK; i++) {
        err = buf_printf(to, "%s%s:%s", i > 0 ? "|" : "", m->choices[i].key,
                         decimal_format(m->choices[i].points, points));
    }
    return err;
}

/* Only what differs from the default, so that "target=100" and "" are the same method. */
static enum ng_err format_ratio(const struct method *m, struct buf *to)
{
    char text[DECIMAL_TEXT_SIZE];
    size_t begin = to->size;
    enum ng_err err = NG_OK;

    if (decimal_compare(m->target, decimal_of(100)) != 0) {
        err = buf_printf(to, "target=%s", decimal_format(m->target, text));
    }
    if (err == NG_OK && m->floor.micro != 0) {
        err = buf_printf(to, "%sfloor=%s", to->size > begin ? " " : "",
                         decimal_format(m->floor, text));
    }
    if (err == NG_OK && m->step.micro != 0) {
        err =
            buf_printf(to, "%sstep=%s", to->size > begin ? " " : "", decimal_format(m->step, text));
    }
    if (err == NG_OK && m->over) {
        err = buf_printf(to, "%sover", to->size > begin ? " " : "");
    }
    return err;
}

enum ng_err method_format_params(const struct method *m, struct buf *to)
{
    char text[DECIMAL_TEXT_SIZE];

    switch (m->kind) {
    case METHOD_SUM:
        if (m->group == METHOD_BASE) {
            return NG_OK;
        }
        return buf_printf(to, "kind=%s cap=%s", m->group == METHOD_BONUS ? "bonus" : "deduction",
                          decimal_format(m->cap, text));
    case METHOD_CHOICE:
        return format_choices(m, to);
    case METHOD_BANDS:
    case METHOD_TASKS:
        return format_bands(m, to);
    case METHOD_RATIO:
        return format_ratio(m, to);
    case METHOD_DEDUCT:
    case METHOD_COUNT:
        return buf_printf(to, "per=%s", decimal_format(m->per, text));
    case METHOD_POINTS:
    case METHOD_SURVEY:
        break;
    }
    return NG_OK;
}

bool method_points(const struct method *m, size_t item, struct decimal *ret)
{
    if (item < m->item_count) {
        *ret = m->kind == METHOD_CHOICE ? m->choices[item].points : m->bands[item].points;
        return true;
    }
    if (m->item_count > 0 || item > 0) {
        return false;
    }
    switch (m->kind) {
    case METHOD_SUM:
        *ret = m->cap;
        return true;
    case METHOD_RATIO:
        *ret = m->step;
        return true;
    case METHOD_DEDUCT:
    case METHOD_COUNT:
        *ret = m->per;
        return true;
    case METHOD_POINTS:
    case METHOD_CHOICE:
    case METHOD_BANDS:
    case METHOD_SURVEY:
    case METHOD_TASKS:
        break;
    }
    return false;
}

/* ---- bands ---- */

/* numerator / denominator × 100 against the limit, all in millionths:
 * n / d × 100 ? l / 10^6  is  n × 100 × 10^6 ? l × d. */
static int compare_percent(struct decimal numerator, struct decimal denominator,
                           struct decimal limit)
{
    return wide_compare(wide_multiply((uint64_t)numerator.micro, 100u * (uint64_t)DECIMAL_ONE),
                        wide_multiply((uint64_t)limit.micro, (uint64_t)denominator.micro));
}

static bool band_holds(const struct method_band *b, int order)
{
    switch (b->op) {
    case METHOD_ANY:
        return true;
    case METHOD_GE:
        return order >= 0;
    case METHOD_GT:
        return order > 0;
    case METHOD_LE:
        return order <= 0;
    case METHOD_LT:
        return order < 0;
    case METHOD_EQ:
        return order == 0;
    }
    return false;
}

struct decimal method_band_points(const struct method *m, struct decimal numerator,
                                  struct decimal denominator)
{
    bool covered = false;
    struct decimal points = DECIMAL_ZERO;

    CHECK(numerator.micro >= 0 && denominator.micro > 0);
    for (size_t i = 0; i < m->item_count && !covered; i++) {
        covered =
            band_holds(&m->bands[i], compare_percent(numerator, denominator, m->bands[i].limit));
        points = m->bands[i].points;
    }
    CHECK(covered); /* a method with a gap was refused when it was read */
    return points;
}

/* ---- sameness ---- */

static bool same(struct decimal a, struct decimal b)
{
    return a.micro == b.micro;
}

static bool items_equal(const struct method *a, const struct method *b)
{
    if (a->item_count != b->item_count) {
        return false;
    }
    for (size_t i = 0; i < a->item_count; i++) {
        if (a->kind == METHOD_CHOICE) {
            if (strcmp(a->choices[i].key, b->choices[i].key) != 0 ||
                !same(a->choices[i].points, b->choices[i].points)) {
                return false;
            }
        } else if (a->bands[i].op != b->bands[i].op ||
                   !same(a->bands[i].limit, b->bands[i].limit) ||
                   !same(a->bands[i].points, b->bands[i].points)) {
            return false;
        }
    }
    return true;
}

bool method_equal(const struct method *a, const struct method *b)
{
    return a->kind == b->kind && a->group == b->group && same(a->cap, b->cap) &&
           same(a->target, b->target) && same(a->floor, b->floor) && same(a->step, b->step) &&
           a->over == b->over && same(a->per, b->per) && items_equal(a, b);
}
