/* Goal: every way of writing a command line means what --help says, every mistake is one line with
 * the way out and status 2. Method: a small program of five commands, run in child processes whose
 * output is captured; language English. */
#include "base/cli.h"
#include "base/lang.h"
#include "capture.h"
#include "fault/fault.h"

#include <errno.h>

struct options {
    struct cli_common common;
    const char *year;
    struct cli_list evidence;
    uint64_t percent;
    bool draft;
};

static const struct cli_option report_options[] = {
    {"year", CLI_TEXT, "Y", N_("the year"), offsetof(struct options, year), true},
    {"evidence", CLI_LIST, "FILE", N_("a file that proves it"), offsetof(struct options, evidence),
     false},
    {"percent", CLI_COUNT, "N",
     N_("how much of it is done, with a text so long that it cannot stand on one line of a "
        "terminal"),
     offsetof(struct options, percent), false},
    {"draft", CLI_FLAG, NULL, N_("save only"), offsetof(struct options, draft), false},
    {0},
};

static enum ng_err run_report(void *options, int argc, char **argv)
{
    const struct options *o = options;
    (void)printf("data=%s json=%d year=%s percent=%llu draft=%d evidence=", o->common.data,
                 o->common.json, o->year, (unsigned long long)o->percent, o->draft);
    for (size_t i = 0; i < o->evidence.count; i++) {
        (void)printf("<%s>", o->evidence.items[i]);
    }
    for (int i = 0; i < argc; i++) {
        (void)printf(" [%s]", argv[i]);
    }
    return argv[argc] == NULL ? NG_OK : NG_ERR_IO;
}

static enum ng_err run_fail(void *options, int argc, char **argv)
{
    (void)options;
    (void)argc;
    (void)argv;
    return err_set(NG_ERR_FULL, "/x: no space \"left\"");
}

static enum ng_err run_no(void *options, int argc, char **argv)
{
    (void)options;
    (void)argc;
    (void)argv;
    (void)printf("the answer is no\n");
    return cli_quiet(NG_ERR_VERIFY);
}

static enum ng_err run_log(void *options, int argc, char **argv)
{
    const struct cli_common *o = options;
    (void)printf("log show %s in %s", argc > 0 ? argv[0] : "?", o->data);
    return NG_OK;
}

static const struct cli_command commands[] = {
    {"report", "CODE FIELD=VALUE…", N_("send a report"), N_("The newest value counts."),
     report_options, sizeof(struct options), 1, -1, run_report},
    {"fail", NULL, N_("fail"), NULL, NULL, 0, 0, 0, run_fail},
    {"log verify", "", N_("verify the log"), NULL, NULL, 0, 0, 0, run_no},
    {"log show", "N", N_("show an entry"), NULL, NULL, 0, 1, 1, run_log},
    {0},
};

static const struct cli_program program = {"nganam-test", N_("Tests the command line."), "1.2.3",
                                           "test", commands};

static int run_cli(void *context)
{
    char *argv[64] = {(char[]){"nganam-test"}};
    int argc = 1;
    for (char *word = strtok_r(context, " ", (char **)&argv[63]); word != NULL;
         word = strtok_r(NULL, " ", (char **)&argv[63])) {
        argv[argc++] = word;
    }
    argv[63] = NULL;
    return cli_main(&program, argc, argv);
}

/* Words are split at spaces. */
static void run(struct capture *c, const char *line)
{
    char words[512];
    (void)snprintf(words, sizeof(words), "%s", line);
    capture_run(c, run_cli, words);
}

static void expect_out(const char *line, const char *out)
{
    struct capture c;
    run(&c, line);
    CU_ASSERT_EQUAL(c.status, 0);
    CU_ASSERT_STRING_EQUAL(c.err, "");
    if (strcmp(c.out, out) != 0) {
        (void)fprintf(stderr, "\n%s gave: %s\n", line, c.out);
        CU_FAIL("another output");
    }
}

