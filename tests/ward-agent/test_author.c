/* Goal: acts are cut into as few statements as fit, none too large, none lost.
 * Method: reports with short and long explanations; the cuts are looked at, and each statement's
 * acts encoded to see that they fit beside what a statement adds. */
#include "harness.h"
#include "ward-agent/author.h"

enum { ACTS = 600 };

static struct wire_act acts[ACTS];
static size_t ends[ACTS];
static char long_text[4001];

static void fill(const char *explanation)
{
    memset(long_text, 'x', sizeof(long_text) - 1);
    for (size_t i = 0; i < ACTS; i++) {
        acts[i] = (struct wire_act){.kind = WIRE_ACT_REPORT,
                                    .u.report = {.year = 2026,
                                                 .period = "2026",
                                                 .code = "1.1",
                                                 .value = "1",
                                                 .explanation = explanation}};
    }
}

static void check_cuts(size_t count, size_t statements)
{
    size_t begin = 0;
    for (size_t i = 0; i < statements; i++) {
        struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE - 32);
        const struct wire_acts m = {.acts = acts + begin,
                                    .count = ends[i] - begin,
                                    .has_part = true,
                                    .import_id = {0xFF},
                                    .part_number = (uint32_t)i + 1,
                                    .part_count = (uint32_t)statements};
        CU_ASSERT_TRUE(ends[i] > begin);
        CU_ASSERT_EQUAL(wire_acts_encode(&m, &payload), NG_OK);
        buf_fini(&payload);
        begin = ends[i];
    }
    CU_ASSERT_EQUAL(begin, count);
}

static void a_report_of_256_components_is_one_statement(void)
{
    size_t statements = 0;
    fill("");
    CU_ASSERT_EQUAL_FATAL(author_cut(acts, 256, ends, &statements), NG_OK);
    CU_ASSERT_EQUAL(statements, 1);
    check_cuts(256, statements);
    CU_ASSERT_EQUAL_FATAL(author_cut(acts, 257, ends, &statements), NG_OK);
    CU_ASSERT_EQUAL(statements, 2);
    check_cuts(257, statements);
    CU_ASSERT_EQUAL_FATAL(author_cut(acts, 1, ends, &statements), NG_OK);
    CU_ASSERT_EQUAL(statements, 1);
    CU_ASSERT_EQUAL(ends[0], 1);
}

static void long_explanations_make_more_statements(void)
{
    size_t statements = 0;
    fill(long_text);
    CU_ASSERT_EQUAL_FATAL(author_cut(acts, ACTS, ends, &statements), NG_OK);
    CU_ASSERT_TRUE(statements > ACTS / 15 && statements < ACTS / 12);
    check_cuts(ACTS, statements);
}

static void an_act_too_large_for_any_statement_is_refused(void)
{
    static struct wire_evidence evidence[WIRE_EVIDENCE_MAX];
    size_t statements = 0;
    fill("");
    for (size_t i = 0; i < WIRE_EVIDENCE_MAX; i++) {
        evidence[i] = (struct wire_evidence){.name = long_text, .size = 1};
    }
    acts[1].u.report.evidence = evidence;
    acts[1].u.report.evidence_count = WIRE_EVIDENCE_MAX;
    CU_ASSERT_EQUAL(author_cut(acts, 3, ends, &statements), NG_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "2"));
}

static const struct test_case cases[] = {
    TEST_CASE(a_report_of_256_components_is_one_statement),
    TEST_CASE(long_explanations_make_more_statements),
    TEST_CASE(an_act_too_large_for_any_statement_is_refused),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("author", cases, argc, argv);
}
