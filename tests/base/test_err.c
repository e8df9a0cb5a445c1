/* Goal: an error's line is whole, bounded, in the right order, and never blames the wrong fault.
 * Method: set, wrap and read the detail, with texts at and over the limit. */
#include "base/err.h"
#include "harness.h"

#include "base/bytes.h"

#include <errno.h>
#include <pthread.h>

static void err_table_is_complete(void)
{
    for (int i = 0; i < NG_ERR_COUNT; i++) {
        enum ng_err err = (enum ng_err)i;
        CU_ASSERT_PTR_NOT_NULL_FATAL(err_name(err));
        CU_ASSERT_TRUE(strlen(err_text(err)) > 0);
        CU_ASSERT_EQUAL(err_exit_status(err) == 0, err == NG_OK);
        CU_ASSERT_TRUE(err_exit_status(err) <= 4);
        for (int j = 0; j < i; j++) {
            CU_ASSERT_STRING_NOT_EQUAL(err_name(err), err_name((enum ng_err)j));
        }
    }
}

static void err_exit_status_is_the_contract(void)
{
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_VERIFY), 1);
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_REFUSED), 1);
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_NOT_FOUND), 1);
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_USAGE), 2);
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_INPUT), 2);
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_PEER), 3);
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_IO), 4);
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_FULL), 4);
    CU_ASSERT_EQUAL(err_exit_status(NG_ERR_BUSY), 4);
}

static void err_wrap_puts_the_caller_in_front(void)
{
    CU_ASSERT_EQUAL(err_set_errno(ENOSPC, "%s", "/x/data.mdb"), NG_ERR_FULL);
    CU_ASSERT_EQUAL(err_wrap(NG_ERR_FULL, "outbox %d", 7), NG_ERR_FULL);
    CU_ASSERT_STRING_EQUAL(err_detail(),
                           "outbox 7: /x/data.mdb: no space left on the disk; make room, then do "
                           "it again");
    CU_ASSERT_EQUAL(err_wrap(NG_OK, "nothing"), NG_OK);
    CU_ASSERT_STRING_EQUAL(err_detail(),
                           "outbox 7: /x/data.mdb: no space left on the disk; make room, then do "
                           "it again");
}

static void err_set_may_use_the_old_detail(void)
{
    (void)err_set(NG_ERR_INPUT, "line %d", 3);
    (void)err_set(NG_ERR_INPUT, "%s; see --help", err_detail());
    CU_ASSERT_STRING_EQUAL(err_detail(), "line 3; see --help");
}

