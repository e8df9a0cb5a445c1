/* Goal: every method gives exactly the points of its rule, at and beside every edge.
 * Method: one set with a leaf of each kind; tables of answers with points or reasons; ratios and
 * bands against a twin that works with plain 64-bit integers on small numbers; totals incrementally
 * against all at once. */
#include "kit.h"

#include "base/lang.h"
#include "base/rng.h"
#include "par/tally.h"

#include <string.h>

static const char rows[] = "S,,field,Sum,,200,sum,,,\n"
                           "points,S,criterion,N,,20,points,,,\n"
                           "choice,S,criterion,N,,2,choice,co:2|mot-phan:0.75|khong:0,,\n"
                           "bands,S,criterion,N,,2,bands,>=95:2|>=90:1|:0,none=full,\n"
                           "open,S,criterion,N,,2,bands,>90:2|>=70:1|:0,,\n"
                           "zero,S,criterion,N,,4,bands,=0:4|=1:1.5|:0,,\n"
                           "low,S,criterion,N,,2,bands,<5:2|<=10:1|:0,,\n"
                           "plain,S,criterion,N,,6,ratio,,na=rescale none=zero,\n"
                           "target,S,criterion,N,,10,ratio,target=80,full,\n"
                           "floor,S,criterion,N,,10,ratio,target=80 floor=60,,\n"
                           "step,S,criterion,N,,6,ratio,step=0.25,,\n"
                           "over,S,criterion,N,,10,ratio,target=120 over,none=rescale,\n"
                           "deduct,S,criterion,N,,3,deduct,per=0.5,,\n"
                           "big,S,criterion,N,,2,deduct,per=5,,\n"
                           "count,S,criterion,N,,7,count,per=3,,\n"
                           "survey,S,criterion,N,,35,survey,,,\n"
                           "tasks,S,criterion,N,,4,tasks,>=100:4|>=50:1|:0,,\n"
                           "tasksfull,S,criterion,N,,4,tasks,>=100:4|:0,none=full,\n"
                           "thirds,S,criterion,N,,1,ratio,,,\n"
                           "rest,S,criterion,N,,70,points,,,\n";

static struct criteria *set;

static struct score_answer with(const char *value, const char *numerator, const char *denominator,
                                const char *choice)
{
    struct score_answer a = {.choice = choice != NULL ? choice : ""};

    a.has_value = value != NULL;
    a.has_numerator = numerator != NULL;
    a.has_denominator = denominator != NULL;
    a.value = value != NULL ? kit_decimal(value) : DECIMAL_ZERO;
    a.numerator = numerator != NULL ? kit_decimal(numerator) : DECIMAL_ZERO;
    a.denominator = denominator != NULL ? kit_decimal(denominator) : DECIMAL_ZERO;
    return a;
}

/* Points of an answer as text, or the reason's name. */
static const char *judge(const char *code, struct score_answer answer)
{
    struct score s = {SCORE_NOT_ANSWERED, {-1}, {-1}};
    enum reason reason = score_leaf(set, criteria_find(set, code), &answer, &s);

    if (reason != REASON_FINE) {
        CU_ASSERT_EQUAL(s.max.micro, -1);
        return reason_name(reason);
    }
    if (answer.answered == WIRE_VALUE && s.state != SCORE_NOTHING_AROSE)
        CU_ASSERT_EQUAL(s.state, s.points.micro == 0 ? SCORE_ZERO : SCORE_POINTS);
    return kit_text(s.points);
}

static const char *value(const char *code, const char *v)
{
    return judge(code, with(v, NULL, NULL, NULL));
}

static const char *ratio(const char *code, const char *n, const char *d)
{
    return judge(code, with(NULL, n, d, NULL));
}

static void score_points_are_taken_within_the_maximum(void)
{
    CU_ASSERT_STRING_EQUAL(value("points", "0"), "0");
    CU_ASSERT_STRING_EQUAL(value("points", "20"), "20");
    CU_ASSERT_STRING_EQUAL(value("points", "19.994"), "19.99");
    CU_ASSERT_STRING_EQUAL(value("points", "19.995"), "20");
    CU_ASSERT_STRING_EQUAL(value("points", "0.005"), "0.01");
    CU_ASSERT_STRING_EQUAL(value("points", "20.000001"), "above_maximum");
    CU_ASSERT_STRING_EQUAL(value("points", "-0.01"), "negative");
    CU_ASSERT_STRING_EQUAL(value("points", NULL), "nothing_given");
    CU_ASSERT_STRING_EQUAL(judge("points", with("1", NULL, NULL, "co")), "wrong_field");
    CU_ASSERT_STRING_EQUAL(judge("points", with("1", "1", NULL, NULL)), "wrong_field");
}

