/* Goal: people get numbers, deadlines, statements and reasons in their own words.
 * Method: each sentence is made from plain records and compared; both languages where they differ
 * without a catalogue. */
#include "base/day.h"
#include "base/lang.h"
#include "harness.h"
#include "leaves.h"
#include "par/reason.h"
#include "ward-agent/say.h"

static void numbers_are_grouped_in_threes(void)
{
    CU_ASSERT_TRUE_FATAL(lang_set("en"));
    CU_ASSERT_STRING_EQUAL(say_number(0), "0");
    CU_ASSERT_STRING_EQUAL(say_number(999), "999");
    CU_ASSERT_STRING_EQUAL(say_number(1000), "1,000");
    CU_ASSERT_STRING_EQUAL(say_number(128428), "128,428");
    CU_ASSERT_STRING_EQUAL(say_number(UINT64_MAX), "18,446,744,073,709,551,615");
    CU_ASSERT_TRUE_FATAL(lang_set("vi"));
    CU_ASSERT_STRING_EQUAL(say_number(128428), "128.428");
    CU_ASSERT_TRUE_FATAL(lang_set("en"));
}

static void several_numbers_fit_into_one_sentence(void)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%s %s %s %s", say_number(1), say_number(2), say_number(3),
                   say_number(4));
    CU_ASSERT_STRING_EQUAL(text, "1 2 3 4");
}

static void a_moment_is_said_at_utc_plus_7(void)
{
    CU_ASSERT_STRING_EQUAL(say_moment(1795401660000), "09:41 23/11/2026");
}

static void each_kind_of_deadline_has_its_words(void)
{
    const int32_t next = day_of_date(2026, 11, 27);
    CU_ASSERT_STRING_EQUAL(say_due("2026-11-30", DAY_NONE), "30/11/2026");
    CU_ASSERT_STRING_EQUAL(say_due("event:QD-1+20d", DAY_NONE),
                           "20 days after QD-1 (which has no date yet)");
    CU_ASSERT_STRING_EQUAL(say_due("event:QD-1+1d", next), "1 day after QD-1: 27/11/2026");
    CU_ASSERT_STRING_EQUAL(say_due("every:week:1", DAY_NONE), "each Monday");
    CU_ASSERT_STRING_EQUAL(say_due("every:week:5", next), "each Friday, next 27/11/2026");
    CU_ASSERT_STRING_EQUAL(say_due("every:week:7", DAY_NONE), "each Sunday");
    CU_ASSERT_STRING_EQUAL(say_due("every:month:25", DAY_NONE), "day 25 of each month");
    CU_ASSERT_STRING_EQUAL(say_due("every:quarter:20", DAY_NONE),
                           "day 20 of each quarter's last month");
    CU_ASSERT_STRING_EQUAL(say_due("every:half:20", DAY_NONE),
                           "day 20 of each half-year's last month");
    CU_ASSERT_STRING_EQUAL(say_due("every:year:31", DAY_NONE), "day 31 of each December");
    CU_ASSERT_STRING_EQUAL(say_due("continuous", DAY_NONE), "continuous");
    CU_ASSERT_STRING_EQUAL(say_due("some day", DAY_NONE), "some day");
}

static void check_summary(const struct own_statement *s, const char *expected)
{
    struct buf text = BUF_INIT(SAY_SUMMARY_MAX);
    CU_ASSERT_EQUAL_FATAL(say_summary(s, &text), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), expected);
    buf_fini(&text);
}

static void a_statement_is_summed_up(void)
{
    const struct wire_act reports[2] = {
        {.kind = WIRE_ACT_REPORT, .u.report = {.year = 2026, .period = "2026-Q3", .code = "1.1"}},
        {.kind = WIRE_ACT_REPORT, .u.report = {.year = 2026, .period = "2026-Q3", .code = "1.2"}}};
    const struct wire_act task = {.kind = WIRE_ACT_PROGRESS,
                                  .u.progress = {.year = 2026, .code = "NV-07", .percent = 80}};
    struct wire_acts acts = {.acts = reports, .count = 2};
    struct own_statement s = {.kind = WIRE_KIND_REPORT, .acts = &acts};
    check_summary(&s, "report 2026-Q3, 2 components");
    acts.has_part = true;
    acts.part_number = 1;
    acts.part_count = 3;
    check_summary(&s, "report 2026-Q3, 2 components (part 1 of 3)");
    acts = (struct wire_acts){.acts = reports, .count = 1};
    check_summary(&s, "report 2026-Q3, component 1.1");
    acts = (struct wire_acts){.acts = &task, .count = 1};
    check_summary(&s, "task NV-07: 80 %");
    acts = (struct wire_acts){.count = 0};
    check_summary(&s, "another statement");
    s = (struct own_statement){.kind = STATEMENT_ENROL};
    check_summary(&s, "enrolment of this machine");
}

static void check_finding(enum reason reason, const char *argument, const struct wire_report *said,
                          const char *expected)
{
    const struct wire_act act = {.kind = WIRE_ACT_REPORT, .u.report = *said};
    const struct wire_finding f = {
        .act = 1, .outcome = WIRE_REFUSED, .reason = reason, .code = "1.1", .argument = argument};
    struct buf text = BUF_INIT(1024);
    CU_ASSERT_EQUAL_FATAL(say_finding(&f, &act, &text), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), expected);
    buf_fini(&text);
}

static void a_finding_quotes_the_field_it_is_about(void)
{
    struct wire_report said = {.period = "2026-Q9",
                               .code = "1.1",
                               .value = "",
                               .numerator = "9",
                               .denominator = "-7",
                               .choice = "perhaps"};
    check_finding(REASON_NUMERATOR_ABOVE, "7", &said,
                  "1.1: the numerator 9 is more than the denominator 7");
    check_finding(REASON_NEGATIVE, "", &said, "1.1: -7 is negative: 0 or more is expected");
    check_finding(REASON_UNKNOWN_CHOICE, "full, none", &said,
                  "1.1: perhaps is not one of the choices: full, none");
    said.value = "60";
    check_finding(REASON_ABOVE_MAXIMUM, "50", &said, "1.1: 60 is more than the maximum 50");
    check_finding(REASON_UNKNOWN_COMPONENT, "", &said,
                  "1.1: 1.1 is not in the criteria set of the year");
    check_finding((enum reason)9999, "", &said, "1.1: reason 9999 (a newer program knows it)");
}

static const struct test_case cases[] = {
    TEST_CASE(numbers_are_grouped_in_threes),
    TEST_CASE(several_numbers_fit_into_one_sentence),
    TEST_CASE(a_moment_is_said_at_utc_plus_7),
    TEST_CASE(each_kind_of_deadline_has_its_words),
    TEST_CASE(a_statement_is_summed_up),
    TEST_CASE(a_finding_quotes_the_field_it_is_about),
    {0},
};

int main(int argc, char **argv)
{
    lang_init();
    return test_main("say", cases, argc, argv);
}
