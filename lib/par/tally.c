#include "par/tally.h"

#include "base/check.h"

void tally_change(struct tally_sum *sum, const struct score *old_score,
                  const struct score *new_score)
{
    sum->points = decimal_add(decimal_subtract(sum->points, old_score->points), new_score->points);
    sum->max = decimal_add(decimal_subtract(sum->max, old_score->max), new_score->max);
    CHECK(sum->points.micro >= 0 && sum->max.micro >= 0);
    if (old_score->state != SCORE_NOT_ANSWERED) {
        CHECK(sum->answered > 0);
        sum->answered--;
    }
    sum->answered += new_score->state != SCORE_NOT_ANSWERED ? 1 : 0;
}

struct fraction tally_shown(const struct criteria *set, uint32_t node, const struct tally_sum *sum)
{
    const struct criteria_node *n = criteria_node(set, node);

    if (n->level != CRITERIA_FIELD || n->group == METHOD_BASE) {
        return (struct fraction){sum->points, sum->max};
    }
    return (struct fraction){decimal_min(sum->points, n->method.cap), n->method.cap};
}

struct fraction tally_total(const struct criteria *set, const struct tally_sum *fields)
{
    struct fraction total = {DECIMAL_ZERO, DECIMAL_ZERO};
    struct decimal deducted = DECIMAL_ZERO;
    const uint32_t *nodes;
    size_t count = criteria_fields(set, &nodes);

    for (size_t i = 0; i < count; i++) {
        struct fraction shown = tally_shown(set, nodes[i], &fields[i]);

        switch (criteria_node(set, nodes[i])->group) {
        case METHOD_BASE:
            total.max = decimal_add(total.max, shown.max);
            total.points = decimal_add(total.points, shown.points);
            break;
        case METHOD_BONUS:
            total.points = decimal_add(total.points, shown.points);
            break;
        case METHOD_DEDUCTION:
            deducted = decimal_add(deducted, shown.points);
            break;
        }
    }
    total.points = decimal_max(decimal_subtract(total.points, deducted), DECIMAL_ZERO);
    return total;
}

void tally_all(const struct criteria *set, const struct score *leaves, struct tally_sum *ret_sums)
{
    const struct score nothing = score_outside();
    size_t count = criteria_count(set);

    for (size_t i = 0; i < count; i++) {
        ret_sums[i] = (struct tally_sum){0};
    }
    for (uint32_t i = 0; i < count; i++) {
        if (criteria_node(set, i)->children > 0) {
            continue;
        }
        for (uint32_t at = i; at != CRITERIA_NONE; at = criteria_node(set, at)->parent) {
            tally_change(&ret_sums[at], &nothing, &leaves[i]);
        }
    }
}