static void score_choice_knows_its_keys(void)
{
    CU_ASSERT_STRING_EQUAL(judge("choice", with(NULL, NULL, NULL, "co")), "2");
    CU_ASSERT_STRING_EQUAL(judge("choice", with(NULL, NULL, NULL, "mot-phan")), "0.75");
    CU_ASSERT_STRING_EQUAL(judge("choice", with(NULL, NULL, NULL, "khong")), "0");
    CU_ASSERT_STRING_EQUAL(judge("choice", with(NULL, NULL, NULL, "Co")), "unknown_choice");
    CU_ASSERT_STRING_EQUAL(judge("choice", with("2", NULL, NULL, NULL)), "wrong_field");
    CU_ASSERT_STRING_EQUAL(judge("choice", with("2", NULL, NULL, "co")), "wrong_field");
}

static void score_bands_mind_which_end_is_open(void)
{
    CU_ASSERT_STRING_EQUAL(value("bands", "95"), "2");
    CU_ASSERT_STRING_EQUAL(value("bands", "94.999999"), "1");
    CU_ASSERT_STRING_EQUAL(value("bands", "90"), "1");
    CU_ASSERT_STRING_EQUAL(value("bands", "89.999999"), "0");
    CU_ASSERT_STRING_EQUAL(value("bands", "250"), "2");
    CU_ASSERT_STRING_EQUAL(value("open", "90"), "1");
    CU_ASSERT_STRING_EQUAL(value("open", "90.000001"), "2");
    CU_ASSERT_STRING_EQUAL(value("zero", "0"), "4");
    CU_ASSERT_STRING_EQUAL(value("zero", "1"), "1.5");
    CU_ASSERT_STRING_EQUAL(value("zero", "0.5"), "0");
    CU_ASSERT_STRING_EQUAL(value("low", "4.999999"), "2");
    CU_ASSERT_STRING_EQUAL(value("low", "5"), "1");
    CU_ASSERT_STRING_EQUAL(value("low", "10"), "1");
    CU_ASSERT_STRING_EQUAL(value("low", "10.000001"), "0");
    CU_ASSERT_STRING_EQUAL(value("bands", "-1"), "negative");
}

static void score_bands_compare_fractions_exactly(void)
{
    CU_ASSERT_STRING_EQUAL(ratio("bands", "95", "100"), "2");
    CU_ASSERT_STRING_EQUAL(ratio("bands", "949999999999", "999999999999"), "1");
    CU_ASSERT_STRING_EQUAL(ratio("bands", "19", "20"), "2");
    CU_ASSERT_STRING_EQUAL(ratio("bands", "284999", "300000"), "1"); /* 94.9996…% is not 95 */
    CU_ASSERT_STRING_EQUAL(ratio("bands", "1", NULL), "no_denominator");
    CU_ASSERT_STRING_EQUAL(ratio("bands", NULL, "1"), "no_denominator");
    CU_ASSERT_STRING_EQUAL(judge("bands", with("95", "1", "2", NULL)), "wrong_field");
    CU_ASSERT_STRING_EQUAL(ratio("bands", "0", "0"), "2"); /* nothing arose: full */
    CU_ASSERT_STRING_EQUAL(ratio("bands", "3", "0"), "numerator_above");
    CU_ASSERT_STRING_EQUAL(ratio("open", "0", "0"), "na_refused");
}

