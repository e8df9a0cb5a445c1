/* Goal: a report is read as the person meant it, and refused by line with what was expected; ward
 * and office judge alike. Method: every entry of the "bad input" list of numbers and fields, one
 * file at a time; good files in all dialects; and for each accepted act report_check again, as the
 * fold does. */
#include "kit.h"

#include "base/lang.h"
#include "fault/fault.h"
#include "par/report.h"
#include "par/text.h"

#include <errno.h>
#include <string.h>

#define HEADER "code,value,numerator,denominator,choice,na,explanation,evidence\n"

static const char rows[] = "S,,field,Sum,,200,sum,,,\n"
                           "points,S,criterion,N,,100,points,,,\n"
                           "small,S,criterion,N,,5,points,,,\n"
                           "choice,S,criterion,N,,2,choice,co:2|khong:0,,\n"
                           "bands,S,criterion,N,,2,bands,>=95:2|:0,rescale,\n"
                           "ratio,S,criterion,N,,6,ratio,,na=rescale none=full,\n"
                           "deduct,S,criterion,N,,3,deduct,per=0.5,,\n"
                           "count,S,criterion,N,,7,count,per=3,,\n"
                           "survey,S,criterion,N,,35,survey,,,\n"
                           "tasks,S,criterion,N,,4,tasks,:4,,\n"
                           "rest,S,criterion,N,,36,points,,,\n";

static struct criteria *set;

static enum ng_err parse(const char *text, struct fault_list *faults, struct actlist **ret)
{
    return report_parse_csv(kit_bytes(text), set, "", faults, ret);
}

/* The line "code,rest" (line 2) must give exactly this fault. */
static void check_fault(const char *line, const char *column, enum reason reason, const char *want)
{
    struct buf text = BUF_INIT(1 << 16), message = BUF_INIT(1 << 16);
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL_FATAL(buf_printf(&text, HEADER "%s\n", line), NG_OK);
    CU_ASSERT_EQUAL(parse(buf_text(&text), &faults, &acts), NG_ERR_INPUT);
    CU_ASSERT_PTR_NULL(acts);
    CU_ASSERT_EQUAL(faults.count, 1);
    if (faults.count >= 1) {
        CU_ASSERT_STRING_EQUAL(faults.items[0].column, column);
        CU_ASSERT_EQUAL(faults.items[0].reason, reason);
        CU_ASSERT_EQUAL(fault_format(&faults.items[0], &message), NG_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&message), want));
        if (strstr(buf_text(&message), want) == NULL || faults.count > 1) {
            (void)fprintf(stderr, "%s -> %s\n", line, buf_text(&message));
        }
    }
    fault_list_fini(&faults);
    buf_fini(&message);
    buf_fini(&text);
}

