/* Goal: memory or a disk that gives out leaves no leak and nothing half done.
 * Method: each piece of work is done again and again with its first, second, third… allocation or
 * file call failing, until none is left to fail; ASan watches the memory. */
#include "fault/fault.h"
#include "harness.h"
#include "leaves.h"
#include "ledger/leaf.h"
#include "ward-agent/author.h"
#include "ward-agent/draft.h"
#include "ward-agent/input.h"
#include "ward-agent/knowledge.h"
#include "ward-agent/own.h"

#include <errno.h>

enum { LEAVES = 5, CALLS_MAX = 100000 };

static struct buf leaves[LEAVES];

/* A unit, a set in two parts, a task, a verdict. */
static void make_leaves(void)
{
    struct wire_act set[LEAVES_SET_ACTS];
    const struct wire_act unit = leaves_unit("MYQUOI", "Xã Mỹ Quới", "ward");
    const struct wire_act task = leaves_task("NV-01", "2026", "MYQUOI");
    const struct wire_finding finding = {
        .act = 1, .outcome = WIRE_REFUSED, .reason = 3, .code = "1.1", .argument = "6"};
    const struct wire_act verdict = {
        .kind = WIRE_ACT_VERDICT,
        .u.verdict = {.index = 7, .seq = 1, .findings = &finding, .finding_count = 1}};
    for (size_t i = 0; i < LEAVES; i++) {
        buf_init(&leaves[i], LEAF_SIZE_MAX);
    }
    leaves_set(set, 2026, "ward", "SET");
    struct wire_acts part = {
        .acts = set, .count = 3, .has_part = true, .part_number = 1, .part_count = 2};
    leaves_make_acts(&leaves[0], 0, WIRE_KIND_UNITS, &unit, 1);
    leaves_make(&leaves[1], 1, "office", WIRE_KIND_CRITERIA, &part);
    part.acts = set + 3;
    part.count = 2;
    part.part_number = 2;
    leaves_make(&leaves[2], 2, "office", WIRE_KIND_CRITERIA, &part);
    leaves_make_acts(&leaves[3], 3, WIRE_KIND_TASKS, &task, 1);
    leaves_make_acts(&leaves[4], 4, WIRE_KIND_VERDICT, &verdict, 1);
}

static void free_leaves(void)
{
    for (size_t i = 0; i < LEAVES; i++) {
        buf_fini(&leaves[i]);
    }
}

static enum ng_err learn(struct knowledge **ret)
{
    struct knowledge *k = knowledge_new("MYQUOI");
    enum ng_err err = k != NULL ? NG_OK : NG_ERR_NOMEM;
    for (size_t i = 0; err == NG_OK && i < LEAVES; i++) {
        err = knowledge_apply(k, buf_bytes(&leaves[i]));
    }
    *ret = k;
    return err;
}

static void knowledge_without_memory_says_so_and_leaks_nothing(void)
{
    bool struck = true;
    make_leaves();
    for (unsigned call = 1; struck && call < CALLS_MAX; call++) {
        struct knowledge *k = NULL;
        fault_set(FAULT_MEMORY, call, ENOMEM, false);
        enum ng_err err = learn(&k);
        struck = fault_clear();
        CU_ASSERT_EQUAL_FATAL(err, struck ? NG_ERR_NOMEM : NG_OK);
        if (!struck) {
            CU_ASSERT_PTR_NOT_NULL(knowledge_criteria(k, 2026, UINT64_MAX));
            struct tasks_unit own;
            const struct tasks *tasks = knowledge_tasks(k, &own);
            CU_ASSERT_PTR_NOT_NULL(tasks_find(tasks, &own, "NV-01", 2026));
            CU_ASSERT_PTR_NOT_NULL(knowledge_verdict(k, 7));
        }
        knowledge_destroy(&k);
    }
    CU_ASSERT_FALSE(struck);
    free_leaves();
}

