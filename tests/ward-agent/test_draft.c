/* Goal: drafts get names a person can type, are found again, and no name leads out of the folder.
 * Method: a temporary data folder; names good and bad. */
#include "base/file.h"
#include "harness.h"
#include "ward-agent/draft.h"

static const struct bytes csv = {(const uint8_t *)"code,value\n1.1,3\n", 17};

static void draft_saves_under_the_first_free_number(void)
{
    char folder[256];
    struct draft_name a;
    struct draft_name b;
    struct buf text = BUF_INIT(1024);
    test_folder(folder, sizeof(folder));
    CU_ASSERT_EQUAL_FATAL(draft_save(folder, "2026-Q3", csv, &a), NG_OK);
    CU_ASSERT_STRING_EQUAL(a.text, "2026-Q3.1");
    CU_ASSERT_STRING_EQUAL(a.period, "2026-Q3");
    CU_ASSERT_EQUAL(a.year, 2026);
    CU_ASSERT_EQUAL_FATAL(draft_save(folder, "2026-Q3", csv, &b), NG_OK);
    CU_ASSERT_STRING_EQUAL(b.text, "2026-Q3.2");
    CU_ASSERT_EQUAL(draft_read(folder, &b, &text), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), "code,value\n1.1,3\n");
    CU_ASSERT_EQUAL(draft_remove(folder, &a), NG_OK);
    CU_ASSERT_EQUAL(draft_remove(folder, &a), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL_FATAL(draft_save(folder, "2026-Q3", csv, &a), NG_OK);
    CU_ASSERT_STRING_EQUAL(a.text, "2026-Q3.1");
    buf_fini(&text);
    test_remove_folder(folder);
}

static void drafts_are_listed_by_period_and_number(void)
{
    char folder[256];
    struct draft_name name;
    struct draft_name *names = NULL;
    size_t count = 7;
    test_folder(folder, sizeof(folder));
    CU_ASSERT_EQUAL_FATAL(draft_list(folder, &names, &count), NG_OK);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL_FATAL(draft_save(folder, "2026-H1", csv, &name), NG_OK);
    for (int i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL_FATAL(draft_save(folder, "2026", csv, &name), NG_OK);
    }
    CU_ASSERT_EQUAL_FATAL(draft_list(folder, &names, &count), NG_OK);
    CU_ASSERT_EQUAL_FATAL(count, 11);
    CU_ASSERT_STRING_EQUAL(names[0].text, "2026.1");
    CU_ASSERT_STRING_EQUAL(names[9].text, "2026.10");
    CU_ASSERT_STRING_EQUAL(names[10].text, "2026-H1.1");
    free(names);
    test_remove_folder(folder);
}

static void draft_refuses_names_that_are_none(void)
{
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026.",
                                      "2026.0",
                                      "2026.01",
                                      "2026.1000",
                                      "2026-Q5.1",
                                      "../x.1",
                                      "2026/../x.1",
                                      "2026.1.csv",
                                      "2026.-1",
                                      "abcd.1",
                                      "20.1",
                                      "2026-Q3.99999999999999",
                                      "2026-13.1"};
    struct draft_name name;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_EQUAL(draft_parse(bad[i], &name), NG_ERR_INPUT);
    }
    CU_ASSERT_EQUAL(draft_parse("2026-11.999", &name), NG_OK);
    CU_ASSERT_STRING_EQUAL(name.period, "2026-11");
}

static const struct test_case cases[] = {
    TEST_CASE(draft_saves_under_the_first_free_number),
    TEST_CASE(drafts_are_listed_by_period_and_number),
    TEST_CASE(draft_refuses_names_that_are_none),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("draft", cases, argc, argv);
}