static void score_ratio_follows_target_floor_and_step(void)
{
    CU_ASSERT_STRING_EQUAL(ratio("plain", "1", "3"), "2");
    CU_ASSERT_STRING_EQUAL(ratio("thirds", "1", "3"), "0.33");
    CU_ASSERT_STRING_EQUAL(ratio("thirds", "2", "3"), "0.67");
    CU_ASSERT_STRING_EQUAL(ratio("thirds", "1", "200"), "0.01"); /* 0.005, half up */
    CU_ASSERT_STRING_EQUAL(ratio("thirds", "1", "201"), "0");
    CU_ASSERT_STRING_EQUAL(ratio("plain", "3", "3"), "6");
    CU_ASSERT_STRING_EQUAL(ratio("plain", "4", "3"), "numerator_above");
    CU_ASSERT_STRING_EQUAL(ratio("plain", "-1", "3"), "negative");
    CU_ASSERT_STRING_EQUAL(ratio("plain", "1", NULL), "no_denominator");
    CU_ASSERT_STRING_EQUAL(value("plain", "5"), "wrong_field");
    CU_ASSERT_STRING_EQUAL(ratio("target", "40", "100"), "5");
    CU_ASSERT_STRING_EQUAL(ratio("target", "80", "100"), "10");
    CU_ASSERT_STRING_EQUAL(ratio("target", "79", "100"), "9.88"); /* 9.875 */
    CU_ASSERT_STRING_EQUAL(ratio("target", "100", "100"), "10");
    CU_ASSERT_STRING_EQUAL(ratio("floor", "60", "100"), "7.5");
    CU_ASSERT_STRING_EQUAL(ratio("floor", "599999", "1000000"), "0");
    CU_ASSERT_STRING_EQUAL(ratio("step", "1", "2"), "3");
    CU_ASSERT_STRING_EQUAL(ratio("step", "1", "48"), "0.25"); /* 0.125, half up to the step */
    CU_ASSERT_STRING_EQUAL(ratio("step", "1", "49"), "0");
    CU_ASSERT_STRING_EQUAL(ratio("step", "97", "100"), "5.75");
    CU_ASSERT_STRING_EQUAL(ratio("step", "98", "100"), "6");
    CU_ASSERT_STRING_EQUAL(ratio("over", "120", "100"), "10");
    CU_ASSERT_STRING_EQUAL(ratio("over", "500", "100"), "10");
    CU_ASSERT_STRING_EQUAL(ratio("over", "60", "100"), "5");
    CU_ASSERT_STRING_EQUAL(ratio("over", "5", "0"), "numerator_above");
    CU_ASSERT_STRING_EQUAL(ratio("over", "0", "0"), "0");
}

static void score_ratio_bears_the_largest_numbers(void)
{
    CU_ASSERT_STRING_EQUAL(ratio("plain", "999999999999.999999", "999999999999.999999"), "6");
    CU_ASSERT_STRING_EQUAL(ratio("over", "999999999999.999999", "0.000001"), "10");
    CU_ASSERT_STRING_EQUAL(ratio("plain", "499999999999.999999", "999999999999.999999"), "3");
    CU_ASSERT_STRING_EQUAL(ratio("plain", "0.000001", "999999999999.999999"), "0");
}

static void score_counts_stop_at_their_ends(void)
{
    CU_ASSERT_STRING_EQUAL(value("deduct", "0"), "3");
    CU_ASSERT_STRING_EQUAL(value("deduct", "1"), "2.5");
    CU_ASSERT_STRING_EQUAL(value("deduct", "6"), "0");
    CU_ASSERT_STRING_EQUAL(value("deduct", "7"), "0");
    CU_ASSERT_STRING_EQUAL(value("deduct", "999999999999"), "0");
    CU_ASSERT_STRING_EQUAL(value("deduct", "1.5"), "not_whole");
    CU_ASSERT_STRING_EQUAL(value("deduct", "-1"), "negative");
    CU_ASSERT_STRING_EQUAL(value("big", "1"), "0");
    CU_ASSERT_STRING_EQUAL(value("count", "0"), "0");
    CU_ASSERT_STRING_EQUAL(value("count", "2"), "6");
    CU_ASSERT_STRING_EQUAL(value("count", "3"), "7");
    CU_ASSERT_STRING_EQUAL(value("count", "999999999999"), "7");
    CU_ASSERT_STRING_EQUAL(value("count", "0.5"), "not_whole");
    CU_ASSERT_STRING_EQUAL(value("count", "-3"), "negative");
}

static void score_takes_no_report_where_none_belongs(void)
{
    CU_ASSERT_STRING_EQUAL(value("survey", "30"), "survey_component");
    CU_ASSERT_STRING_EQUAL(value("tasks", "1"), "tasks_component");
    CU_ASSERT_STRING_EQUAL(value("S", "1"), "not_a_leaf");
}

static struct score state_score(const char *code, enum wire_answered answered, enum reason want)
{
    struct score_answer a = {.answered = answered, .choice = ""};
    struct score s = {0};

    CU_ASSERT_EQUAL(score_leaf(set, criteria_find(set, code), &a, &s), want);
    return s;
}