static void own_without_memory_says_so_and_leaks_nothing(void)
{
    const struct wire_act act = {
        .kind = WIRE_ACT_REPORT,
        .u.report = {.year = 2026, .period = "2026", .code = "1.1", .value = "1"}};
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    bool struck = true;
    leaves_statement(&statement, 1, &(struct wire_acts){.acts = &act, .count = 1});
    for (unsigned call = 1; struck && call < CALLS_MAX; call++) {
        const struct own_statement known = {.seq = 1};
        fault_set(FAULT_MEMORY, call, ENOMEM, false);
        struct own *o = own_new();
        enum ng_err err = o != NULL ? own_add(o, &known, buf_bytes(&statement)) : NG_ERR_NOMEM;
        struck = fault_clear();
        CU_ASSERT_EQUAL_FATAL(err, struck ? NG_ERR_NOMEM : NG_OK);
        own_destroy(&o);
    }
    CU_ASSERT_FALSE(struck);
    buf_fini(&statement);
}

static enum ng_err read_and_cut(const struct criteria *set)
{
    static const char *const words[] = {"1.2", "choice=full", "explanation=vì \"mưa\""};
    struct input in = {0};
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *list = NULL;
    struct buf csv = BUF_INIT(4096);
    size_t ends[4];
    size_t statements = 0;
    enum ng_err err = input_from_words(words, 3, &in);
    err = err == NG_OK ? input_parse(&in, set, "2026", &faults, &list) : err;
    err = err == NG_OK ? input_to_csv(&in, &csv) : err;
    err =
        err == NG_OK ? author_cut(actlist_acts(list), actlist_count(list), ends, &statements) : err;
    buf_fini(&csv);
    actlist_destroy(&list);
    fault_list_fini(&faults);
    input_fini(&in);
    return err;
}

static void a_report_read_without_memory_leaks_nothing(void)
{
    struct knowledge *k = NULL;
    bool struck = true;
    make_leaves();
    CU_ASSERT_EQUAL_FATAL(learn(&k), NG_OK);
    for (unsigned call = 1; struck && call < CALLS_MAX; call++) {
        fault_set(FAULT_MEMORY, call, ENOMEM, false);
        enum ng_err err = read_and_cut(knowledge_criteria(k, 2026, UINT64_MAX));
        struck = fault_clear();
        CU_ASSERT_EQUAL_FATAL(err, struck ? NG_ERR_NOMEM : NG_OK);
    }
    CU_ASSERT_FALSE(struck);
    knowledge_destroy(&k);
    free_leaves();
}

/* However it ended: a draft that is listed is whole. */
static void check_drafts(const char *folder, bool saved)
{
    struct draft_name *names = NULL;
    size_t count = 0;
    CU_ASSERT_EQUAL_FATAL(draft_list(folder, &names, &count), NG_OK);
    CU_ASSERT_TRUE(count == 1 || (count == 0 && !saved));
    for (size_t i = 0; i < count; i++) {
        struct buf text = BUF_INIT(64);
        CU_ASSERT_EQUAL(draft_read(folder, &names[i], &text), NG_OK);
        CU_ASSERT_STRING_EQUAL(buf_text(&text), "code,value\n1.1,3\n");
        buf_fini(&text);
    }
    free(names);
}

static void save_with_faults(unsigned kinds, int error)
{
    static const struct bytes csv = {(const uint8_t *)"code,value\n1.1,3\n", 17};
    bool struck = true;
    for (unsigned call = 1; struck && call < CALLS_MAX; call++) {
        char folder[256];
        struct draft_name name;
        test_folder(folder, sizeof(folder));
        fault_set(kinds, call, error, false);
        enum ng_err err = draft_save(folder, "2026", csv, &name);
        struck = fault_clear();
        CU_ASSERT_TRUE(struck || err == NG_OK);
        check_drafts(folder, err == NG_OK);
        test_remove_folder(folder);
    }
    CU_ASSERT_FALSE(struck);
}

static void a_draft_is_whole_or_not_there(void)
{
    save_with_faults(FAULT_MEMORY, ENOMEM);
    save_with_faults(FAULT_IO, ENOSPC);
    save_with_faults(FAULT_IO, EIO);
}

static const struct test_case cases[] = {
    TEST_CASE(knowledge_without_memory_says_so_and_leaks_nothing),
    TEST_CASE(own_without_memory_says_so_and_leaks_nothing),
    TEST_CASE(a_report_read_without_memory_leaks_nothing),
    TEST_CASE(a_draft_is_whole_or_not_there),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("agent_fault", cases, argc, argv);
}
