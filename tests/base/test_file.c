/* Goal: a file is the old one or the new one whatever fails and wherever the process stops; a lock
 * holds between processes; limits and names are kept to. Method: temporary folders, the three loops
 * of fault injection, child processes. */
#include "base/file.h"
#include "fault/fault.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct place {
    char folder[200];
    char path[256];
};

static struct place place_new(void)
{
    struct place p;
    test_folder(p.folder, sizeof(p.folder));
    (void)snprintf(p.path, sizeof(p.path), "%s/file", p.folder);
    return p;
}

static bool holds(const char *path, const char *text)
{
    struct buf b = BUF_INIT(1000);
    bool same = file_read(path, &b) == NG_OK && strcmp(buf_text(&b), text) == 0;
    buf_fini(&b);
    return same;
}

static enum ng_err put(const char *path, const char *text)
{
    return file_write(path, text, strlen(text), 0600);
}

static void file_write_replaces_and_sets_the_mode(void)
{
    struct place p = place_new();
    mode_t old_mask = umask(0077);
    CU_ASSERT_EQUAL(put(p.path, "old"), NG_OK);
    CU_ASSERT_EQUAL(file_write(p.path, "new text", 8, 0644), NG_OK);
    (void)umask(old_mask);
    CU_ASSERT_TRUE(holds(p.path, "new text"));
    struct stat st;
    CU_ASSERT_EQUAL(stat(p.path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0644);
    CU_ASSERT_EQUAL(file_write(p.path, NULL, 0, 0600), NG_OK);
    CU_ASSERT_TRUE(holds(p.path, ""));
    test_remove_folder(p.folder);
}

static void file_write_goes_on_after_a_short_write(void)
{
    struct place p = place_new();
    for (unsigned k = 1; k < 4; k++) {
        fault_set_short(k);
        enum ng_err err = put(p.path, "0123456789");
        (void)fault_clear();
        CU_ASSERT_EQUAL(err, NG_OK);
        CU_ASSERT_TRUE(holds(p.path, "0123456789"));
    }
    fault_set(FAULT_WRITE | FAULT_SYNC, 1, EINTR, false);
    enum ng_err err = put(p.path, "interrupted");
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_EQUAL(err, NG_OK);
    CU_ASSERT_TRUE(holds(p.path, "interrupted"));
    test_remove_folder(p.folder);
}

static void file_write_leaves_the_old_file_when_anything_fails(void)
{
    static const struct {
        unsigned kinds;
        int error;
        enum ng_err want;
    } plans[] = {
        {FAULT_IO, EIO, NG_ERR_IO},
        {FAULT_IO, ENOSPC, NG_ERR_FULL},
        {FAULT_IO, EROFS, NG_ERR_ACCESS},
        {FAULT_MEMORY, ENOMEM, NG_ERR_NOMEM},
    };
    struct place p = place_new();
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        unsigned k = 1;
        for (bool struck = true; struck; k++) {
            CU_ASSERT_EQUAL(put(p.path, "old"), NG_OK);
            fault_set(plans[i].kinds, k, plans[i].error, false);
            enum ng_err err = put(p.path, "new");
            struck = fault_clear();
            CU_ASSERT_EQUAL(err, struck ? plans[i].want : NG_OK);
            CU_ASSERT_TRUE(!struck || strstr(err_detail(), p.folder) != NULL);
            CU_ASSERT_TRUE(holds(p.path, "new") || (struck && holds(p.path, "old")));
        }
        CU_ASSERT_TRUE(k > (plans[i].kinds == FAULT_IO ? 7U : 2U));
    }
    test_remove_folder(p.folder);
}

/* The order of the calls is the durability: data is synced before the rename, the folder after it.
 */