static void check_state(const char *code, enum wire_answered answered, enum score_state state,
                        const char *points, const char *max)
{
    struct score s = state_score(code, answered, REASON_FINE);

    CU_ASSERT_EQUAL(s.state, state);
    CU_ASSERT_STRING_EQUAL(kit_text(s.points), points);
    CU_ASSERT_STRING_EQUAL(kit_text(s.max), max);
}

static void score_states_follow_their_policies(void)
{
    struct score_answer both = with("1", NULL, NULL, NULL);
    struct score s;

    check_state("plain", WIRE_NOT_APPLICABLE, SCORE_NOT_APPLICABLE, "0", "0");
    check_state("plain", WIRE_NOTHING_AROSE, SCORE_NOTHING_AROSE, "0", "6");
    check_state("target", WIRE_NOT_APPLICABLE, SCORE_NOT_APPLICABLE, "10", "10");
    check_state("target", WIRE_NOTHING_AROSE, SCORE_NOTHING_AROSE, "10", "10");
    check_state("bands", WIRE_NOTHING_AROSE, SCORE_NOTHING_AROSE, "2", "2");
    (void)state_score("bands", WIRE_NOT_APPLICABLE, REASON_NA_REFUSED);
    (void)state_score("points", WIRE_NOTHING_AROSE, REASON_NA_REFUSED);
    both.answered = WIRE_NOT_APPLICABLE;
    CU_ASSERT_EQUAL(score_leaf(set, criteria_find(set, "plain"), &both, &s), REASON_WRONG_FIELD);
    s = score_none(set, criteria_find(set, "plain"));
    CU_ASSERT_EQUAL(s.state, SCORE_NOT_ANSWERED);
    CU_ASSERT_STRING_EQUAL(kit_text(s.max), "6");
    CU_ASSERT_EQUAL(score_outside().max.micro, 0);
}

static void score_survey_takes_survey_leaves_only(void)
{
    uint32_t leaf = criteria_find(set, "survey");
    struct score s;

    CU_ASSERT_EQUAL(score_survey(set, leaf, kit_decimal("32.835"), &s), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_text(s.points), "32.84");
    CU_ASSERT_EQUAL(score_survey(set, leaf, kit_decimal("35.01"), &s), REASON_ABOVE_MAXIMUM);
    CU_ASSERT_EQUAL(score_survey(set, leaf, kit_decimal("-1"), &s), REASON_NEGATIVE);
    CU_ASSERT_EQUAL(score_survey(set, criteria_find(set, "plain"), kit_decimal("1"), &s),
                    REASON_NOT_SURVEY);
}

static const char *tasks(const char *code, const char *on_time, const char *due,
                         enum score_state state)
{
    struct score s =
        score_tasks(set, criteria_find(set, code), kit_decimal(on_time), kit_decimal(due));

    CU_ASSERT_EQUAL(s.state, state);
    return kit_text(s.points);
}

static void score_tasks_are_the_share_done_on_time(void)
{
    CU_ASSERT_STRING_EQUAL(tasks("tasks", "48", "48", SCORE_POINTS), "4");
    CU_ASSERT_STRING_EQUAL(tasks("tasks", "47.5", "48", SCORE_POINTS), "1");
    CU_ASSERT_STRING_EQUAL(tasks("tasks", "1", "2", SCORE_POINTS), "1");
    CU_ASSERT_STRING_EQUAL(tasks("tasks", "1", "3", SCORE_ZERO), "0");
    CU_ASSERT_STRING_EQUAL(tasks("tasksfull", "0", "0", SCORE_NOTHING_AROSE), "4");
    CU_ASSERT_STRING_EQUAL(tasks("tasks", "0", "0", SCORE_NOT_ANSWERED), "0");
}

/* The twin: max 6.00 × n/d in hundredths with small numbers, rounded half up by hand. */
static void score_ratio_agrees_with_plain_integers(void)
{
    uint32_t leaf = criteria_find(set, "plain");

    for (int64_t d = 1; d <= 150; d++) {
        for (int64_t n = 0; n <= d; n++) {
            struct score_answer a = {.has_numerator = true, .has_denominator = true, .choice = ""};
            struct score s = {0};

            a.numerator = decimal_of(n);
            a.denominator = decimal_of(d);
            CU_ASSERT_EQUAL_FATAL(score_leaf(set, leaf, &a, &s), REASON_FINE);
            CU_ASSERT_EQUAL_FATAL(s.points.micro, (600 * n * 2 + d) / (2 * d) * 10000);
        }
    }
}

