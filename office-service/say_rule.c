/* Sentences are made of whole clauses, each translated as one, never of single words: word order
 * differs. Numbers are shown as short as they are exact. */
#include "office-service/say_rule.h"

#include "base/lang.h"
#include "office-service/say.h"

#include <string.h>

/* ---- Bands ---- */

static bool is_up(enum method_op op)
{
    return op == METHOD_GE || op == METHOD_GT;
}

static bool is_down(enum method_op op)
{
    return op == METHOD_LE || op == METHOD_LT;
}

/* Whether a band is what the one before it left over, as in >=95, >=90 … */
static bool follows(const struct method_band *before, const struct method_band *b)
{
    if (is_up(before->op) && is_up(b->op)) {
        return decimal_compare(before->limit, b->limit) > 0;
    }
    return is_down(before->op) && is_down(b->op) && decimal_compare(before->limit, b->limit) < 0;
}

/* What is left of a band by the one before it. */
static enum ng_err add_between(const struct method_band *before, const struct method_band *b,
                               const char *unit, struct buf *to)
{
    const bool up = is_up(b->op);
    const char *low = say_points((up ? b : before)->limit, 0);
    const char *high = say_points((up ? before : b)->limit, 0);
    bool with_low = up ? b->op == METHOD_GE : before->op == METHOD_LT;
    bool with_high = up ? before->op == METHOD_GT : b->op == METHOD_LE;
    if (with_low && with_high) {
        return buf_printf(to, _("from %s%s to %s%s"), low, unit, high, unit);
    }
    if (with_low) {
        return buf_printf(to, _("from %s%s to below %s%s"), low, unit, high, unit);
    }
    return with_high ? buf_printf(to, _("above %s%s to %s%s"), low, unit, high, unit)
                     : buf_printf(to, _("above %s%s to below %s%s"), low, unit, high, unit);
}

static enum ng_err add_alone(const struct method_band *b, bool first, const char *unit,
                             struct buf *to)
{
    const char *limit = say_points(b->limit, 0);
    switch (b->op) {
    case METHOD_GE:
        return buf_printf(to, _("from %s%s up"), limit, unit);
    case METHOD_GT:
        return buf_printf(to, _("above %s%s"), limit, unit);
    case METHOD_LE:
        return buf_printf(to, _("up to %s%s"), limit, unit);
    case METHOD_LT:
        return buf_printf(to, _("below %s%s"), limit, unit);
    case METHOD_EQ:
        return buf_printf(to, _("exactly %s%s"), limit, unit);
    case METHOD_ANY:
        break;
    }
    return buf_add_text(to, first ? _("in any case") : _("otherwise"));
}

/* ": 2 points" */
static enum ng_err add_points_of(struct decimal d, struct buf *to)
{
    const bool one = d.micro == DECIMAL_ONE;
    return buf_printf(to, ngettext(": %s point", ": %s points", one ? 1 : 2), say_points(d, 0));
}

static enum ng_err add_band(const struct method *m, size_t i, const char *unit, struct buf *to)
{
    const struct method_band *b = &m->bands[i];
    bool left_over = i > 0 && follows(b - 1, b);
    enum ng_err err = left_over ? add_between(b - 1, b, unit, to) : add_alone(b, i == 0, unit, to);
    return err ? err : add_points_of(b->points, to);
}

/* Each band says all of itself, or what the one before left; else the order decides. */
static bool needs_order(const struct method *m)
{
    for (size_t i = 1; i < m->item_count; i++) {
        const struct method_band *b = &m->bands[i];
        bool apart = b->op == METHOD_EQ && b[-1].op == METHOD_EQ;
        if (b->op != METHOD_ANY && !apart && !follows(b - 1, b)) {
            return true;
        }
    }
    return false;
}

/* A file does not say whether the limits of bands are percentages: only the component's own words
 * do, and nothing is made up. */
static bool is_share(const struct criteria_node *n)
{
    static const char *const words[] = {"ỷ lệ", "ỉ lệ", "%"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(n->name_vi, words[i]) || strstr(n->evidence, words[i])) {
            return true;
        }
    }
    return false;
}

static enum ng_err add_bands(const struct method *m, const char *unit, struct buf *to)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < m->item_count && !err; i++) {
        err = i > 0 ? buf_add_text(to, "; ") : NG_OK;
        if (!err) {
            err = add_band(m, i, unit, to);
        }
    }
    if (!err && needs_order(m)) {
        err = buf_add_text(to, _(" (the first that fits counts)"));
    }
    return err;
}

/* ---- The other methods ---- */

static enum ng_err add_choices(const struct method *m, struct buf *to)
{
    enum ng_err err = buf_add_text(to, _("one of these answers: "));
    for (size_t i = 0; i < m->item_count && !err; i++) {
        err = buf_printf(to, "%s%s", i > 0 ? "; " : "", m->choices[i].key);
        if (!err) {
            err = add_points_of(m->choices[i].points, to);
        }
    }
    return err;
}

