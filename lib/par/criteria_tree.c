/* The tree of a criteria set: what must hold between its nodes.
 *
 * Rules: a field has no parent, others have one of a higher level; a node with children is a `sum`
 * and a leaf is not; outside the base only fields say kind=; in the base children add up to their
 * parent and the fields to the given total; points have no more decimals than the set's rounding.
 * A row whose own cells were wrong is left out of sums, so that one fault is told once.
 */
#include "par/criteria_build.h"

#include "base/lang.h"
#include "par/fraction.h"

/* "99.55" in the person's language; one of four rotating texts. */
static const char *show(struct decimal d)
{
    char text[DECIMAL_TEXT_SIZE];

    return lang_decimal(decimal_format(d, text));
}

static void check_level(const struct criteria_draft *d, size_t i, struct fault_list *faults)
{
    const struct criteria_node *n = &d->nodes[i];

    if (n->parent == CRITERIA_NONE) {
        return;
    }
    if (n->level == CRITERIA_FIELD) {
        fault_add(faults, FAULT_TREE, n->line, "parent", "%s", _("a field has no parent"));
    } else if (d->nodes[n->parent].level >= n->level && d->nodes[n->parent].level != 0 &&
               n->level != 0) {
        fault_add(faults, FAULT_TREE, n->line, "parent",
                  _("%s is a %s: the parent of a %s must be of a higher level"),
                  d->nodes[n->parent].code, criteria_level_name(d->nodes[n->parent].level),
                  criteria_level_name(n->level));
    }
}

/* Parents are of a higher level (checked), so two steps up are enough. */
static void find_field(struct criteria_draft *d, size_t i)
{
    uint32_t at = (uint32_t)i;

    for (unsigned step = 0; step < CRITERIA_COMPONENT && d->nodes[at].parent != CRITERIA_NONE;
         step++) {
        at = d->nodes[at].parent;
    }
    d->nodes[i].field = at;
    d->nodes[i].group = d->nodes[at].method.group;
}

static void check_method(const struct criteria_draft *d, size_t i, struct fault_list *faults)
{
    const struct criteria_node *n = &d->nodes[i];
    bool is_sum = n->method.kind == METHOD_SUM;

    if (!d->sound[i]) {
        return;
    }
    if (n->children > 0 && !is_sum) {
        fault_add(faults, FAULT_METHOD, n->line, "method",
                  _("it has parts below it, so its method must be sum, not %s"),
                  method_name(n->method.kind));
    }
    if (n->children == 0 && is_sum) {
        fault_add(faults, FAULT_METHOD, n->line, "method", "%s",
                  _("there is nothing below it to sum up: a leaf needs another method"));
    }
    if (is_sum && n->method.group != METHOD_BASE && n->level != CRITERIA_FIELD) {
        fault_add(faults, FAULT_METHOD, n->line, "params", "%s",
                  _("only a field can be a bonus or deduction group"));
    }
    if (n->group == METHOD_DEDUCTION && !is_sum &&
        (n->policies.na == METHOD_FULL || n->policies.none == METHOD_FULL)) {
        fault_add(faults, FAULT_METHOD, n->line, "na_policy", "%s",
                  _("\"full\" would take off all points here: use zero"));
    }
    if (n->group == METHOD_DEDUCTION && n->method.kind == METHOD_DEDUCT) {
        fault_add(faults, FAULT_METHOD, n->line, "method", "%s",
                  _("no case would take off all points here: use count"));
    }
}

static bool decimals_fault(struct decimal points, uint32_t rounding, uint32_t line,
                           const char *column, struct fault_list *faults)
{
    if (decimal_fits(points, rounding)) {
        return false;
    }
    fault_add(
        faults, FAULT_RANGE, line, column,
        _("%s has more decimals than the set's points: at most %u are expected (rounding=%u)"),
        show(points), (unsigned)rounding, (unsigned)rounding);
    return true;
}

/* A leaf's points are rounded to the set's decimals. A maximum, or points of a choice, with more of
 * them could never be reached; told once for each cell. In the base a parent is the sum of its
 * leaves. */