static void cli_takes_options_in_any_order(void)
{
    static const char want[] =
        "data=/d json=0 year=2026 percent=40 draft=1 evidence=<a><b> [C1] [x=1]";
    expect_out("report --data /d --year 2026 --percent 40 --draft --evidence a --evidence b C1 x=1",
               want);
    expect_out("report C1 --year=2026 x=1 --percent=40 --draft --data=/d --evidence=a --evidence=b",
               want);
    expect_out("--year 2026 --draft --data /d --percent 40 report --evidence a C1 --evidence b x=1",
               want);
}

static void cli_ends_options_at_two_dashes(void)
{
    expect_out("report --data /d --year 1 -- -5 --draft --",
               "data=/d json=0 year=1 percent=0 draft=0 evidence= [-5] [--draft] [--]");
    expect_out("report --data /d --year 1 -",
               "data=/d json=0 year=1 percent=0 draft=0 evidence= [-]");
    expect_out("report --data /d --year -7 x",
               "data=/d json=0 year=-7 percent=0 draft=0 evidence= [x]");
    expect_out("report --data /d --year= x",
               "data=/d json=0 year= percent=0 draft=0 evidence= [x]");
}

static void cli_knows_commands_of_two_words(void)
{
    expect_out("log show 7 --data /d", "log show 7 in /d");
    expect_out("--data /d log --lang en show 7", "log show 7 in /d");
}

static void cli_names_each_mistake_in_one_line(void)
{
    static const char *const table[][2] = {
        {"", "no command is given; see nganam-test --help"},
        {"reprot", "unknown command \"reprot\" (did you mean \"report\"?); see nganam-test --help"},
        {"quite-other", "unknown command \"quite-other\"; see nganam-test --help"},
        {"log", "log needs one more word; see nganam-test log --help"},
        {"log shwo 1",
         "unknown command \"log shwo\" (did you mean \"log show\"?); see nganam-test --help"},
        {"report --yaer 1 x",
         "unknown option --yaer (did you mean --year?); see nganam-test report --help"},
        {"report --zzzzzz=9 x", "unknown option --zzzzzz; see nganam-test report --help"},
        {"report -x", "unknown option -x; see nganam-test report --help"},
        {"report --=x", "unknown option --; see nganam-test report --help"},
        {"report -5 --year 1",
         "unknown option -5; put -- before a negative number; see nganam-test report --help"},
        {"report x", "--year Y is needed; see nganam-test report --help"},
        {"report x --year", "--year needs a value: Y; see nganam-test report --help"},
        {"report x --year --", "--year needs a value: Y; see nganam-test report --help"},
        {"report x --year 1 --year 2", "--year is given twice; see nganam-test report --help"},
        {"report x --year 1 --data a --data b",
         "--data is given twice; see nganam-test report --help"},
        {"report x --year 1 --draft=yes", "--draft takes no value; see nganam-test report --help"},
        {"report x --year 1 --percent 5%",
         "--percent needs a whole number, not \"5%\"; see nganam-test report --help"},
        {"report x --year 1 --percent -1",
         "--percent needs a whole number, not \"-1\"; see nganam-test report --help"},
        {"report x --year 1 --percent 18446744073709551616",
         "--percent needs a whole number, not \"18446744073709551616\"; see nganam-test report "
         "--help"},
        {"report --year 1", "something is missing: nganam-test report CODE FIELD=VALUE…; see "
                            "nganam-test report --help"},
        {"log show 1 2", "\"2\" is one argument too many; see nganam-test log show --help"},
        {"log show 1 --lang fr", "--lang is vi or en, not \"fr\"; see nganam-test log show --help"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct capture c;
        run(&c, table[i][0]);
        CU_ASSERT_EQUAL(c.status, 2);
        CU_ASSERT_STRING_EQUAL(c.out, "");
        char want[512];
        (void)snprintf(want, sizeof(want), "nganam-test: %s\n", table[i][1]);
        if (strcmp(c.err, want) != 0) {
            (void)fprintf(stderr, "\n%s\n gave %s not %s", table[i][0], c.err, want);
            CU_FAIL("another error line");
        }
    }
}

static void cli_takes_the_largest_count(void)
{
    expect_out("report --data /d --year 1 --percent 18446744073709551615 x",
               "data=/d json=0 year=1 percent=18446744073709551615 draft=0 evidence= [x]");
}

static void cli_prints_errors_as_json_too(void)
{
    struct capture c;
    run(&c, "fail --json --data /d");
    CU_ASSERT_EQUAL(c.status, 4);
    CU_ASSERT_STRING_EQUAL(c.err, "nganam-test: /x: no space \"left\"\n");
    CU_ASSERT_STRING_EQUAL(c.out, "{\"schema\":1,\"error\":{\"code\":\"full\",\"text\":"
                                  "\"/x: no space \\\"left\\\"\"}}\n");
    run(&c, "--json nothing");
    CU_ASSERT_EQUAL(c.status, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.out, "{\"schema\":1,\"error\":{\"code\":\"usage\""));
}

