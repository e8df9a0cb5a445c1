/* CUnit without its ceremony: a test program is a table of cases and one line in main.
 *
 *     static const struct test_case cases[] = {TEST_CASE(buf_refuses_more_than_its_maximum), {0}};
 *     int main(int argc, char **argv) { return test_main("buf", cases, argc, argv); }
 *
 * Arguments pick cases by name: "test_buf buf_refuses" runs those whose name contains it.
 */
#ifndef NGANAM_TESTS_HARNESS_H
#define NGANAM_TESTS_HARNESS_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct test_case {
    const char *name;
    void (*run)(void);
};

/* clang-format off */
#define TEST_CASE(function) {#function, function}
/* clang-format on */

static inline bool test_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strstr(name, argv[i]) != NULL) {
            return true;
        }
    }
    return argc < 2;
}

/* Runs the wanted cases; 0 if there was one and all held. */
static inline int test_main(const char *suite_name, const struct test_case *cases, int argc,
                            char **argv)
{
    if (CU_initialize_registry() != CUE_SUCCESS) {
        return EXIT_FAILURE;
    }
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (const struct test_case *c = cases; suite != NULL && c->name != NULL; c++) {
        if (test_wanted(c->name, argc, argv) && CU_add_test(suite, c->name, c->run) == NULL) {
            (void)fprintf(stderr, "%s: not added\n", c->name);
            return EXIT_FAILURE;
        }
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    (void)CU_basic_run_tests();
    bool ran = CU_get_number_of_tests_run() > 0;
    bool held = CU_get_number_of_failures() == 0 && CU_get_number_of_tests_failed() == 0;
    CU_cleanup_registry();
    return ran && held ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A fresh folder under $TMPDIR or /tmp into out; the case ends here if there is none. */
static inline void test_folder(char *out, size_t out_size)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(out, out_size, "%s/nganam-test-XXXXXX", base != NULL ? base : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(out));
}

static inline int test_remove_entry(const char *path, const struct stat *st, int kind,
                                    struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* Removes a folder of test_folder and all in it. */
static inline void test_remove_folder(const char *path)
{
    CU_ASSERT_EQUAL(nftw(path, test_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
