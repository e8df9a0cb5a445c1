/* One leaf's points.
 *
 * Idea: first what was said (a state, or which of the numbers), then the method's own arithmetic in
 * whole millionths and 128-bit products, then one rounding. Happy path: the fields fit the method,
 * the numbers are within bounds, the points are rounded half up to the set's decimals. Failures:
 * the answer is refused with a reason; nothing else can fail and nothing is allocated.
 */
#include "par/score.h"

#include "base/check.h"
#include "par/wide.h"

#include <string.h>

#define PERCENT_MICRO (100u * (uint64_t)DECIMAL_ONE)

static struct score finish(const struct criteria *set, const struct criteria_node *n,
                           struct decimal points)
{
    struct decimal rounded = decimal_round(points, criteria_head(set)->rounding);
    struct score s = {SCORE_POINTS, decimal_min(rounded, n->max), n->max};

    if (s.points.micro == 0) {
        s.state = SCORE_ZERO;
    }
    return s;
}

/* ---- states ---- */

static enum reason apply_policy(const struct criteria *set, const struct criteria_node *n,
                                enum score_state state, struct score *ret)
{
    enum method_policy policy = state == SCORE_NOT_APPLICABLE ? n->policies.na : n->policies.none;

    switch (policy) {
    case METHOD_REFUSE:
        return REASON_NA_REFUSED;
    case METHOD_RESCALE:
        *ret = (struct score){state, DECIMAL_ZERO, DECIMAL_ZERO};
        break;
    case METHOD_FULL:
        *ret = finish(set, n, n->max);
        ret->state = state;
        break;
    case METHOD_ZERO:
        *ret = (struct score){state, DECIMAL_ZERO, n->max};
        break;
    }
    return REASON_FINE;
}

static bool gives_something(const struct score_answer *a)
{
    return a->has_value || a->has_numerator || a->has_denominator || a->choice[0] != '\0';
}

static enum reason score_state_only(const struct criteria *set, const struct criteria_node *n,
                                    const struct score_answer *a, struct score *ret)
{
    bool na = a->answered == WIRE_NOT_APPLICABLE;

    if (gives_something(a)) {
        return REASON_WRONG_FIELD;
    }
    return apply_policy(set, n, na ? SCORE_NOT_APPLICABLE : SCORE_NOTHING_AROSE, ret);
}

/* ---- which fields a method takes ---- */

static enum reason check_fields(const struct criteria_node *n, const struct score_answer *a)
{
    enum method_kind kind = n->method.kind;
    bool takes_ratio = kind == METHOD_RATIO || kind == METHOD_BANDS;
    bool has_ratio = a->has_numerator || a->has_denominator;

    if (!gives_something(a)) {
        return REASON_NOTHING_GIVEN;
    }
    if ((a->choice[0] != '\0') != (kind == METHOD_CHOICE)) {
        return REASON_WRONG_FIELD;
    }
    if (has_ratio && (!takes_ratio || a->has_value)) {
        return REASON_WRONG_FIELD;
    }
    if (a->has_value && (kind == METHOD_CHOICE || kind == METHOD_RATIO)) {
        return REASON_WRONG_FIELD;
    }
    if (has_ratio && (!a->has_numerator || !a->has_denominator)) {
        return REASON_NO_DENOMINATOR;
    }
    if ((a->has_value && a->value.micro < 0) || (a->has_numerator && a->numerator.micro < 0) ||
        (a->has_denominator && a->denominator.micro < 0)) {
        return REASON_NEGATIVE;
    }
    return REASON_FINE;
}

/* ---- methods ---- */

/* a × b where a is in millionths and b a whole number, stopped at the limit. */
static struct decimal times_up_to(struct decimal a, struct decimal whole, struct decimal limit)
{
    struct wide product = wide_multiply((uint64_t)a.micro, (uint64_t)(whole.micro / DECIMAL_ONE));

    if (wide_compare(product, wide_of((uint64_t)limit.micro)) >= 0) {
        return limit;
    }
    return (struct decimal){(int64_t)product.low};
}

static int compare_share(const struct score_answer *a, struct decimal percent)
{
    return wide_compare(wide_multiply((uint64_t)a->numerator.micro, PERCENT_MICRO),
                        wide_multiply((uint64_t)percent.micro, (uint64_t)a->denominator.micro));
}

/* max × (n / d × 100) / target in whole steps, rounded half up once; a step is the method's own, or
 * the last decimal of the set. The widest product is below 2^124: max < 2^37, n < 2^60, 100·10^6 <
 * 2^27. */
static struct decimal ratio_points(const struct criteria *set, const struct criteria_node *n,
                                   const struct score_answer *a)
{
    const struct method *m = &n->method;
    uint64_t step = (uint64_t)DECIMAL_ONE;
    struct wide above, below;

    if (compare_share(a, m->floor) < 0) {
        return DECIMAL_ZERO;
    }
    for (uint32_t i = 0; i < criteria_head(set)->rounding; i++) {
        step /= 10;
    }
    if (m->step.micro > 0) {
        step = (uint64_t)m->step.micro;
    }
    if (compare_share(a, m->target) >= 0) {
        above = wide_of((uint64_t)n->max.micro);
        below = wide_of(step);
    } else {
        above = wide_scale(wide_multiply((uint64_t)n->max.micro, (uint64_t)a->numerator.micro),
                           PERCENT_MICRO);
        below = wide_scale(wide_multiply((uint64_t)a->denominator.micro, (uint64_t)m->target.micro),
                           step);
    }
    return (struct decimal){(int64_t)(wide_divide_half_up(above, below) * step)};
}

