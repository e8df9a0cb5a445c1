/* Goal: the newest own word about each component and task is found, and a verdict on an import in
 * parts is brought to the right act.
 * Method: hand-made own statements, taken in one after the other. */
#include "harness.h"
#include "leaves.h"
#include "ledger/statement.h"
#include "ward-agent/own.h"

static struct wire_act report(const char *code, const char *value)
{
    return (struct wire_act){
        .kind = WIRE_ACT_REPORT,
        .u.report = {.year = 2026, .period = "2026", .code = code, .value = value}};
}

static struct wire_act progress(const char *code, uint32_t percent)
{
    return (struct wire_act){.kind = WIRE_ACT_PROGRESS,
                             .u.progress = {.year = 2026, .code = code, .percent = percent}};
}

static void add(struct own *o, uint64_t seq, const struct wire_acts *acts, bool delivered)
{
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    const struct own_statement known = {
        .seq = seq, .delivered = delivered, .index = 100 + seq, .received_at = 5};
    leaves_statement(&statement, seq, acts);
    CU_ASSERT_EQUAL_FATAL(own_add(o, &known, buf_bytes(&statement)), NG_OK);
    buf_fini(&statement);
}

static void own_finds_the_newest_word(void)
{
    struct own *o = own_new();
    struct own_said said;
    const struct wire_act first[] = {report("1.1", "3"), report("1.2", "4"), progress("NV", 50)};
    const struct wire_act second[] = {progress("NV", 100), report("1.1", "5")};
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    add(o, 1, &(struct wire_acts){.acts = first, .count = 3}, true);
    add(o, 2, &(struct wire_acts){.acts = second, .count = 2}, false);
    CU_ASSERT_TRUE_FATAL(own_report(o, 2026, "1.1", &said));
    CU_ASSERT_STRING_EQUAL(said.act->u.report.value, "5");
    CU_ASSERT_EQUAL(said.statement->seq, 2);
    CU_ASSERT_FALSE(said.statement->delivered);
    CU_ASSERT_EQUAL(said.number, 2);
    CU_ASSERT_TRUE_FATAL(own_report(o, 2026, "1.2", &said));
    CU_ASSERT_EQUAL(said.statement->index, 101);
    CU_ASSERT_TRUE_FATAL(own_progress(o, 2026, "NV", &said));
    CU_ASSERT_EQUAL(said.act->u.progress.percent, 100);
    CU_ASSERT_FALSE(own_report(o, 2025, "1.1", &said));
    CU_ASSERT_FALSE(own_report(o, 2026, "NV", &said));
    size_t place = 0;
    size_t count = 0;
    while (own_next(o, &place, &said)) {
        count++;
    }
    CU_ASSERT_EQUAL(count, 3);
    own_destroy(&o);
    CU_ASSERT_PTR_NULL(o);
}

/* A unit that enrolled again: numbers begin anew, the newest word is that of the newest key, and
 * what an earlier key wrote in vain is kept and says nothing. */
static void own_goes_through_all_keys(void)
{
    struct own *o = own_new();
    struct own_said said;
    const struct wire_act first = report("1.1", "3"), in_vain = report("1.2", "9");
    const struct wire_act newest = report("1.1", "5");
    const struct wire_act acts[] = {report("2", "1"), report("2.1", "1")};
    const struct {
        struct own_statement known;
        struct wire_acts acts;
    } rows[] = {
        {{.epoch = 1, .seq = 1, .delivered = true, .index = 7}, {.acts = &first, .count = 1}},
        {{.epoch = 1, .seq = 2, .lost = true}, {.acts = &in_vain, .count = 1}},
        {{.epoch = 3, .seq = 1, .delivered = true, .index = 9},
         {.acts = acts, .count = 1, .has_part = true, .part_number = 1, .part_count = 2}},
        {{.epoch = 3, .seq = 2, .delivered = true, .index = 10},
         {.acts = acts + 1, .count = 1, .has_part = true, .part_number = 2, .part_count = 2}},
        {{.epoch = 3, .seq = 3}, {.acts = &newest, .count = 1}},
    };
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    uint32_t act = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        leaves_statement(&statement, rows[i].known.seq, &rows[i].acts);
        CU_ASSERT_EQUAL_FATAL(own_add(o, &rows[i].known, buf_bytes(&statement)), NG_OK);
        CU_ASSERT_PTR_EQUAL(own_find(o, rows[i].known.epoch, rows[i].known.seq), own_at(o, i));
    }
    CU_ASSERT_PTR_NULL(own_find(o, 1, 3));
    CU_ASSERT_PTR_NULL(own_find(o, 2, 1));
    CU_ASSERT_PTR_NULL(own_find(o, 3, 4));
    CU_ASSERT_PTR_EQUAL(own_received(o, 7), own_at(o, 0));
    CU_ASSERT_PTR_NULL(own_received(o, 0)); /* not delivered is not number 0 */
    CU_ASSERT_TRUE_FATAL(own_report(o, 2026, "1.1", &said));
    CU_ASSERT_STRING_EQUAL(said.act->u.report.value, "5");
    CU_ASSERT_FALSE(own_report(o, 2026, "1.2", &said));
    CU_ASSERT_TRUE_FATAL(own_report(o, 2026, "2", &said));
    CU_ASSERT_PTR_EQUAL(own_judged_with(o, &said, &act), own_at(o, 3));
    CU_ASSERT_STRING_EQUAL(own_act(o, own_at(o, 3), 1)->u.report.code, "2");
    buf_fini(&statement);
    own_destroy(&o);
}

