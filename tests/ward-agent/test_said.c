/* Goal: what a folder has said comes out as a file from which the same is said again, and nothing
 * of it is lost on the way. Method: hand-made own statements are printed and the file is read by
 * the reader of reports, against a set with every kind of question.
 */
#include "harness.h"
#include "leaves.h"
#include "ledger/statement.h"
#include "par/report.h"
#include "ward-agent/said.h"

static const char set_csv[] =
    "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,evidence\n"
    "1,,field,a,a,20,sum,,,\n"
    "1.1,1,component,a,a,5,points,,rescale,\n"
    "1.2,1,component,b,b,5,choice,full:5|none:0,full,\n"
    "1.3,1,component,c,c,5,ratio,,na=rescale none=full,\n"
    "1.4,1,component,d,d,5,deduct,per=0.5,zero,\n";

static const struct wire_evidence files[] = {{.name = "a b.pdf", .id = "", .type = ""},
                                             {.name = "c.pdf", .id = "", .type = ""}};

#define REPORT(c, ...)                                                                             \
    {                                                                                              \
        .kind = WIRE_ACT_REPORT, .u.report = {                                                     \
            .year = 2026,                                                                          \
            .period = "2026",                                                                      \
            .code = (c),                                                                           \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static const struct wire_act acts[] = {
    REPORT("1.1", .value = "1.234", .explanation = "said \"twice\",\nwith a line"),
    REPORT("1.2", .choice = "full", .evidence = files, .evidence_count = 2),
    REPORT("1.3", .answered = WIRE_NOTHING_AROSE, .numerator = "0", .denominator = "0"),
    REPORT("1.4", .answered = WIRE_NOT_APPLICABLE, .explanation = "# no remark"),
    {.kind = WIRE_ACT_PROGRESS,
     .u.progress = {.year = 2026, .code = "NV-1", .percent = 60, .note = "one\ntwo"}},
    {.kind = WIRE_ACT_REPORT,
     .u.report = {.year = 2025, .period = "2025", .code = "1.1", .value = "4"}},
};

static struct own *make_own(void)
{
    struct own *o = own_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    for (uint64_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
        const struct own_statement known = {.epoch = 1, .seq = i + 1, .delivered = i % 2 == 0};
        leaves_statement(&statement, i + 1, &(struct wire_acts){.acts = &acts[i], .count = 1});
        CU_ASSERT_EQUAL_FATAL(own_add(o, &known, buf_bytes(&statement)), NG_OK);
        buf_fini(&statement);
    }
    return o;
}

static void said_is_read_as_the_same_report(void)
{
    struct own *o = make_own();
    struct buf csv = BUF_INIT(1u << 20);
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    struct actlist *list = NULL;
    size_t count = 0;
    CU_ASSERT_EQUAL_FATAL(
        criteria_parse_csv((struct bytes){(const uint8_t *)set_csv, sizeof(set_csv) - 1}, "SET",
                           2026, "ward", &faults, &set),
        NG_OK);
    CU_ASSERT_EQUAL_FATAL(said_csv(o, 2026, &csv, &count), NG_OK);
    CU_ASSERT_EQUAL(count, 5);
    CU_ASSERT_EQUAL_FATAL(report_parse_csv(buf_bytes(&csv), set, "2026", &faults, &list), NG_OK);
    CU_ASSERT_EQUAL_FATAL(actlist_count(list), 4);
    for (size_t i = 0; i < 4; i++) {
        struct wire_report again = actlist_acts(list)[i].u.report;
        struct wire_report was = acts[i].u.report;
        CU_ASSERT_STRING_EQUAL(again.code, was.code);
        CU_ASSERT_EQUAL(again.answered, was.answered);
        CU_ASSERT_EQUAL(again.evidence_count, was.evidence_count);
        CU_ASSERT_STRING_EQUAL(again.explanation, was.explanation != NULL ? was.explanation : "");
    }
    CU_ASSERT_STRING_EQUAL(actlist_acts(list)[0].u.report.value, "1.234");
    CU_ASSERT_STRING_EQUAL(actlist_acts(list)[1].u.report.choice, "full");
    CU_ASSERT_STRING_EQUAL(actlist_acts(list)[1].u.report.evidence[0].name, "a b.pdf");
    CU_ASSERT_PTR_NOT_NULL(strstr(
        buf_text(&csv), "# nganam-agent task NV-1 --year 2026 --percent 60 --note \"one two\"\n"));
    actlist_destroy(&list);
    criteria_destroy(&set);
    fault_list_fini(&faults);
    buf_fini(&csv);
    own_destroy(&o);
}

static void said_of_another_year_is_only_what_was_said_for_it(void)
{
    struct own *o = make_own();
    struct buf csv = BUF_INIT(1u << 20);
    size_t count = 0;
    CU_ASSERT_EQUAL(said_csv(o, 2025, &csv, &count), NG_OK);
    CU_ASSERT_EQUAL(count, 1);
    buf_clear(&csv);
    CU_ASSERT_EQUAL(said_csv(o, 2024, &csv, &count), NG_OK);
    CU_ASSERT_EQUAL(count, 0);
    buf_fini(&csv);
    own_destroy(&o);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(said_is_read_as_the_same_report),
        TEST_CASE(said_of_another_year_is_only_what_was_said_for_it),
        {NULL, NULL}};
    return test_main("said", cases, argc, argv);
}
