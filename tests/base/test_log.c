/* Goal: one event is one line in one write, in each of the shapes, and nothing from outside can
 * break out of it; CHECK and NEVER speak through it. Method: child processes with captured stderr;
 * a pipe shared by several writers. */
#include "base/check.h"
#include "base/log.h"
#include "capture.h"
#include "fault/fault.h"

static int say(void *context)
{
    log_init("test", LOG_INFO);
    log_event(LOG_DEBUG, "hidden", "x=1");
    log_event(LOG_WARNING, "said", "value=%s", (const char *)context);
    return 0;
}

static void log_line_has_level_event_and_fields(void)
{
    struct capture c;
    char value[] = "Ngã Năm";
    capture_run(&c, say, value);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err, "+07:00 test warning said value=Ngã Năm\n"));
    CU_ASSERT_PTR_NULL(strstr(c.err, "hidden"));
    CU_ASSERT_PTR_EQUAL(strchr(c.err, '\n'), c.err + strlen(c.err) - 1);
}

static void log_line_under_systemd_has_its_level(void)
{
    (void)setenv("JOURNAL_STREAM", "8:1", 1);
    struct capture c;
    char value[] = "1";
    capture_run(&c, say, value);
    (void)unsetenv("JOURNAL_STREAM");
    CU_ASSERT_STRING_EQUAL(c.err, "<4>said value=1\n");
}

static void log_line_as_json_is_escaped(void)
{
    (void)setenv("NGANAM_LOG", "json", 1);
    struct capture c;
    char value[] = "a\"b\\c\nd";
    capture_run(&c, say, value);
    (void)unsetenv("NGANAM_LOG");
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err,
                                  "\"level\":\"warning\",\"program\":\"test\","
                                  "\"event\":\"said\",\"fields\":\"value=a\\\"b\\\\c d\"}\n"));
}

static void log_line_cannot_be_broken_out_of(void)
{
    struct capture c;
    char value[] = "x\n2026 fake\r\x1b[2J\xc2\x9b\xff\xe1";
    capture_run(&c, say, value);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err, "value=x 2026 fake  [2J????\n"));
}

static void log_line_is_bounded(void)
{
    char *value = malloc(100001);
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    memset(value, '"', 100000);
    value[100000] = '\0';
    struct capture c;
    capture_run(&c, say, value);
    CU_ASSERT_TRUE(strlen(c.err) > 2000 && strlen(c.err) < 4000);
    (void)setenv("NGANAM_LOG", "json", 1);
    capture_run(&c, say, value);
    (void)unsetenv("NGANAM_LOG");
    CU_ASSERT_TRUE(strlen(c.err) > 4000 && strlen(c.err) < 6500);
    CU_ASSERT_STRING_EQUAL(c.err + strlen(c.err) - 5, "\\\"\"}\n");
    free(value);
}

static int count_writes(void *unused)
{
    (void)unused;
    log_init("test", LOG_INFO);
    fault_set(FAULT_WRITE, 1000, 0, false);
    log_event(LOG_INFO, "one", "a=1");
    log_event(LOG_INFO, "two", "a=2");
    return (int)fault_calls();
}

static void log_line_is_one_write(void)
{
    struct capture c;
    capture_run(&c, count_writes, NULL);
    CU_ASSERT_EQUAL(c.status, 2);
}

static int say_error(void *unused)
{
    (void)unused;
    log_error("store_failed", err_set(NG_ERR_FULL, "/x: no space"));
    log_error("other", NG_ERR_BUSY); /* has no detail: the older one is not told */
    return 0;
}

static void log_error_tells_its_own_detail(void)
{
    struct capture c;
    capture_run(&c, say_error, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err, "store_failed error=full detail=\"/x: no space\"\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err, "other error=busy detail=\"in use"));
}

static int fail_check(void *unused)
{
    (void)unused;
    CHECK(1 + 1 == 2);
    CHECK(1 + 1 == 3);
    return 0;
}

static void check_ends_the_process_and_says_where(void)
{
    struct capture c;
    capture_run(&c, fail_check, NULL);
    CU_ASSERT_EQUAL(c.status, -SIGABRT);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err, "check_failed check=\"1 + 1 == 3\" file="));
}

static int meet_never(void *unused)
{
    (void)unused;
    int met = 0;
    for (int i = 0; i < 3; i++) {
        if (NEVER(i >= 0)) {
            met++;
        }
    }
    return NEVER(met == 0) ? 99 : met;
}

static void never_goes_on_and_says_so_once(void)
{
    struct capture c;
    capture_run(&c, meet_never, NULL);
    CU_ASSERT_EQUAL(c.status, 3);
    const char *first = strstr(c.err, "never_happened check=\"i >= 0\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_PTR_NULL(strstr(first + 1, "never_happened"));
}

static const struct test_case cases[] = {
    TEST_CASE(log_line_has_level_event_and_fields),
    TEST_CASE(log_line_under_systemd_has_its_level),
    TEST_CASE(log_line_as_json_is_escaped),
    TEST_CASE(log_line_cannot_be_broken_out_of),
    TEST_CASE(log_line_is_bounded),
    TEST_CASE(log_line_is_one_write),
    TEST_CASE(log_error_tells_its_own_detail),
    TEST_CASE(check_ends_the_process_and_says_where),
    TEST_CASE(never_goes_on_and_says_so_once),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("log", cases, argc, argv);
}