static void err_explain_never_tells_an_older_story(void)
{
    (void)err_set(NG_ERR_IO, "old story");
    CU_ASSERT_STRING_EQUAL(err_explain(NG_ERR_IO), "old story");
    CU_ASSERT_STRING_EQUAL(err_explain(NG_ERR_NOMEM), err_text(NG_ERR_NOMEM));
    (void)err_wrap(NG_ERR_NOMEM, "mirror");
    CU_ASSERT_PTR_NULL(strstr(err_detail(), "old story"));
    (void)err_set(NG_ERR_NOT_FOUND, "old story");
    (void)err_plain(NG_ERR_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(err_explain(NG_ERR_NOT_FOUND), err_text(NG_ERR_NOT_FOUND));
}

static void err_codes_come_from_errno(void)
{
    CU_ASSERT_EQUAL(err_set_errno(EDQUOT, "x"), NG_ERR_FULL);
    CU_ASSERT_EQUAL(err_set_errno(EACCES, "x"), NG_ERR_ACCESS);
    CU_ASSERT_EQUAL(err_set_errno(EROFS, "x"), NG_ERR_ACCESS);
    CU_ASSERT_EQUAL(err_set_errno(ENOENT, "x"), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(err_set_errno(ENOMEM, "x"), NG_ERR_NOMEM);
    CU_ASSERT_EQUAL(err_set_errno(EAGAIN, "x"), NG_ERR_AGAIN);
    CU_ASSERT_EQUAL(err_set_errno(EIO, "x"), NG_ERR_IO);
}

/* libc would say it in its own words and in English. */
static void err_common_failures_are_said_in_our_words(void)
{
    static const struct {
        int code;
        const char *text;
    } rows[] = {
        {EIO,
         "x: the disk or the line reports a fault; save a copy of the data and have it checked"},
        {EACCES, "x: missing rights; do it as the user it belongs to"},
        {EROFS, "x: the disk can only be read; use another folder, or have it made writable"},
        {ENOENT, "x: no such file or folder"},
        {EADDRINUSE,
         "x: the address is already in use; stop the other program, or take another port"},
        {ECONNREFUSED,
         "x: nobody answers at this address; check it, and that the program runs there"},
        {EMFILE, "x: too many files are open at once"},
        {ENFILE, "x: too many files are open at once"},
        {EADDRNOTAVAIL, "x: this machine has no such address; give one of its own"},
        {EEXIST, "x: it is there already"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)err_set_errno(rows[i].code, "x");
        CU_ASSERT_STRING_EQUAL(err_detail(), rows[i].text);
        CU_ASSERT_STRING_EQUAL(err_errno_text(rows[i].code), rows[i].text + 3);
    }
    /* of the rest libc's words, as such */
    CU_ASSERT_STRING_EQUAL(err_errno_text(EDOM),
                           "the system reports a fault (Numerical argument out of domain)");
}

/* The detail of NOMEM only names what did not fit. */
static void err_out_of_memory_says_so_once(void)
{
    (void)err_set(NG_ERR_NOMEM, "report");
    CU_ASSERT_STRING_EQUAL(err_detail(), "report: out of memory");
    (void)err_set(NG_ERR_NOMEM, "%s", err_detail());
    CU_ASSERT_STRING_EQUAL(err_detail(), "report: out of memory");
    (void)err_set(NG_ERR_NOMEM, "%s", err_text(NG_ERR_NOMEM));
    CU_ASSERT_STRING_EQUAL(err_detail(), "out of memory");
    (void)err_set_errno(ENOMEM, "report");
    CU_ASSERT_STRING_EQUAL(err_detail(), "report: out of memory");
}

static bool is_utf8(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = bytes_utf8_length(text, left);
        if (length == 0) {
            return false;
        }
        text += length;
        left -= length;
    }
    return true;
}

/* Every alignment of 1- to 4-byte characters at the place of the cut. */
static void err_detail_is_cut_at_a_whole_character(void)
{
    static const char *const characters[] = {"a", "đ", "ế", "𐐷"};
    char text[1600];
    for (size_t shift = 0; shift < 4; shift++) {
        for (size_t c = 0; c < 4; c++) {
            memset(text, 'x', shift);
            text[shift] = '\0';
            while (strlen(text) + 4 < sizeof(text)) {
                memcpy(text + strlen(text), characters[c], strlen(characters[c]) + 1);
            }
            (void)err_set(NG_ERR_INPUT, "%s", text);
            CU_ASSERT_TRUE(strlen(err_detail()) > 1000 && strlen(err_detail()) < 1024);
            CU_ASSERT_TRUE(is_utf8(err_detail()));
            for (int i = 0; i < 5; i++) {
                (void)err_wrap(NG_ERR_INPUT, "%s", text);
                CU_ASSERT_TRUE(strlen(err_detail()) < 1024 && is_utf8(err_detail()));
            }
        }
    }
}

static void *set_elsewhere(void *unused)
{
    (void)unused;
    (void)err_set(NG_ERR_IO, "another thread");
    return NULL;
}

static void err_detail_is_per_thread(void)
{
    (void)err_set(NG_ERR_INPUT, "mine");
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, set_elsewhere, NULL), 0);
    (void)pthread_join(thread, NULL);
    CU_ASSERT_STRING_EQUAL(err_detail(), "mine");
}

static const struct test_case cases[] = {
    TEST_CASE(err_table_is_complete),
    TEST_CASE(err_exit_status_is_the_contract),
    TEST_CASE(err_wrap_puts_the_caller_in_front),
    TEST_CASE(err_set_may_use_the_old_detail),
    TEST_CASE(err_explain_never_tells_an_older_story),
    TEST_CASE(err_codes_come_from_errno),
    TEST_CASE(err_common_failures_are_said_in_our_words),
    TEST_CASE(err_out_of_memory_says_so_once),
    TEST_CASE(err_detail_is_cut_at_a_whole_character),
    TEST_CASE(err_detail_is_per_thread),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("err", cases, argc, argv);
}
