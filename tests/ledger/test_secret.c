/* Goal: a file under a passphrase gives its text to who has the passphrase, and to nobody else; two
 * files that were caught between an old and a new one come together again by the same words.
 * Method: real files; the passphrases come from files, as a service has them, and cost the least
 * there is, since it is done a few hundred times: each call of the way from one passphrase to
 * another fails once, and the process ends there once.
 */
#include "harness.h"

#include "base/file.h"
#include "fault/fault.h"
#include "ledger/key.h"
#include "ledger/keyseal.h"
#include "ledger/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ld --wrap: what the programs ask for is the usual cost. */
enum ng_err __real_keyseal_close(const struct keyseal_cost *cost, const char *purpose,
                                 struct bytes passphrase, struct bytes secret, struct buf *to);
enum ng_err __wrap_keyseal_close(const struct keyseal_cost *cost, const char *purpose,
                                 struct bytes passphrase, struct bytes secret, struct buf *to);
enum ng_err __wrap_keyseal_close(const struct keyseal_cost *cost, const char *purpose,
                                 struct bytes passphrase, struct bytes secret, struct buf *to)
{
    static const struct keyseal_cost least = {1, 8};
    CU_ASSERT_PTR_EQUAL(cost, &keyseal_cost_usual);
    return __real_keyseal_close(&least, purpose, passphrase, secret, to);
}

static char folder[200];
static struct secret_file first, second;

/* Borrowed until the next call but one. */
static const char *path_of(const char *name)
{
    static char paths[2][300];
    static unsigned next;
    char *path = paths[next++ % 2];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void begin(void)
{
    static char one[300], two[300];
    test_folder(folder, sizeof(folder));
    (void)snprintf(one, sizeof(one), "%s/one", folder);
    (void)snprintf(two, sizeof(two), "%s/two", folder);
    first = (struct secret_file){one, "nganam-test-one-1", PASSPHRASE_MACHINE};
    second = (struct secret_file){two, "nganam-test-two-1", PASSPHRASE_MACHINE};
    passphrase_forget(PASSPHRASE_MACHINE);
    passphrase_forget(PASSPHRASE_PERSON);
}

static void end(void)
{
    CU_ASSERT_EQUAL(unsetenv("NGANAM_PASSPHRASE_FILE"), 0);
    CU_ASSERT_EQUAL(unsetenv("NGANAM_ACTOR_PASSPHRASE_FILE"), 0);
    test_remove_folder(folder);
}

/* The present passphrase from now on; NULL: none to be had. */
static void present(const char *variable, const char *text)
{
    passphrase_forget(PASSPHRASE_MACHINE);
    passphrase_forget(PASSPHRASE_PERSON);
    CU_ASSERT_EQUAL_FATAL(unsetenv(variable), 0);
    if (text != NULL) {
        CU_ASSERT_EQUAL_FATAL(file_write(path_of(variable), text, strlen(text), 0600), NG_OK);
        CU_ASSERT_EQUAL_FATAL(setenv(variable, path_of(variable), 1), 0);
    }
}

static void machine(const char *text)
{
    present("NGANAM_PASSPHRASE_FILE", text);
}

static const char *new_file(const char *text)
{
    CU_ASSERT_EQUAL_FATAL(file_write(path_of("new"), text, strlen(text), 0600), NG_OK);
    return path_of("new");
}

static void put(const struct secret_file *f, const char *text)
{
    const struct bytes bytes = {(const uint8_t *)text, strlen(text)};
    CU_ASSERT_EQUAL_FATAL(secret_write(f, bytes, false), NG_OK);
}

/* Whether it reads as this text, and is locked or not. */
static bool reads(const struct secret_file *f, const char *text, bool locked)
{
    struct buf got = BUF_INIT(SECRET_TEXT_MAX);
    bool is_locked = !locked;
    const enum ng_err e = secret_read(f, &got, &is_locked);
    const bool same = e == NG_OK && strcmp(buf_text(&got), text) == 0 && is_locked == locked;
    secret_forget(&got);
    return same;
}

static enum ng_err reading(const struct secret_file *f)
{
    struct buf got = BUF_INIT(SECRET_TEXT_MAX);
    const enum ng_err e = secret_read(f, &got, NULL);
    secret_forget(&got);
    return e;
}

static void secret_opens_with_its_passphrase_and_in_its_place_alone(void)
{
    struct buf file = BUF_INIT(4096);
    begin();
    put(&first, "the key\n");
    CU_ASSERT(reads(&first, "the key\n", false));
    CU_ASSERT_EQUAL(secret_lock(&first, 1, true, new_file("a long word")), NG_OK);
    CU_ASSERT_EQUAL(file_read(first.path, &file), NG_OK);
    CU_ASSERT_PTR_NULL(strstr(buf_text(&file), "the key"));
    machine("a long word\n");
    CU_ASSERT(reads(&first, "the key\n", true));
    machine("a long wore");
    CU_ASSERT_EQUAL(reading(&first), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "not the passphrase"));
    machine(NULL);
    CU_ASSERT_EQUAL(reading(&first), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "--passphrase-file"));
    /* The same bytes as another file. */
    machine("a long word");
    CU_ASSERT_EQUAL(file_write(second.path, file.data, file.size, 0600), NG_OK);
    CU_ASSERT_EQUAL(reading(&second), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(secret_lock(&first, 1, false, NULL), NG_OK);
    machine(NULL);
    CU_ASSERT(reads(&first, "the key\n", false));
    CU_ASSERT_EQUAL(secret_lock(&first, 1, false, NULL), NG_ERR_REFUSED);
    buf_fini(&file);
    end();
}