static void score_rounding_belongs_to_the_set(void)
{
    struct criteria *whole = kit_set("#set rounding=0\n", "1,,field,N,,1,ratio,,full,\n");
    struct criteria *fine = kit_set("#set rounding=4\n", "1,,field,N,,1,ratio,,,\n");
    struct score_answer a = with(NULL, "1", "3", NULL);
    struct score s;

    CU_ASSERT_EQUAL(score_leaf(fine, 0, &a, &s), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_text(s.points), "0.3333");
    a = with(NULL, "3", "3", NULL);
    CU_ASSERT_EQUAL(score_leaf(whole, 0, &a, &s), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_text(s.points), "1");
    a = (struct score_answer){.answered = WIRE_NOT_APPLICABLE, .choice = ""};
    CU_ASSERT_EQUAL(score_leaf(whole, 0, &a, &s), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_text(s.points), "1");
    criteria_destroy(&whole);
    criteria_destroy(&fine);
}

/* A maximum that is no multiple of the step: rounding up to the next step must not pass it. */
static void score_never_passes_the_maximum(void)
{
    struct criteria *c = kit_set("", "1,,field,N,,0.9,ratio,step=0.5,,\n");
    struct score_answer a = with(NULL, "1", "1", NULL);
    struct score s;

    CU_ASSERT_EQUAL(score_leaf(c, 0, &a, &s), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_text(s.points), "0.9");
    criteria_destroy(&c);
}

/* ---- totals ---- */

static const char grouped[] =
    "1,,field,N,,6,sum,,,\n1.1,1,criterion,N,,6,sum,,,\n"
    "1.1.1,1.1,component,N,,2,points,,rescale,\n"
    "1.1.2,1.1,component,N,,4,points,,rescale,\n"
    "2,,field,N,,4,points,,rescale,\n"
    "B,,field,N,,10,sum,kind=bonus cap=5,,\n"
    "B.1,B,criterion,N,,4,count,per=2,,\nB.2,B,criterion,N,,6,count,per=3,,\n"
    "D,,field,N,,9,sum,kind=deduction cap=3,,\n"
    "D.1,D,criterion,N,,4,count,per=2,,\nD.2,D,criterion,N,,5,count,per=5,,\n";

static struct score points_of(const struct criteria *c, uint32_t node, const char *points)
{
    struct score s = score_none(c, node);

    s.state = SCORE_POINTS;
    s.points = kit_decimal(points);
    return s;
}

static struct fraction total_of(const struct criteria *c, const struct score *leaves)
{
    struct tally_sum sums[16], fields[8];
    const uint32_t *nodes;
    size_t count = criteria_fields(c, &nodes);

    tally_all(c, leaves, sums);
    for (size_t i = 0; i < count; i++) {
        fields[i] = sums[nodes[i]];
    }
    return tally_total(c, fields);
}

static void check_total(const struct criteria *c, const struct score *leaves, const char *points,
                        const char *max)
{
    struct fraction total = total_of(c, leaves);

    CU_ASSERT_STRING_EQUAL(kit_text(total.points), points);
    CU_ASSERT_STRING_EQUAL(kit_text(total.max), max);
}

static void tally_adds_bonus_and_takes_deductions_up_to_their_caps(void)
{
    struct criteria *c = kit_set("#set total=10\n", grouped);
    struct score leaves[11];

    for (uint32_t i = 0; i < 11; i++) {
        leaves[i] = score_none(c, i);
    }
    check_total(c, leaves, "0", "10");
    leaves[criteria_find(c, "1.1.1")] = points_of(c, 2, "1.5");
    leaves[criteria_find(c, "2")] = points_of(c, 4, "4");
    check_total(c, leaves, "5.5", "10");
    leaves[criteria_find(c, "B.1")] = points_of(c, 6, "4");
    check_total(c, leaves, "9.5", "10");
    leaves[criteria_find(c, "B.2")] = points_of(c, 7, "6");
    check_total(c, leaves, "10.5", "10"); /* 10 of bonus, capped at 5 */
    leaves[criteria_find(c, "D.1")] = points_of(c, 9, "2");
    check_total(c, leaves, "8.5", "10");
    leaves[criteria_find(c, "D.2")] = points_of(c, 10, "5");
    check_total(c, leaves, "7.5", "10"); /* 7 off, capped at 3 */
    leaves[criteria_find(c, "1.1.1")] = points_of(c, 2, "0");
    leaves[criteria_find(c, "2")] = points_of(c, 4, "0");
    leaves[criteria_find(c, "B.1")] = points_of(c, 6, "0");
    leaves[criteria_find(c, "B.2")] = points_of(c, 7, "0");
    check_total(c, leaves, "0", "10"); /* never below 0 */
    leaves[criteria_find(c, "2")] = (struct score){SCORE_NOT_APPLICABLE, {0}, {0}};
    check_total(c, leaves, "0", "6");
    criteria_destroy(&c);
}