static void cli_quiet_answers_print_nothing_more(void)
{
    struct capture c;
    run(&c, "log verify --data /d");
    CU_ASSERT_EQUAL(c.status, 1);
    CU_ASSERT_STRING_EQUAL(c.out, "the answer is no\n");
    CU_ASSERT_STRING_EQUAL(c.err, "");
}

static bool lines_fit(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width = *text == '\n' ? 0 : width + (((unsigned char)*text & 0xC0U) != 0x80U);
        if (width > 79) {
            return false;
        }
    }
    return true;
}

static void cli_help_shows_every_command_and_option(void)
{
    struct capture c;
    run(&c, "--help");
    CU_ASSERT_EQUAL(c.status, 0);
    static const char *const all[] = {
        "Usage: nganam-test COMMAND",
        "Tests the command line.",
        "\n  report      send a report\n",
        "\n  log verify  verify the log\n",
        "\n  log show    show an entry\n",
        "\n  --data DIR ",
        "\n  --version               print the version\n",
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(c.out, all[i]));
    }
    CU_ASSERT_TRUE(lines_fit(c.out));
    run(&c, "log --help");
    CU_ASSERT_PTR_NOT_NULL(strstr(c.out, "log show"));
    CU_ASSERT_PTR_NULL(strstr(c.out, "report"));
}

static void cli_help_of_a_command_is_complete(void)
{
    struct capture c;
    run(&c, "report --year --help"); /* the value of --year is "--help" */
    CU_ASSERT_EQUAL(c.status, 2);
    run(&c, "report --help x --wrong-before=1");
    CU_ASSERT_EQUAL(c.status, 2);
    run(&c, "report --help");
    CU_ASSERT_EQUAL(c.status, 0);
    static const char want[] =
        "Usage: nganam-test report [OPTION…] CODE FIELD=VALUE…\n"
        "\n"
        "send a report\n"
        "\n"
        "The newest value counts.\n"
        "\n"
        "Options:\n"
        "  --year Y                the year (needed)\n"
        "  --evidence FILE         a file that proves it (repeatable)\n"
        "  --percent N             how much of it is done, with a text so long that it\n"
        "                          cannot stand on one line of a terminal\n"
        "  --draft                 save only\n";
    CU_ASSERT_EQUAL(strncmp(c.out, want, sizeof(want) - 1), 0);
    CU_ASSERT_TRUE(lines_fit(c.out));
    run(&c, "--version");
    CU_ASSERT_STRING_EQUAL(c.out, "nganam-test 1.2.3\n");
}