static void secret_is_0600_and_whole_or_refused(void)
{
    struct stat st;
    struct buf file = BUF_INIT(4096);
    begin();
    CU_ASSERT_EQUAL(reading(&first), NG_ERR_NOT_FOUND);
    put(&first, "x\n");
    CU_ASSERT_EQUAL(secret_lock(&first, 1, true, new_file("a long word")), NG_OK);
    CU_ASSERT_EQUAL(stat(first.path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(chmod(first.path, 0640), 0);
    CU_ASSERT_EQUAL(reading(&first), NG_ERR_ACCESS);
    CU_ASSERT_EQUAL(chmod(first.path, 0600), 0);
    CU_ASSERT_EQUAL(file_read(first.path, &file), NG_OK);
    for (size_t size = 15; size < file.size - 1; size += 7) { /* cut short */
        CU_ASSERT_EQUAL(file_write(second.path, file.data, size, 0600), NG_OK);
        const enum ng_err e = reading(&second);
        CU_ASSERT(e == NG_ERR_CORRUPT || e == NG_ERR_REFUSED);
    }
    static uint8_t long_text[8192];
    memset(long_text, 'x', sizeof(long_text));
    CU_ASSERT_EQUAL(file_write(second.path, long_text, sizeof(long_text), 0600), NG_OK);
    CU_ASSERT_EQUAL(reading(&second), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(file_write(second.path, long_text, SECRET_TEXT_MAX + 1, 0600), NG_OK);
    CU_ASSERT_EQUAL(reading(&second), NG_ERR_CORRUPT);
    buf_fini(&file);
    end();
}

static void secret_two_files_stopped_in_between_go_on_by_the_same_words(void)
{
    begin();
    const struct secret_file files[] = {first, second};
    put(&first, "one\n");
    put(&second, "two\n");
    /* From none to the first passphrase: the first file is still readable. */
    CU_ASSERT_EQUAL(secret_lock(files, 2, true, new_file("the first word")), NG_OK);
    put(&first, "one\n");
    machine(NULL);
    CU_ASSERT_EQUAL(secret_lock(files, 2, true, new_file("the first word")), NG_OK);
    machine("the first word");
    CU_ASSERT(reads(&first, "one\n", true) && reads(&second, "two\n", true));
    /* From the first to another: the first file cannot be written, the second one was. */
    CU_ASSERT_EQUAL(mkdir(path_of("one.tmp"), 0700), 0);
    CU_ASSERT_NOT_EQUAL(secret_lock(files, 2, true, new_file("the other word")), NG_OK);
    CU_ASSERT_EQUAL(rmdir(path_of("one.tmp")), 0);
    CU_ASSERT(reads(&second, "two\n", true));
    machine("the first word");
    CU_ASSERT(reads(&first, "one\n", true));
    machine("a third word");
    CU_ASSERT_EQUAL(secret_lock(files, 2, true, new_file("the other word")), NG_ERR_REFUSED);
    machine("the first word");
    CU_ASSERT_EQUAL(secret_lock(files, 2, true, new_file("a third word")), NG_ERR_REFUSED);
    machine("the first word");
    CU_ASSERT_EQUAL(secret_lock(files, 2, true, new_file("the other word")), NG_OK);
    machine("the other word");
    CU_ASSERT(reads(&first, "one\n", true) && reads(&second, "two\n", true));
    /* And out of it: the second is free already. */
    put(&second, "two\n");
    CU_ASSERT_EQUAL(secret_lock(files, 2, false, NULL), NG_OK);
    machine(NULL);
    CU_ASSERT(reads(&first, "one\n", false) && reads(&second, "two\n", false));
    end();
}

/* ---- What fails on the way from one passphrase to another ---- */

static const char old_word[] = "the first word", next_word[] = "the other word";

static bool reads_with(const struct secret_file *f, const char *word, const char *text)
{
    machine(word);
    return reads(f, text, true);
}

/* Each file is under the old or the new one, the second first, and the same words end it. */
static void comes_together(const struct secret_file *files)
{
    const bool first_is_new = reads_with(&files[0], next_word, "one\n");
    const bool second_is_new = reads_with(&files[1], next_word, "two\n");
    CU_ASSERT(first_is_new || reads_with(&files[0], old_word, "one\n"));
    CU_ASSERT(second_is_new || reads_with(&files[1], old_word, "two\n"));
    CU_ASSERT(second_is_new || !first_is_new);
    machine(first_is_new ? next_word : old_word);
    CU_ASSERT_EQUAL(secret_lock(files, 2, true, new_file(next_word)), NG_OK);
    CU_ASSERT(reads_with(&files[0], next_word, "one\n"));
    CU_ASSERT(reads_with(&files[1], next_word, "two\n"));
}

static void begin_locked(const struct secret_file *files)
{
    machine(NULL);
    put(&files[0], "one\n");
    put(&files[1], "two\n");
    CU_ASSERT_EQUAL_FATAL(secret_lock(files, 2, true, new_file(old_word)), NG_OK);
    machine(old_word);
    CU_ASSERT_PTR_NOT_NULL(new_file(next_word));
}

static unsigned fail_each(const struct secret_file *files, unsigned kinds, int error)
{
    unsigned call = 1;
    for (;; call++) {
        begin_locked(files);
        fault_set(kinds, call, error, false);
        const enum ng_err e = secret_lock(files, 2, true, path_of("new"));
        if (!fault_clear()) {
            CU_ASSERT_EQUAL(e, NG_OK);
            return call;
        }
        comes_together(files);
    }
}

static void secret_survives_each_call_that_fails(void)
{
    begin();
    const struct secret_file files[] = {first, second};
    CU_ASSERT(fail_each(files, FAULT_MEMORY, ENOMEM) > 4);
    CU_ASSERT(fail_each(files, FAULT_IO, EIO) > 10);
    CU_ASSERT(fail_each(files, FAULT_IO, ENOSPC) > 10);
    end();
}

static void secret_survives_an_end_at_each_call(void)
{
    begin();
    const struct secret_file files[] = {first, second};
    unsigned call = 1;
    for (int status = FAULT_STOPPED; status == FAULT_STOPPED; call++) {
        begin_locked(files);
        (void)fflush(NULL);
        const pid_t child = fork();
        if (child == 0) {
            fault_set(FAULT_IO, call, FAULT_STOP, false);
            _exit(secret_lock(files, 2, true, path_of("new")) == NG_OK ? 0 : 1);
        }
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
        status = WEXITSTATUS(status);
        comes_together(files);
    }
    CU_ASSERT(call > 10);
    end();
}

/* What the machine is given never opens a person's key, nor the other way round. */
static void secret_of_a_person_has_a_passphrase_of_its_own(void)
{
    begin();
    first.whose = PASSPHRASE_PERSON;
    put(&first, "the person's\n");
    CU_ASSERT_EQUAL(secret_lock(&first, 1, true, new_file("only hers to know")), NG_OK);
    machine("only hers to know");
    CU_ASSERT_EQUAL(reading(&first), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "NGANAM_ACTOR_PASSPHRASE_FILE"));
    present("NGANAM_ACTOR_PASSPHRASE_FILE", "only hers to know");
    CU_ASSERT(reads(&first, "the person's\n", true));
    end();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(secret_opens_with_its_passphrase_and_in_its_place_alone),
        TEST_CASE(secret_is_0600_and_whole_or_refused),
        TEST_CASE(secret_two_files_stopped_in_between_go_on_by_the_same_words),
        TEST_CASE(secret_survives_each_call_that_fails),
        TEST_CASE(secret_survives_an_end_at_each_call),
        TEST_CASE(secret_of_a_person_has_a_passphrase_of_its_own),
        {NULL, NULL}};
    return key_init() == NG_OK ? test_main("secret", cases, argc, argv) : 1;
}
