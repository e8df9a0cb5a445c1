/* Goal: whatever number a set or an answer may hold, up to the sixth decimal, a leaf gives 0 … its
 * maximum, with no more decimals than the set's rounding, and its maximum can be reached.
 * Method: one set with every parameter there is, made anew for each rounding: its points with as
 * many decimals as that allows, its percentages with six. Many answers of six decimals from one
 * seed, then the best one. */
#include "kit.h"

#include "base/rng.h"
#include "par/tally.h"

#include <string.h>

#define ANSWERS 3000u
#define NODES 14u

/* ~ stands for .1111 and ^ for .8888, cut to the decimals of the rounding: the maximum is 8 of 1~.
 */
static const char rows[] =
    "points,,field,N,,8^,points,,full,\n"
    "choice,,field,N,,8^,choice,a:8^|b:1~|c:0,full,\n"
    "bands,,field,N,,8^,bands,>=95.123456:8^|>=1.000001:1~|:0,full,\n"
    "ratio,,field,N,,8^,ratio,target=79.123457 floor=0.000001,full,\n"
    "step,,field,N,,8^,ratio,target=133.333333 floor=1.000001 step=1~ over,full,\n"
    "odd,,field,N,,8^,ratio,step=5~,full,\n"
    "deduct,,field,N,,8^,deduct,per=1~,full,\n"
    "count,,field,N,,8^,count,per=1~,full,\n"
    "survey,,field,N,,8^,survey,,full,\n"
    "tasks,,field,N,,8^,tasks,>=99.999999:8^|>0.000001:1~|:0,full,\n"
    "B,,field,N,,99,sum,kind=bonus cap=2~,,\nB.1,B,criterion,N,,8^,count,per=1~,,\n"
    "D,,field,N,,99,sum,kind=deduction cap=2~,,\nD.1,D,criterion,N,,8^,count,per=1~,,\n";

static struct criteria *set_of(uint32_t rounding)
{
    struct buf text = BUF_INIT(4096);
    struct criteria *set;
    char head[32];

    for (const char *at = rows; *at != '\0'; at++) {
        bool place = *at == '~' || *at == '^';
        const char *add = *at == '~' ? ".1111" : *at == '^' ? ".8888" : at;
        size_t size = !place ? 1 : rounding > 0 ? rounding + 1 : 0;

        CU_ASSERT_EQUAL_FATAL(buf_add(&text, add, size), NG_OK);
        if (place && rounding == 3) { /* 8.888 may be read two ways */
            CU_ASSERT_EQUAL_FATAL(buf_add_byte(&text, '0'), NG_OK);
        }
    }
    (void)snprintf(head, sizeof(head), "#set rounding=%u\n", rounding);
    set = kit_set(head, buf_text(&text));
    CU_ASSERT_EQUAL_FATAL(criteria_count(set), NODES);
    buf_fini(&text);
    return set;
}

/* 0 … 9.999999, or, one time in four, up to 10^6 with six decimals. */
static struct decimal any_number(struct rng *rng)
{
    bool large = rng_below(rng, 4) == 0;

    return (struct decimal){(int64_t)rng_below(rng, large ? 1000000000000u : 10000000u)};
}

static void check_score(const struct criteria *set, uint32_t node, struct score s)
{
    uint32_t rounding = criteria_head(set)->rounding;
    bool fine = s.points.micro >= 0 &&
                decimal_compare(s.points, criteria_node(set, node)->max) <= 0 &&
                decimal_fits(s.points, rounding) && decimal_fits(s.max, rounding);

    CU_ASSERT_TRUE(fine);
    if (!fine) {
        (void)fprintf(stderr, "rounding %u, %s: %s of %s\n", rounding,
                      criteria_node(set, node)->code, kit_text(s.points), kit_text(s.max));
    }
}

static struct score_answer any_answer(enum method_kind kind, struct rng *rng)
{
    static const char *const keys[] = {"a", "b", "c"};
    struct score_answer a = {.choice = ""};

    if (kind == METHOD_CHOICE) {
        a.choice = keys[rng_below(rng, 3)];
    } else if (kind == METHOD_RATIO || (kind == METHOD_BANDS && rng_below(rng, 2) == 0)) {
        a.has_numerator = a.has_denominator = true;
        a.numerator = any_number(rng);
        a.denominator = any_number(rng);
    } else {
        a.has_value = true;
        a.value = any_number(rng);
        if (kind == METHOD_COUNT || kind == METHOD_DEDUCT) {
            a.value = decimal_of(a.value.micro / 100000);
        }
    }
    return a;
}