static enum ng_err add_ratio(const struct criteria_node *n, struct buf *to)
{
    const struct method *m = &n->method;
    enum ng_err err =
        buf_printf(to, _("the share reached: from %s %% up"), say_points(m->target, 0));
    if (!err) {
        err = add_points_of(n->max, to);
    }
    if (!err) {
        err = buf_add_text(to, _("; less in proportion"));
    }
    if (!err && m->floor.micro > 0) {
        err = buf_printf(to, _("; below %s %%: 0 points"), say_points(m->floor, 0));
    }
    if (!err && m->step.micro > 0) {
        err = buf_printf(to, _("; to the nearest %s points"), say_points(m->step, 0));
    }
    if (!err && m->over) {
        err = buf_add_text(to, _("; more than the whole may be reached"));
    }
    return err;
}

static enum ng_err add_count(const struct criteria_node *n, struct buf *to)
{
    const char *per = say_points(n->method.per, 0);
    const char *max = say_points(n->max, 0);
    if (n->group == METHOD_DEDUCTION) {
        return buf_printf(to, _("%s taken off for each case, at most %s"), per, max);
    }
    return n->group == METHOD_BONUS
               ? buf_printf(to, _("%s on top for each case, at most %s"), per, max)
               : buf_printf(to, _("%s for each case, at most %s"), per, max);
}

static enum ng_err add_sum(const struct criteria_node *n, struct buf *to)
{
    const struct method *m = &n->method;
    if (m->group == METHOD_BONUS) {
        return buf_printf(to, _("points on top of the total: those of its parts, at most %s"),
                          say_points(m->cap, 0));
    }
    if (m->group == METHOD_DEDUCTION) {
        return buf_printf(to, _("points taken off the total: those of its parts, at most %s"),
                          say_points(m->cap, 0));
    }
    return buf_add_text(to, _("the points of its parts together"));
}

static enum ng_err add_points(const struct criteria_node *n, struct buf *to)
{
    const char *max = say_points(n->max, 0);
    return n->group == METHOD_DEDUCTION
               ? buf_printf(to, _("points taken off as the unit states them, from 0 to %s"), max)
               : buf_printf(to, _("points as the unit states them, from 0 to %s"), max);
}

enum ng_err say_rule_method(const struct criteria_node *n, struct buf *to)
{
    const struct method *m = &n->method;
    switch (m->kind) {
    case METHOD_SUM:
        return add_sum(n, to);
    case METHOD_POINTS:
        return add_points(n, to);
    case METHOD_CHOICE:
        return add_choices(m, to);
    case METHOD_BANDS:
        return add_bands(m, is_share(n) ? " %" : "", to);
    case METHOD_RATIO:
        return add_ratio(n, to);
    case METHOD_DEDUCT:
        return buf_printf(to, _("%s points, less %s for each case, not below 0"),
                          say_points(n->max, 0), say_points(m->per, 0));
    case METHOD_COUNT:
        return add_count(n, to);
    case METHOD_SURVEY:
        return buf_printf(to,
                          _("points of the sociological survey, entered by the office, from 0 "
                            "to %s"),
                          say_points(n->max, 0));
    case METHOD_TASKS: {
        enum ng_err err =
            buf_add_text(to, _("by the share of tasks done on time, of those due, by weight: "));
        return err ? err : add_bands(m, " %", to);
    }
    }
    return NG_OK;
}

/* ---- Not applicable, nothing arose ---- */

enum { BOTH, NA_ONLY, NONE_ONLY };

static const char *const policy_words[][3] = {
    [METHOD_REFUSE] = {N_("\"Not applicable\" and \"nothing arose\" are no answers here"),
                       N_("\"Not applicable\" is no answer here"),
                       N_("\"Nothing arose\" is no answer here")},
    [METHOD_RESCALE] = {N_("If not applicable, or nothing arose: left out of the maximum"),
                        N_("If not applicable: left out of the maximum"),
                        N_("If nothing arose: left out of the maximum")},
    [METHOD_FULL] = {N_("If not applicable, or nothing arose: full points"),
                     N_("If not applicable: full points"), N_("If nothing arose: full points")},
    [METHOD_ZERO] = {N_("If not applicable, or nothing arose: 0 points"),
                     N_("If not applicable: 0 points"), N_("If nothing arose: 0 points")},
};

enum ng_err say_rule_policies(const struct criteria_node *n, struct buf *to)
{
    const struct method_policies p = n->policies;
    if (n->method.kind == METHOD_SUM || n->method.kind == METHOD_SURVEY) {
        return NG_OK;
    }
    if (n->method.kind == METHOD_TASKS) {
        return p.none == METHOD_REFUSE
                   ? buf_add_text(to, _("If no task fell due: counts as not answered"))
                   : buf_add_text(to, _(policy_words[p.none][NONE_ONLY]));
    }
    if (p.na == p.none) {
        return buf_add_text(to, _(policy_words[p.na][BOTH]));
    }
    enum ng_err err = buf_printf(to, "%s. ", _(policy_words[p.na][NA_ONLY]));
    return err ? err : buf_add_text(to, _(policy_words[p.none][NONE_ONLY]));
}