static void check_decimals(const struct criteria_draft *d, size_t i, uint32_t rounding,
                           struct fault_list *faults)
{
    const struct criteria_node *n = &d->nodes[i];
    struct decimal points;
    bool told = false;

    if (!d->sound[i] || rounding > CRITERIA_ROUNDING_MAX) {
        return; /* told already */
    }
    if (n->children == 0 || n->method.group != METHOD_BASE) {
        told = decimals_fault(n->max, rounding, n->line, "max_points", faults);
    }
    if (told && n->method.kind == METHOD_SUM) {
        return; /* a cap that is not given is the maximum */
    }
    told = false;
    for (size_t item = 0; !told && method_points(&n->method, item, &points); item++) {
        told = decimals_fault(points, rounding, n->line, "params", faults);
    }
}

/* In the base, what stands below a node adds up to it. Sums of one pass over all nodes. */
static void check_sums(const struct criteria_draft *d, struct decimal *sums, bool *sound,
                       struct fault_list *faults)
{
    for (size_t i = 0; i < d->count; i++) {
        uint32_t parent = d->nodes[i].parent;

        if (parent == CRITERIA_NONE) {
            continue;
        }
        sums[parent] = decimal_add(sums[parent], d->sound[i] ? d->nodes[i].max : DECIMAL_ZERO);
        sound[parent] = sound[parent] && d->sound[i];
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct criteria_node *n = &d->nodes[i];

        if (n->children == 0 || n->group != METHOD_BASE || !sound[i] || !d->sound[i]) {
            continue;
        }
        if (decimal_compare(sums[i], n->max) != 0) {
            fault_add(faults, FAULT_SUM, n->line, "max_points",
                      _("the parts of %s add up to %s, but its maximum is %s"), n->code,
                      show(sums[i]), show(n->max));
        }
    }
}

static void check_total(const struct criteria_draft *d, struct criteria_head *head,
                        uint32_t head_line, struct fault_list *faults)
{
    struct decimal total = DECIMAL_ZERO;
    bool sound = true;

    for (size_t i = 0; i < d->count; i++) {
        if (d->nodes[i].level == 0) {
            sound = false; /* it may have been meant as a field */
        }
        if (d->nodes[i].level != CRITERIA_FIELD || d->nodes[i].group != METHOD_BASE) {
            continue;
        }
        sound &= d->sound[i];
        total = decimal_add(total, d->sound[i] ? d->nodes[i].max : DECIMAL_ZERO);
    }
    head->base_max = total;
    if (!sound) {
        return;
    }
    if (total.micro == 0) {
        fault_add(faults, FAULT_TREE, 0, "", "%s", _("the set has no field in the base"));
    } else if (decimal_compare(total, decimal_of(FRACTION_MAX_POINTS)) > 0) {
        fault_add(faults, FAULT_RANGE, 0, "", _("the fields add up to %s, more than 100000"),
                  show(total));
    }
    if (head->has_total && decimal_compare(total, head->total) != 0) {
        fault_add(faults, FAULT_SUM, head_line, "total",
                  _("the fields add up to %s, but the set's total is %s"), show(total),
                  show(head->total));
    }
}

void criteria_tree_check(struct criteria_draft *d, struct criteria_head *head, uint32_t head_line,
                         struct decimal *sums, bool *sums_sound, struct fault_list *faults)
{
    for (size_t i = 0; i < d->count; i++) {
        check_level(d, i, faults);
        if (d->nodes[i].parent != CRITERIA_NONE) {
            d->nodes[d->nodes[i].parent].children++;
        }
    }
    for (size_t i = 0; i < d->count; i++) {
        find_field(d, i);
    }
    for (size_t i = 0; i < d->count; i++) {
        sums[i] = DECIMAL_ZERO;
        sums_sound[i] = true;
        check_method(d, i, faults);
        check_decimals(d, i, head->rounding, faults);
    }
    check_sums(d, sums, sums_sound, faults);
    check_total(d, head, head_line, faults);
}