static enum reason score_ratio(const struct criteria *set, const struct criteria_node *n,
                               const struct score_answer *a, struct score *ret)
{
    bool above = decimal_compare(a->numerator, a->denominator) > 0;

    if (above && (!n->method.over || a->denominator.micro == 0)) {
        return REASON_NUMERATOR_ABOVE;
    }
    if (a->denominator.micro == 0) {
        return apply_policy(set, n, SCORE_NOTHING_AROSE, ret);
    }
    *ret = finish(set, n, ratio_points(set, n, a));
    return REASON_FINE;
}

static enum reason score_bands(const struct criteria *set, const struct criteria_node *n,
                               const struct score_answer *a, struct score *ret)
{
    struct decimal numerator = a->has_value ? a->value : a->numerator;
    struct decimal denominator = a->has_value ? decimal_of(100) : a->denominator;

    /* a share is of something: 101 of 100 is a slip; a bare value may be a count above any band */
    if (!a->has_value && decimal_compare(numerator, denominator) > 0) {
        return REASON_NUMERATOR_ABOVE;
    }
    if (denominator.micro == 0) {
        return apply_policy(set, n, SCORE_NOTHING_AROSE, ret);
    }
    *ret = finish(set, n, method_band_points(&n->method, numerator, denominator));
    return REASON_FINE;
}

static enum reason score_choice(const struct criteria *set, const struct criteria_node *n,
                                const struct score_answer *a, struct score *ret)
{
    for (size_t i = 0; i < n->method.item_count; i++) {
        if (strcmp(n->method.choices[i].key, a->choice) != 0) {
            continue;
        }
        *ret = finish(set, n, n->method.choices[i].points);
        return REASON_FINE;
    }
    return REASON_UNKNOWN_CHOICE;
}

/* points, deduct, count: one number. */
static enum reason score_value(const struct criteria *set, const struct criteria_node *n,
                               struct decimal value, struct score *ret)
{
    struct decimal part;

    if (n->method.kind == METHOD_POINTS) {
        if (decimal_compare(value, n->max) > 0) {
            return REASON_ABOVE_MAXIMUM;
        }
        *ret = finish(set, n, value);
        return REASON_FINE;
    }
    if (!decimal_is_whole(value)) {
        return REASON_NOT_WHOLE;
    }
    part = times_up_to(n->method.per, value, n->max);
    *ret = finish(set, n, n->method.kind == METHOD_COUNT ? part : decimal_subtract(n->max, part));
    return REASON_FINE;
}

enum reason score_leaf(const struct criteria *set, uint32_t node, const struct score_answer *answer,
                       struct score *ret)
{
    const struct criteria_node *n = criteria_node(set, node);
    enum reason reason;

    if (n->method.kind == METHOD_SUM) {
        return REASON_NOT_A_LEAF;
    }
    if (n->method.kind == METHOD_SURVEY) {
        return REASON_SURVEY_COMPONENT;
    }
    if (n->method.kind == METHOD_TASKS) {
        return REASON_TASKS_COMPONENT;
    }
    if (answer->answered != WIRE_VALUE) {
        return score_state_only(set, n, answer, ret);
    }
    reason = check_fields(n, answer);
    if (reason != REASON_FINE) {
        return reason;
    }
    if (n->method.kind == METHOD_RATIO) {
        return score_ratio(set, n, answer, ret);
    }
    if (n->method.kind == METHOD_BANDS) {
        return score_bands(set, n, answer, ret);
    }
    if (n->method.kind == METHOD_CHOICE) {
        return score_choice(set, n, answer, ret);
    }
    return score_value(set, n, answer->value, ret);
}

enum reason score_survey(const struct criteria *set, uint32_t node, struct decimal value,
                         struct score *ret)
{
    const struct criteria_node *n = criteria_node(set, node);

    if (n->method.kind != METHOD_SURVEY) {
        return REASON_NOT_SURVEY;
    }
    if (value.micro < 0) {
        return REASON_NEGATIVE;
    }
    if (decimal_compare(value, n->max) > 0) {
        return REASON_ABOVE_MAXIMUM;
    }
    *ret = finish(set, n, value);
    return REASON_FINE;
}

struct score score_tasks(const struct criteria *set, uint32_t node, struct decimal on_time,
                         struct decimal due)
{
    const struct criteria_node *n = criteria_node(set, node);
    struct score s = score_none(set, node);

    CHECK(n->method.kind == METHOD_TASKS);
    CHECK(on_time.micro >= 0 && decimal_compare(on_time, due) <= 0);
    if (due.micro > 0) {
        return finish(set, n, method_band_points(&n->method, on_time, due));
    }
    if (apply_policy(set, n, SCORE_NOTHING_AROSE, &s) != REASON_FINE) {
        return score_none(set, node);
    }
    return s;
}

struct score score_none(const struct criteria *set, uint32_t node)
{
    return (struct score){SCORE_NOT_ANSWERED, DECIMAL_ZERO, criteria_node(set, node)->max};
}

struct score score_outside(void)
{
    return (struct score){SCORE_NOT_ANSWERED, DECIMAL_ZERO, DECIMAL_ZERO};
}

const char *score_state_name(enum score_state state)
{
    static const char *const names[] = {
        [SCORE_NOT_ANSWERED] = "not_answered",
        [SCORE_POINTS] = "points",
        [SCORE_ZERO] = "zero",
        [SCORE_NOT_APPLICABLE] = "not_applicable",
        [SCORE_NOTHING_AROSE] = "nothing_arose",
    };

    CHECK((unsigned)state < sizeof(names) / sizeof(names[0]));
    return names[state];
}