static void cli_finds_the_data_folder(void)
{
    (void)setenv("NGANAM_DATA", "/from/env", 1);
    expect_out("log show 1", "log show 1 in /from/env");
    expect_out("log show 1 --data /given", "log show 1 in /given");
    (void)unsetenv("NGANAM_DATA");
    if (geteuid() == 0) {
        expect_out("log show 1", "log show 1 in /var/lib/nganam/test");
    }
}

static int run_as_nobody(void *context)
{
    if (geteuid() == 0 && setuid(65534) != 0) {
        return 98;
    }
    return run_cli(context);
}

static void cli_finds_the_users_data_folder(void)
{
    struct capture c;
    char words[] = "log show 1";
    (void)setenv("HOME", "/home/u", 1);
    (void)unsetenv("XDG_DATA_HOME");
    capture_run(&c, run_as_nobody, words);
    CU_ASSERT_STRING_EQUAL(c.out, "log show 1 in /home/u/.local/share/nganam/test");
    char again[] = "log show 1";
    (void)setenv("XDG_DATA_HOME", "/xdg", 1);
    capture_run(&c, run_as_nobody, again);
    CU_ASSERT_STRING_EQUAL(c.out, "log show 1 in /xdg/nganam/test");
    char homeless[] = "log show 1";
    (void)unsetenv("XDG_DATA_HOME");
    (void)unsetenv("HOME");
    capture_run(&c, run_as_nobody, homeless);
    CU_ASSERT_EQUAL(c.status, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err, "give --data DIR"));
}

static int run_on_a_full_disk(void *context)
{
    FILE *full = freopen("/dev/full", "w", stdout);
    return full != NULL ? run_cli(context) : 98;
}

static void cli_output_that_is_lost_is_an_error(void)
{
    struct capture c;
    char words[] = "log show 1 --data /d";
    capture_run(&c, run_on_a_full_disk, words);
    CU_ASSERT_EQUAL(c.status, 4);
    CU_ASSERT_STRING_EQUAL(
        c.err,
        "nganam-test: standard output: no space left on the disk; make room, then do it again\n");
}

struct memory_plan {
    char words[128];
    unsigned k;
};

static int run_short_of_memory(void *context)
{
    struct memory_plan *plan = context;
    fault_set(FAULT_MEMORY, plan->k, ENOMEM, false);
    int status = run_cli(plan->words);
    return fault_clear() ? status + 100 : status;
}

static void cli_reports_missing_memory(void)
{
    static const char *const lines[] = {"report --year 1 x", "report --help", "--help"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct capture c = {.status = 104};
        for (unsigned k = 1; c.status == 104; k++) {
            struct memory_plan plan = {.k = k};
            (void)snprintf(plan.words, sizeof(plan.words), "%s", lines[i]);
            capture_run(&c, run_short_of_memory, &plan);
            CU_ASSERT_TRUE(c.status == 104 || (c.status == 0 && k > 2));
        }
    }
}

static const struct test_case cases[] = {
    TEST_CASE(cli_takes_options_in_any_order),
    TEST_CASE(cli_ends_options_at_two_dashes),
    TEST_CASE(cli_knows_commands_of_two_words),
    TEST_CASE(cli_names_each_mistake_in_one_line),
    TEST_CASE(cli_takes_the_largest_count),
    TEST_CASE(cli_prints_errors_as_json_too),
    TEST_CASE(cli_quiet_answers_print_nothing_more),
    TEST_CASE(cli_help_shows_every_command_and_option),
    TEST_CASE(cli_help_of_a_command_is_complete),
    TEST_CASE(cli_finds_the_data_folder),
    TEST_CASE(cli_finds_the_users_data_folder),
    TEST_CASE(cli_output_that_is_lost_is_an_error),
    TEST_CASE(cli_reports_missing_memory),
    {0},
};

int main(int argc, char **argv)
{
    (void)setenv("NGANAM_LANG", "en", 1);
    (void)unsetenv("NGANAM_DATA");
    return test_main("cli", cases, argc, argv);
}