static void report_refuses_by_line_with_what_was_expected(void)
{
    check_fault("points,101,,,,,,", "value", REASON_ABOVE_MAXIMUM,
                "line 2, value: 101 is more than the maximum 100");
    check_fault("small,\"5,01\",,,,,,", "value", REASON_ABOVE_MAXIMUM,
                "line 2, value: 5,01 is more than the maximum 5");
    check_fault("points,1.234,,,,,,", "value", REASON_FINE, "write 1234 or 1.2340");
    check_fault("points,abc,,,,,,", "value", REASON_FINE, "\"abc\" is not a number");
    check_fault("points,-1,,,,,,", "value", REASON_NEGATIVE, "-1 is negative");
    check_fault("count,-1,,,,,,", "value", REASON_NEGATIVE, "-1 is negative");
    check_fault("count,1.5,,,,,,", "value", REASON_NOT_WHOLE, "1.5 is not a whole number");
    check_fault("ratio,,5,,,,,", "denominator", REASON_NO_DENOMINATOR,
                "line 2, denominator: denominator is missing");
    check_fault("ratio,,,5,,,,", "numerator", REASON_NO_DENOMINATOR, "numerator is missing");
    check_fault("ratio,,6,5,,,,", "numerator", REASON_NUMERATOR_ABOVE,
                "the numerator 6 is more than the denominator 5");
    check_fault("bands,,101,100,,,,", "numerator", REASON_NUMERATOR_ABOVE,
                "the numerator 101 is more than the denominator 100");
    check_fault("ratio,5,,,,,,", "value", REASON_WRONG_FIELD, "numerator, denominator");
    check_fault("choice,,,,maybe,,,", "choice", REASON_UNKNOWN_CHOICE,
                "maybe is not one of the choices: co, khong");
    check_fault("choice,2,,,,,,", "value", REASON_WRONG_FIELD, "choice");
    check_fault("points,1,,,co,,,", "choice", REASON_WRONG_FIELD, "value");
    check_fault("nix,1,,,,,,", "code", REASON_UNKNOWN_COMPONENT, "nix is not in the criteria set");
    check_fault("pionts,1,,,,,,", "code", REASON_UNKNOWN_COMPONENT, "; did you mean points?");
    check_fault("Count,1,,,,,,", "code", REASON_UNKNOWN_COMPONENT, "; did you mean count?");
    check_fault("survey,30,,,,,,", "code", REASON_SURVEY_COMPONENT, "come from the survey");
    check_fault("tasks,30,,,,,,", "code", REASON_TASKS_COMPONENT, "come from the unit's tasks");
    check_fault("S,30,,,,,,", "code", REASON_NOT_A_LEAF, "S is the sum of its parts");
    check_fault("points,,,,,true,,", "na", REASON_NA_REFUSED, "not allow");
    check_fault("points,1,,,,true,,", "value", REASON_WRONG_FIELD, "na");
    check_fault("choice,,,,co,none,,", "choice", REASON_WRONG_FIELD, "na");
    check_fault("ratio,,1,2,,true,,", "numerator", REASON_WRONG_FIELD, "na");
    check_fault("ratio,,,2,,true,,", "denominator", REASON_WRONG_FIELD, "na");
    check_fault("points,1,,,,maybe,,", "na", REASON_FINE, "write true");
    check_fault("points,,,,,,why,", "value", REASON_NOTHING_GIVEN, "value is expected");
    check_fault(",1,,,,,,", "code", REASON_FINE, "a code is missing");
    check_fault("small,\"4%\",,,,,,", "value", REASON_FINE, "a percentage is not expected");
    check_fault("ratio,,50%,100,,,,", "numerator", REASON_FINE, "a percentage is not expected");
    check_fault("points,1e5,,,,,,", "value", REASON_FINE, "is not a number");
}

static void report_lists_every_fault(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL(parse("# a report\n" HEADER
                          "points,101,,,,,,\nsmall,2,,,,,,\nchoice,,,,nope,,,\n"
                          "small,3,,,,,,\nratio,,x,y,,,,\n",
                          &faults, &acts),
                    NG_ERR_INPUT);
    CU_ASSERT_EQUAL(faults.count, 5);
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 3, "maximum 100"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 5, "not one of the choices"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 6, "stands already on line 4"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 7, "\"x\""));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 7, "\"y\""));
    fault_list_fini(&faults);
}

static const struct wire_report *find(const struct actlist *acts, const char *code)
{
    for (size_t i = 0; i < actlist_count(acts); i++) {
        if (strcmp(actlist_acts(acts)[i].u.report.code, code) == 0) {
            return &actlist_acts(acts)[i].u.report;
        }
    }
    CU_FAIL_FATAL("the code is not in the report");
    return NULL;
}