static void own_keeps_statements_it_cannot_read(void)
{
    struct own *o = own_new();
    const struct own_statement known = {.seq = 1, .delivered = true, .index = 9};
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    CU_ASSERT_EQUAL(own_add(o, &known, (struct bytes){(const uint8_t *)"damaged", 7}), NG_OK);
    CU_ASSERT_EQUAL_FATAL(own_count(o), 1);
    CU_ASSERT_EQUAL(own_at(o, 0)->index, 9);
    CU_ASSERT_PTR_NULL(own_at(o, 0)->acts);
    CU_ASSERT_PTR_NULL(own_at(o, 1));
    own_destroy(&o);
}

static void own_counts_acts_through_the_parts_of_an_import(void)
{
    struct own *o = own_new();
    struct own_said said;
    uint32_t act = 0;
    const struct wire_act acts[] = {report("1.1", "1"), report("1.2", "2"), report("2", "3")};
    struct wire_acts m = {.acts = acts, .count = 1};
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    add(o, 1, &m, true); /* an earlier report, not of the import */
    m = (struct wire_acts){.acts = acts,
                           .count = 2,
                           .has_part = true,
                           .import_id = {1},
                           .part_number = 1,
                           .part_count = 2};
    add(o, 2, &m, true);
    m.acts = acts + 2;
    m.count = 1;
    m.part_number = 2;
    CU_ASSERT_TRUE_FATAL(own_report(o, 2026, "1.2", &said));
    CU_ASSERT_PTR_NULL(own_judged_with(o, &said, &act)); /* the last part is not there yet */
    add(o, 3, &m, true);
    CU_ASSERT_TRUE_FATAL(own_report(o, 2026, "1.2", &said));
    CU_ASSERT_PTR_EQUAL(own_judged_with(o, &said, &act), own_at(o, 2));
    CU_ASSERT_EQUAL(act, 2);
    CU_ASSERT_TRUE_FATAL(own_report(o, 2026, "2", &said));
    CU_ASSERT_PTR_EQUAL(own_judged_with(o, &said, &act), own_at(o, 2));
    CU_ASSERT_EQUAL(act, 3);
    CU_ASSERT_STRING_EQUAL(own_act(o, own_at(o, 2), 2)->u.report.code, "1.2");
    CU_ASSERT_STRING_EQUAL(own_act(o, own_at(o, 2), 3)->u.report.code, "2");
    CU_ASSERT_PTR_NULL(own_act(o, own_at(o, 2), 4));
    CU_ASSERT_PTR_NULL(own_act(o, own_at(o, 2), 0));
    CU_ASSERT_STRING_EQUAL(own_act(o, own_at(o, 0), 1)->u.report.code, "1.1");
    own_destroy(&o);
}

static void own_tells_the_same_answer_from_another(void)
{
    const struct wire_evidence files[] = {{"a.pdf", 5, "01", "pdf"}, {.name = "b.pdf", .size = 6}};
    const struct wire_report a = {.year = 2026,
                                  .period = "2026-Q3",
                                  .code = "1.1",
                                  .numerator = "4",
                                  .denominator = "5",
                                  .evidence = files,
                                  .evidence_count = 2};
    struct wire_report b = a;
    b.value = ""; /* as a decoder gives what a reader left out */
    CU_ASSERT_TRUE(own_report_equal(&a, &b));
    b.period = "2026-Q4";
    CU_ASSERT_FALSE(own_report_equal(&a, &b));
    b = a;
    b.evidence_count = 1;
    CU_ASSERT_FALSE(own_report_equal(&a, &b));
    struct wire_evidence other[] = {files[0], files[1]};
    other[0].id = "02"; /* another file of the same name and size */
    b = a;
    b.evidence = other;
    CU_ASSERT_FALSE(own_report_equal(&a, &b));
    b = a;
    b.answered = WIRE_NOTHING_AROSE;
    CU_ASSERT_FALSE(own_report_equal(&a, &b));
    b = a;
    b.explanation = "vì mưa bão";
    CU_ASSERT_FALSE(own_report_equal(&a, &b));
}

static const struct test_case cases[] = {
    TEST_CASE(own_finds_the_newest_word),
    TEST_CASE(own_goes_through_all_keys),
    TEST_CASE(own_keeps_statements_it_cannot_read),
    TEST_CASE(own_counts_acts_through_the_parts_of_an_import),
    TEST_CASE(own_tells_the_same_answer_from_another),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("own", cases, argc, argv);
}