static void tally_shows_groups_with_their_caps(void)
{
    struct criteria *c = kit_set("", grouped);
    struct tally_sum sum = {kit_decimal("10"), kit_decimal("10"), 2};
    struct fraction shown = tally_shown(c, criteria_find(c, "B"), &sum);

    CU_ASSERT_STRING_EQUAL(kit_text(shown.points), "5");
    CU_ASSERT_STRING_EQUAL(kit_text(shown.max), "5");
    shown = tally_shown(c, criteria_find(c, "1"), &sum);
    CU_ASSERT_STRING_EQUAL(kit_text(shown.points), "10");
    criteria_destroy(&c);
}

/* One leaf at a time in random order against everything at once. */
static void tally_changes_agree_with_all_at_once(void)
{
    struct criteria *c = kit_set("", grouped);
    struct score leaves[11];
    struct tally_sum sums[11], twin[11];
    struct rng rng = rng_seeded(5);

    for (uint32_t i = 0; i < 11; i++) {
        leaves[i] = score_none(c, i);
    }
    tally_all(c, leaves, sums);
    for (int round = 0; round < 2000; round++) {
        uint32_t node = (uint32_t)rng_below(&rng, 11);
        struct score next = score_none(c, node);

        if (criteria_node(c, node)->children > 0) {
            continue;
        }
        next.state = (enum score_state)rng_below(&rng, 5);
        next.points.micro =
            next.state == SCORE_POINTS
                ? (int64_t)rng_below(&rng, (uint64_t)next.max.micro / 10000 + 1) * 10000
                : 0;
        next.max = next.state == SCORE_NOT_APPLICABLE ? DECIMAL_ZERO : next.max;
        for (uint32_t at = node; at != CRITERIA_NONE; at = criteria_node(c, at)->parent) {
            tally_change(&sums[at], &leaves[node], &next);
        }
        leaves[node] = next;
        tally_all(c, leaves, twin);
        for (size_t i = 0; i < 11; i++) {
            CU_ASSERT_EQUAL_FATAL(sums[i].points.micro, twin[i].points.micro);
            CU_ASSERT_EQUAL_FATAL(sums[i].max.micro, twin[i].max.micro);
            CU_ASSERT_EQUAL_FATAL(sums[i].answered, twin[i].answered);
        }
    }
    criteria_destroy(&c);
}

static const struct test_case cases[] = {
    TEST_CASE(score_points_are_taken_within_the_maximum),
    TEST_CASE(score_choice_knows_its_keys),
    TEST_CASE(score_bands_mind_which_end_is_open),
    TEST_CASE(score_bands_compare_fractions_exactly),
    TEST_CASE(score_ratio_follows_target_floor_and_step),
    TEST_CASE(score_ratio_bears_the_largest_numbers),
    TEST_CASE(score_counts_stop_at_their_ends),
    TEST_CASE(score_takes_no_report_where_none_belongs),
    TEST_CASE(score_states_follow_their_policies),
    TEST_CASE(score_survey_takes_survey_leaves_only),
    TEST_CASE(score_tasks_are_the_share_done_on_time),
    TEST_CASE(score_ratio_agrees_with_plain_integers),
    TEST_CASE(score_rounding_belongs_to_the_set),
    TEST_CASE(score_never_passes_the_maximum),
    TEST_CASE(tally_adds_bonus_and_takes_deductions_up_to_their_caps),
    TEST_CASE(tally_shows_groups_with_their_caps),
    TEST_CASE(tally_changes_agree_with_all_at_once),
    {0},
};

int main(int argc, char **argv)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct buf text = BUF_INIT(1 << 16);
    int status = EXIT_FAILURE;

    (void)lang_set("en");
    if (buf_printf(&text, "%s%s", KIT_HEADER, rows) == NG_OK &&
        criteria_parse_csv(buf_bytes(&text), "SET", 2026, "commune", &faults, &set) == NG_OK) {
        status = test_main("score", cases, argc, argv);
    }
    kit_print_faults(&faults);
    fault_list_fini(&faults);
    criteria_destroy(&set);
    buf_fini(&text);
    return status;
}