static const char *points(const struct wire_report *r)
{
    struct report_judged judged;

    CU_ASSERT_EQUAL_FATAL(report_check(set, r, &judged), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(criteria_node(set, judged.node)->code, r->code);
    return kit_text(judged.score.points);
}

static void report_reads_numbers_as_people_write_them(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL_FATAL(
        parse("\xef\xbb\xbf"
              "code;value;numerator;denominator;choice;na;explanation;evidence\r\n"
              "points;\"84,58%\";;;;;Gia\xcc\x89i tri\xcc\x80nh;a.pdf | b.pdf|\r\n"
              "small;4,12499999999999;;;;;;\r\n"
              "choice;;;;co;FALSE;;\r\n"
              "bands;95 %;;;;;;\r\n"
              "ratio;;1.234.567;2.469.134;;;;\r\n"
              "deduct;2;;;;;;\r\n"
              "count;;;;;;;\r\n" /* a template's line that was not filled in */
              "rest;0;;;;;;\r\n",
              &faults, &acts),
        NG_OK);
    CU_ASSERT_EQUAL(actlist_count(acts), 7);
    CU_ASSERT_STRING_EQUAL(find(acts, "points")->value, "84.58");
    CU_ASSERT_STRING_EQUAL(points(find(acts, "points")), "84.58");
    CU_ASSERT_STRING_EQUAL(find(acts, "points")->explanation, "Giải trình");
    CU_ASSERT_STRING_EQUAL(find(acts, "points")->period, "2026");
    CU_ASSERT_EQUAL_FATAL(find(acts, "points")->evidence_count, 2);
    CU_ASSERT_STRING_EQUAL(find(acts, "points")->evidence[0].name, "a.pdf");
    CU_ASSERT_STRING_EQUAL(find(acts, "points")->evidence[1].name, "b.pdf");
    report_set_evidence(acts, 0, 1, &(struct wire_evidence){.size = 4096, .id = "", .type = ""});
    CU_ASSERT_EQUAL(find(acts, "points")->evidence[1].size, 4096);
    CU_ASSERT_STRING_EQUAL(find(acts, "small")->value, "4.125");
    CU_ASSERT_STRING_EQUAL(points(find(acts, "small")), "4.13");
    CU_ASSERT_STRING_EQUAL(points(find(acts, "choice")), "2");
    CU_ASSERT_STRING_EQUAL(points(find(acts, "bands")), "2");
    CU_ASSERT_STRING_EQUAL(points(find(acts, "ratio")), "3");
    CU_ASSERT_STRING_EQUAL(points(find(acts, "deduct")), "2");
    CU_ASSERT_STRING_EQUAL(points(find(acts, "rest")), "0");
    CU_ASSERT_EQUAL(actlist_line(acts, 0), 2);
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

static void report_knows_the_states(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct report_judged judged;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL_FATAL(
        parse("code,na,numerator,denominator\nbands,TRUE,,\nratio,,0,0\n", &faults, &acts), NG_OK);
    CU_ASSERT_EQUAL(find(acts, "bands")->answered, WIRE_NOT_APPLICABLE);
    CU_ASSERT_EQUAL(report_check(set, find(acts, "bands"), &judged), REASON_FINE);
    CU_ASSERT_EQUAL(judged.score.state, SCORE_NOT_APPLICABLE);
    CU_ASSERT_EQUAL(judged.score.max.micro, 0);
    CU_ASSERT_EQUAL(report_check(set, find(acts, "ratio"), &judged), REASON_FINE);
    CU_ASSERT_EQUAL(judged.score.state, SCORE_NOTHING_AROSE);
    CU_ASSERT_STRING_EQUAL(kit_text(judged.score.points), "6");
    actlist_destroy(&acts);
    CU_ASSERT_EQUAL_FATAL(parse("code,na\nratio,none\n", &faults, &acts), NG_OK);
    CU_ASSERT_EQUAL(find(acts, "ratio")->answered, WIRE_NOTHING_AROSE);
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

static enum ng_err words(const char *code, const char *const *w, size_t count,
                         struct fault_list *faults, struct actlist **ret)
{
    return report_parse_words(code, w, count, set, "2026-Q3", faults, ret);
}

static void report_reads_words_of_a_command(void)
{
    static const char *const good[] = {"numerator=47,5", "denominator=50", "explanation= a = b ",
                                       "evidence=x.pdf"};
    static const char *const unknown[] = {"valve=3"};
    static const char *const bare[] = {"3"};
    static const char *const twice[] = {"value=3", "value=4"};
    static const char *const large[] = {"value=101"};
    static const char *const legacy[] = {"value=3", "explanation=caf\xe9"};
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL_FATAL(words("ratio", good, 4, &faults, &acts), NG_OK);
    CU_ASSERT_EQUAL(actlist_count(acts), 1);
    CU_ASSERT_STRING_EQUAL(find(acts, "ratio")->numerator, "47.5");
    CU_ASSERT_STRING_EQUAL(find(acts, "ratio")->explanation, "a = b");
    CU_ASSERT_STRING_EQUAL(find(acts, "ratio")->period, "2026-Q3");
    CU_ASSERT_STRING_EQUAL(points(find(acts, "ratio")), "5.7");
    actlist_destroy(&acts);
    CU_ASSERT_EQUAL(words("points", unknown, 1, &faults, &acts), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(words("points", bare, 1, &faults, &acts), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(words("points", twice, 2, &faults, &acts), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(words("points", NULL, 0, &faults, &acts), NG_ERR_INPUT);
    fault_list_fini(&faults);
    CU_ASSERT_EQUAL(words("points", large, 1, &faults, &acts), NG_ERR_INPUT);
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 0, "101 is more than the maximum 100"));
    CU_ASSERT_EQUAL(words("points", legacy, 2, &faults, &acts), NG_ERR_INPUT);
    CU_ASSERT_PTR_NULL(acts);
    fault_list_fini(&faults);
}

/* An explanation of `size` bytes of this text over and over. */
static void check_explanation(const char *piece, size_t size, size_t want_begin, bool want_file)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    struct buf word = BUF_INIT(REPORT_EXPLANATION_MAX + 64);
    CU_ASSERT_EQUAL_FATAL(buf_add_text(&word, "explanation="), NG_OK);
    const size_t before = word.size;
    while (word.size - before < size) {
        CU_ASSERT_EQUAL_FATAL(buf_add_text(&word, piece), NG_OK);
    }
    const char *const given[] = {"value=1", buf_text(&word), "evidence=a.pdf"};
    CU_ASSERT_EQUAL_FATAL(words("points", given, 3, &faults, &acts), NG_OK);
    const struct wire_report *r = find(acts, "points");
    const char *whole = buf_text(&word) + before;
    if (want_file) {
        const char *kept = actlist_attached(acts, 0); /* without blanks at its end */
        CU_ASSERT_FATAL(kept != NULL && strlen(kept) + 1 >= strlen(whole));
        CU_ASSERT_EQUAL(strncmp(whole, kept, strlen(kept)), 0);
        CU_ASSERT_EQUAL_FATAL(r->evidence_count, 2);
        CU_ASSERT_STRING_EQUAL(r->evidence[0].name, "a.pdf");
        CU_ASSERT_STRING_EQUAL(r->evidence[1].name, "giai-trinh-points.txt");
        CU_ASSERT_EQUAL(strncmp(r->explanation, whole, want_begin), 0);
        CU_ASSERT_STRING_EQUAL(r->explanation + want_begin, "… [giai-trinh-points.txt]");
    } else {
        CU_ASSERT_PTR_NULL(actlist_attached(acts, 0));
        CU_ASSERT_EQUAL(r->evidence_count, 1);
        CU_ASSERT_STRING_EQUAL(r->explanation, whole);
    }
    buf_fini(&word);
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

static void report_makes_a_file_of_a_long_explanation(void)
{
    check_explanation("x", TEXT_LONG_MAX, 0, false);
    check_explanation("x", TEXT_LONG_MAX + 1, 1000, true);
    check_explanation("\u1ec7", TEXT_LONG_MAX + 1, 999, true); /* three bytes each: none is cut */
    check_explanation("nine\u00e0b, ", TEXT_LONG_MAX + 1, 998, true); /* ends with a word */
    check_explanation("x", REPORT_EXPLANATION_MAX, 1000, true);
}

static void report_periods_belong_to_the_year(void)
{
    static const char *const good[] = {"",        "2026",    "2026-H1", "2026-H2",
                                       "2026-Q1", "2026-Q4", "2026-01", "2026-12"};
    static const char *const bad[] = {"2025",    "2026-",   "2026-H0",  "2026-H3", "2026-Q0",
                                      "2026-Q5", "2026-00", "2026-13",  "2026-1",  "2026-h1",
                                      "26",      "2026 ",   "2026-Q33", "20261",   "2026-010"};
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CU_ASSERT_TRUE(report_period_is_valid(good[i], 2026));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(report_period_is_valid(bad[i], 2026));
    CU_ASSERT_EQUAL(
        report_parse_csv(kit_bytes(HEADER "points,1,,,,,,\n"), set, "2026-Q5", &faults, &acts),
        NG_ERR_INPUT);
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 0, "is not a period of 2026"));
    fault_list_fini(&faults);
}

static void report_without_an_answer_is_refused(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL(parse(HEADER "points,,,,,,,\n", &faults, &acts), NG_ERR_INPUT);
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 0, "no answer"));
    fault_list_fini(&faults);
}

