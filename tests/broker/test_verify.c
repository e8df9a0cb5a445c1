/* Goal: log verify lives when the child that reads dies, of a page that the disk cannot give
 * (SIGBUS, of which the store makes a line and an exit) or of an alarm (SIGABRT), and of both says
 * so: exit status 1, and how far it came. Method: the command itself over a real folder; the
 * child's ledger_verify is wrapped, so that each comes for certain: the file loses its pages behind
 * the open store, or abort() is called. */
#include "base/capture.h"
#include "broker/cmd.h"
#include "ledger/ledger.h"
#include "program.h"

enum ng_err __real_ledger_verify(struct ledger *l, ledger_fault_fn report, void *context,
                                 struct ledger_check *ret);
enum ng_err __wrap_ledger_verify(struct ledger *l, ledger_fault_fn report, void *context,
                                 struct ledger_check *ret);

static struct broker b;
static int fatal; /* the signal that is to end the child; 0: none */

enum ng_err __wrap_ledger_verify(struct ledger *l, ledger_fault_fn report, void *context,
                                 struct ledger_check *ret)
{
    char path[300];
    if (fatal == SIGABRT) {
        ret->leaves = 1;
        report(context, 0, "hash", "seen before");
        abort();
    }
    if (fatal == SIGBUS) {
        (void)snprintf(path, sizeof(path), "%s/log/data.mdb", b.folder);
        if (truncate(path, 0) != 0) {
            _exit(2);
        }
    }
    return __real_ledger_verify(l, report, context, ret);
}

static int verify(void *as_json)
{
    struct cmd_log_verify o = {.common = {.data = b.folder, .json = *(bool *)as_json}};
    return err_exit_status(cmd_log_verify_run(&o, 0, NULL));
}

static void run(struct capture *c, int signal_number, bool as_json)
{
    fatal = signal_number;
    program_make(&b);
    capture_run(c, verify, &as_json);
    test_remove_folder(b.folder);
}

static void a_whole_log_is_whole(void)
{
    static struct capture c;
    run(&c, 0, false);
    CU_ASSERT_EQUAL(c.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.out, "2 entries, every one whole."));
}

static void a_page_that_is_gone_ends_the_child_and_is_told(void)
{
    static struct capture c;
    run(&c, SIGBUS, false);
    CU_ASSERT_EQUAL(c.status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.out, "entry 0: the store is damaged; nothing from here on "
                                         "could be read"));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err, b.folder));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.out, "0 entries read, 1 faults."));
}

static void an_alarm_ends_the_child_and_is_told_behind_what_was_found(void)
{
    static struct capture c;
    run(&c, SIGABRT, false);
    CU_ASSERT_EQUAL(c.status, 1);
    const char *first = strstr(c.out, "entry 0: seen before\n");
    const char *then = strstr(c.out, "entry 1: a page of the store is lost; nothing from here on "
                                     "could be read: Aborted");
    CU_ASSERT(first != NULL && then > first);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.out, "1 entries read, 2 faults."));
}

static void a_dead_child_is_told_to_scripts_too(void)
{
    static const int signals[] = {SIGBUS, SIGABRT};
    static const char *const words[] = {"the store is damaged", "a page of the store is lost"};
    static struct capture c;
    for (size_t i = 0; i < 2; i++) {
        run(&c, signals[i], true);
        CU_ASSERT_EQUAL(c.status, 1);
        json_t *document = json_loads(c.out, 0, NULL);
        json_t *damaged = json_object_get(document, "damaged");
        CU_ASSERT_TRUE(json_is_false(json_object_get(document, "ok")));
        const json_t *last = json_array_get(damaged, json_array_size(damaged) - 1);
        const char *what = json_string_value(json_object_get(last, "what"));
        CU_ASSERT(what != NULL && strstr(what, words[i]) != NULL);
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(last, "index")), (json_int_t)i);
        json_decref(document);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(a_whole_log_is_whole),
    TEST_CASE(a_page_that_is_gone_ends_the_child_and_is_told),
    TEST_CASE(an_alarm_ends_the_child_and_is_told_behind_what_was_found),
    TEST_CASE(a_dead_child_is_told_to_scripts_too),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("verify", cases, argc, argv);
}