static void file_write_syncs_before_and_after_the_rename(void)
{
    struct place p = place_new();
    CU_ASSERT_EQUAL(put(p.path, "old"), NG_OK);
    fault_set(FAULT_SYNC, 1, EIO, false);
    CU_ASSERT_EQUAL(put(p.path, "new"), NG_ERR_IO);
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_TRUE(holds(p.path, "old"));
    fault_set(FAULT_SYNC, 2, EIO, false);
    CU_ASSERT_EQUAL(put(p.path, "new"), NG_ERR_IO); /* there, but not known to be durable */
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_TRUE(holds(p.path, "new"));
    test_remove_folder(p.folder);
}

static void file_write_stopped_anywhere_is_old_or_new(void)
{
    struct place p = place_new();
    int status = 0;
    unsigned stops = 0;
    for (unsigned k = 1; k == 1 || WEXITSTATUS(status) == FAULT_STOPPED; k++) {
        CU_ASSERT_EQUAL(put(p.path, "old"), NG_OK);
        pid_t child = fork();
        if (child == 0) {
            fault_set(FAULT_IO, k, FAULT_STOP, false);
            _exit(put(p.path, "new") == NG_OK ? 0 : 1);
        }
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
        CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
        stops += WEXITSTATUS(status) == FAULT_STOPPED;
        CU_ASSERT_TRUE(holds(p.path, "old") || holds(p.path, "new"));
    }
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
    CU_ASSERT_TRUE(stops >= 7);
    test_remove_folder(p.folder);
}

static void file_read_keeps_to_its_limit(void)
{
    struct place p = place_new();
    static char text[40000];
    memset(text, 'x', sizeof(text));
    CU_ASSERT_EQUAL(file_write(p.path, text, sizeof(text), 0600), NG_OK);
    struct buf b = BUF_INIT(sizeof(text));
    CU_ASSERT_EQUAL(file_read(p.path, &b), NG_OK);
    CU_ASSERT_EQUAL(b.size, sizeof(text));
    buf_fini(&b);
    struct buf small = BUF_INIT(sizeof(text) - 1);
    CU_ASSERT_EQUAL(file_read(p.path, &small), NG_ERR_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), p.path));
    CU_ASSERT_EQUAL(small.size, 0);
    buf_fini(&small);
    test_remove_folder(p.folder);
}