/* ---- as the fold sees it: anything may stand in a report of the wire ---- */

static struct wire_report blank(const char *code)
{
    return (struct wire_report){.year = 2026,
                                .period = "",
                                .code = code,
                                .value = "",
                                .numerator = "",
                                .denominator = "",
                                .choice = "",
                                .explanation = ""};
}

static void check_wire(struct wire_report r, enum reason want, const char *column,
                       const char *argument)
{
    struct report_judged judged;
    enum reason reason = report_check(set, &r, &judged);

    CU_ASSERT_EQUAL(reason, want);
    CU_ASSERT_STRING_EQUAL(judged.column, column);
    CU_ASSERT_STRING_EQUAL(judged.argument, argument);
}

static void report_check_judges_whatever_the_wire_brings(void)
{
    struct wire_evidence many[WIRE_EVIDENCE_MAX + 1], nameless = {.name = ""};
    struct wire_report r = blank("points");

    r.year = 2025;
    check_wire(r, REASON_YEAR_RANGE, "code", "");
    r = blank("points");
    r.period = "2027";
    check_wire(r, REASON_BAD_PERIOD, "period", "");
    r = blank("points");
    r.value = "51,75";
    check_wire(r, REASON_NOT_A_NUMBER, "value", "");
    r.value = "101";
    check_wire(r, REASON_ABOVE_MAXIMUM, "value", "100");
    r.value = "1";
    r.answered = (enum wire_answered)9;
    check_wire(r, REASON_UNREADABLE, "na", "");
    r = blank("points");
    r.value = "1";
    r.explanation = "My\xcc\x83";
    check_wire(r, REASON_BAD_TEXT, "explanation", "explanation");
    r.explanation = "";
    r.evidence = &nameless;
    r.evidence_count = 1;
    check_wire(r, REASON_BAD_TEXT, "evidence", "evidence");
    for (size_t i = 0; i < WIRE_EVIDENCE_MAX + 1; i++) {
        many[i] = (struct wire_evidence){.name = "x"};
    }
    r.evidence = many;
    r.evidence_count = WIRE_EVIDENCE_MAX;
    check_wire(r, REASON_FINE, "code", "");
    r.evidence_count = WIRE_EVIDENCE_MAX + 1;
    check_wire(r, REASON_BAD_TEXT, "evidence", "evidence");
    r = blank("ratio");
    r.numerator = "7";
    check_wire(r, REASON_NO_DENOMINATOR, "denominator", "denominator");
    r.denominator = "5";
    check_wire(r, REASON_NUMERATOR_ABOVE, "numerator", "5");
    r = blank("choice");
    r.choice = "x";
    check_wire(r, REASON_UNKNOWN_CHOICE, "choice", "co, khong");
    check_wire(blank("nix"), REASON_UNKNOWN_COMPONENT, "code", "");
    check_wire(blank("survey"), REASON_SURVEY_COMPONENT, "code", "");
    check_wire(blank("count"), REASON_NOTHING_GIVEN, "value", "value");
}