static enum reason any_score(const struct criteria *set, uint32_t node, struct rng *rng,
                             struct score *ret)
{
    enum method_kind kind = criteria_node(set, node)->method.kind;
    struct score_answer a = any_answer(kind, rng);

    if (kind == METHOD_SURVEY) {
        return score_survey(set, node, a.value, ret);
    }
    if (kind == METHOD_TASKS) {
        struct decimal late = any_number(rng);

        *ret = score_tasks(set, node, a.value, decimal_add(a.value, late));
        return REASON_FINE;
    }
    return score_leaf(set, node, &a, ret);
}

/* Totals of the leaves, as the office makes them: shown fractions and the key CHECK their bounds.
 */
static void check_total(const struct criteria *set, const struct score *leaves)
{
    struct tally_sum sums[NODES], fields[NODES];
    uint8_t key[FRACTION_KEY_SIZE];
    const uint32_t *nodes;
    size_t count = criteria_fields(set, &nodes);

    tally_all(set, leaves, sums);
    for (size_t i = 0; i < count; i++) {
        fields[i] = sums[nodes[i]];
        fraction_key(tally_shown(set, nodes[i], &fields[i]), key);
    }
    fraction_key(tally_total(set, fields), key);
}

static void precision_any_answer_stays_within_the_maximum(void)
{
    for (uint32_t rounding = 0; rounding <= CRITERIA_ROUNDING_MAX; rounding++) {
        struct criteria *set = set_of(rounding);
        struct rng rng = rng_seeded(20260 + rounding);
        struct score leaves[NODES];
        size_t taken = 0;

        for (unsigned n = 0; n < ANSWERS; n++) {
            for (uint32_t i = 0; i < NODES; i++) {
                if (criteria_node(set, i)->children > 0 ||
                    any_score(set, i, &rng, &leaves[i]) != REASON_FINE) {
                    leaves[i] = score_none(set, i);
                    continue;
                }
                check_score(set, i, leaves[i]);
                taken++;
            }
            check_total(set, leaves);
        }
        CU_ASSERT_TRUE(taken > (size_t)5 * ANSWERS);
        criteria_destroy(&set);
    }
}

static struct score best_score(const struct criteria *set, uint32_t node)
{
    const struct criteria_node *n = criteria_node(set, node);
    struct decimal many = decimal_of(1000);
    struct score_answer a = {.choice = "", .has_value = true, .value = n->max};
    struct score s = score_none(set, node);

    switch (n->method.kind) {
    case METHOD_CHOICE:
        a = (struct score_answer){.choice = "a"};
        break;
    case METHOD_BANDS:
    case METHOD_COUNT:
        a.value = many;
        break;
    case METHOD_DEDUCT:
        a.value = DECIMAL_ZERO;
        break;
    case METHOD_RATIO:
        a = (struct score_answer){.choice = "", .has_numerator = true, .has_denominator = true};
        a.numerator = n->method.over ? decimal_of(2000) : many;
        a.denominator = many;
        break;
    case METHOD_SURVEY:
        CU_ASSERT_EQUAL(score_survey(set, node, n->max, &s), REASON_FINE);
        return s;
    case METHOD_TASKS:
        return score_tasks(set, node, many, many);
    case METHOD_SUM:
    case METHOD_POINTS:
        break;
    }
    CU_ASSERT_EQUAL(score_leaf(set, node, &a, &s), REASON_FINE);
    return s;
}

static void precision_every_maximum_can_be_reached(void)
{
    for (uint32_t rounding = 0; rounding <= CRITERIA_ROUNDING_MAX; rounding++) {
        struct criteria *set = set_of(rounding);

        for (uint32_t i = 0; i < NODES; i++) {
            const struct criteria_node *n = criteria_node(set, i);

            if (n->children == 0) {
                CU_ASSERT_STRING_EQUAL(kit_text(best_score(set, i).points), kit_text(n->max));
            }
        }
        criteria_destroy(&set);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(precision_any_answer_stays_within_the_maximum),
    TEST_CASE(precision_every_maximum_can_be_reached),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("precision", cases, argc, argv);
}