static void file_read_refuses_what_is_no_file(void)
{
    struct place p = place_new();
    struct buf b = BUF_INIT(100);
    CU_ASSERT_EQUAL(file_read(p.path, &b), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(file_read(p.folder, &b), NG_ERR_INPUT);
    CU_ASSERT_EQUAL_FATAL(mkfifo(p.path, 0600), 0);
    CU_ASSERT_EQUAL(file_read(p.path, &b), NG_ERR_INPUT); /* and does not wait for a writer */
    buf_fini(&b);
    test_remove_folder(p.folder);
}

static void file_read_reports_every_failure(void)
{
    struct place p = place_new();
    CU_ASSERT_EQUAL(put(p.path, "text"), NG_OK);
    unsigned kinds[] = {FAULT_IO, FAULT_MEMORY};
    for (size_t i = 0; i < 2; i++) {
        bool struck = true;
        for (unsigned k = 1; struck; k++) {
            struct buf b = BUF_INIT(100);
            fault_set(kinds[i], k, i == 0 ? EIO : ENOMEM, false);
            enum ng_err err = file_read(p.path, &b);
            struck = fault_clear();
            CU_ASSERT_EQUAL(err, !struck ? NG_OK : i == 0 ? NG_ERR_IO : NG_ERR_NOMEM);
            CU_ASSERT_EQUAL(b.size, struck ? 0U : 4U);
            buf_fini(&b);
        }
    }
    test_remove_folder(p.folder);
}

static void file_make_folder_makes_all_missing_parents(void)
{
    struct place p = place_new();
    char deep[300];
    (void)snprintf(deep, sizeof(deep), "%s/a//b/c/", p.folder);
    CU_ASSERT_EQUAL(file_make_folder(deep), NG_OK);
    CU_ASSERT_EQUAL(file_make_folder(deep), NG_OK);
    struct stat st;
    CU_ASSERT_EQUAL(stat(deep, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0700);
    CU_ASSERT_EQUAL(put(p.path, "x"), NG_OK);
    (void)snprintf(deep, sizeof(deep), "%s/under", p.path);
    CU_ASSERT_EQUAL(file_make_folder(deep), NG_ERR_IO);
    CU_ASSERT_EQUAL(file_make_folder(p.path), NG_ERR_IO);
    test_remove_folder(p.folder);
}

static void file_make_folder_reports_every_failure(void)
{
    struct place p = place_new();
    bool struck = true;
    unsigned failures = 0;
    for (unsigned k = 1; struck; k++) {
        char deep[300];
        (void)snprintf(deep, sizeof(deep), "%s/%u/b", p.folder, k);
        fault_set(FAULT_IO, k, ENOSPC, false);
        enum ng_err err = file_make_folder(deep);
        struck = fault_clear();
        /* mkdir may fail where the folder is there already: that is no failure */
        CU_ASSERT_TRUE(err == NG_ERR_FULL ? struck : err == NG_OK && file_exists(deep));
        failures += err == NG_ERR_FULL;
        CU_ASSERT_EQUAL(file_make_folder(deep), NG_OK);
    }
    CU_ASSERT_TRUE(failures >= 6); /* two folders: mkdir, open and sync each */
    test_remove_folder(p.folder);
}

static void file_join_puts_one_slash_between(void)
{
    char *a = file_join("/x", "y");
    char *b = file_join("/x/", "y");
    CU_ASSERT_STRING_EQUAL(a, "/x/y");
    CU_ASSERT_STRING_EQUAL(b, "/x/y");
    free(a);
    free(b);
}

/* flock belongs to the open file, so a second descriptor of this process meets it as another would.
 */
static void file_lock_is_exclusive(void)
{
    struct place p = place_new();
    int first = -1;
    int second = -1;
    CU_ASSERT_EQUAL(file_lock(p.path, false, &first), NG_OK);
    CU_ASSERT_TRUE(first >= 0);
    CU_ASSERT_EQUAL(file_lock(p.path, false, &second), NG_ERR_BUSY);
    CU_ASSERT_EQUAL(second, -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), p.path));
    file_unlock(&first);
    CU_ASSERT_EQUAL(first, -1);
    CU_ASSERT_EQUAL(file_lock(p.path, true, &second), NG_OK);
    file_unlock(&second);
    file_unlock(&second);
    test_remove_folder(p.folder);
}

static void file_lock_ends_with_its_process(void)
{
    struct place p = place_new();
    int ready[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = -1;
        char done = file_lock(p.path, false, &fd) == NG_OK ? 'y' : 'n';
        (void)!write(ready[1], &done, 1);
        (void)pause();
        _exit(0);
    }
    char done = 'n';
    CU_ASSERT_EQUAL(read(ready[0], &done, 1), 1);
    CU_ASSERT_EQUAL(done, 'y');
    int fd = -1;
    CU_ASSERT_EQUAL(file_lock(p.path, false, &fd), NG_ERR_BUSY);
    (void)kill(child, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    CU_ASSERT_EQUAL(file_lock(p.path, true, &fd), NG_OK);
    file_unlock(&fd);
    close(ready[0]);
    close(ready[1]);
    test_remove_folder(p.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(file_write_replaces_and_sets_the_mode),
    TEST_CASE(file_write_goes_on_after_a_short_write),
    TEST_CASE(file_write_leaves_the_old_file_when_anything_fails),
    TEST_CASE(file_write_syncs_before_and_after_the_rename),
    TEST_CASE(file_write_stopped_anywhere_is_old_or_new),
    TEST_CASE(file_read_keeps_to_its_limit),
    TEST_CASE(file_read_refuses_what_is_no_file),
    TEST_CASE(file_read_reports_every_failure),
    TEST_CASE(file_make_folder_makes_all_missing_parents),
    TEST_CASE(file_make_folder_reports_every_failure),
    TEST_CASE(file_join_puts_one_slash_between),
    TEST_CASE(file_lock_is_exclusive),
    TEST_CASE(file_lock_ends_with_its_process),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("file", cases, argc, argv);
}