static void report_choices_that_do_not_fit_are_cut(void)
{
    struct buf text = BUF_INIT(1 << 16);
    struct criteria *many;
    struct report_judged judged;
    struct wire_report r = blank("1");

    CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "1,,field,N,,2,choice,"), NG_OK);
    for (int i = 0; i < 40; i++)
        CU_ASSERT_EQUAL_FATAL(buf_printf(&text, "%skhoa-%d:1", i > 0 ? "|" : "", i), NG_OK);
    CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, ",,\n"), NG_OK);
    many = kit_set("", buf_text(&text));
    r.choice = "x";
    CU_ASSERT_EQUAL(report_check(many, &r, &judged), REASON_UNKNOWN_CHOICE);
    CU_ASSERT_TRUE(strlen(judged.argument) < REPORT_ARGUMENT_MAX);
    CU_ASSERT_PTR_NOT_NULL(strstr(judged.argument, "…"));
    criteria_destroy(&many);
    buf_fini(&text);
}

static void reason_numbers_and_names_never_change(void)
{
    struct buf text = BUF_INIT(4096);

    CU_ASSERT_EQUAL(REASON_UNKNOWN_COMPONENT, 1);
    CU_ASSERT_EQUAL(REASON_ABOVE_MAXIMUM, 3);
    CU_ASSERT_EQUAL(REASON_SET_CHANGED, 18);
    CU_ASSERT_EQUAL(REASON_FOLD_VERSION, 33);
    CU_ASSERT_EQUAL(REASON_ACTOR, 34);
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(reason_name((enum reason)i));
        buf_clear(&text);
        CU_ASSERT_EQUAL(reason_format((enum reason)i, "", "", &text), NG_OK);
        CU_ASSERT_TRUE(text.size > 0 && strchr(buf_text(&text), '{') == NULL);
        for (unsigned j = 0; j < i; j++)
            CU_ASSERT_STRING_NOT_EQUAL(reason_name((enum reason)i), reason_name((enum reason)j));
    }
    buf_clear(&text);
    CU_ASSERT_EQUAL(reason_format(REASON_ABOVE_MAXIMUM, NULL, "100", &text), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), "what was given is more than the maximum 100");
    buf_clear(&text);
    CU_ASSERT_EQUAL(reason_format((enum reason)9999, "", "", &text), NG_OK);
    CU_ASSERT_STRING_EQUAL(reason_name((enum reason)9999), "unknown");
    buf_fini(&text);
}

static void report_survives_every_failed_allocation(void)
{
    for (unsigned k = 1;; k++) {
        struct fault_list faults = FAULT_LIST_INIT;
        struct actlist *acts = NULL;
        enum ng_err err;

        fault_set(FAULT_MEMORY, k, ENOMEM, false);
        err = parse(HEADER "points,5,,,,,ệ,a|b\nratio,,1,2,,,,\n", &faults, &acts);
        if (!fault_clear()) {
            k = 0;
        }
        CU_ASSERT_EQUAL(err, k == 0 ? NG_OK : NG_ERR_NOMEM);
        CU_ASSERT_EQUAL(acts != NULL, k == 0);
        actlist_destroy(&acts);
        fault_list_fini(&faults);
        if (k == 0) {
            break;
        }
    }
}

static const struct test_case cases[] = {
    TEST_CASE(report_refuses_by_line_with_what_was_expected),
    TEST_CASE(report_lists_every_fault),
    TEST_CASE(report_reads_numbers_as_people_write_them),
    TEST_CASE(report_knows_the_states),
    TEST_CASE(report_reads_words_of_a_command),
    TEST_CASE(report_makes_a_file_of_a_long_explanation),
    TEST_CASE(report_periods_belong_to_the_year),
    TEST_CASE(report_without_an_answer_is_refused),
    TEST_CASE(report_check_judges_whatever_the_wire_brings),
    TEST_CASE(report_choices_that_do_not_fit_are_cut),
    TEST_CASE(reason_numbers_and_names_never_change),
    TEST_CASE(report_survives_every_failed_allocation),
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
        status = test_main("report", cases, argc, argv);
    }
    kit_print_faults(&faults);
    fault_list_fini(&faults);
    criteria_destroy(&set);
    buf_fini(&text);
    return status;
}
