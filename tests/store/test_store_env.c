/* Goal: opening tells every trouble apart, names the path, and survives what stands in the file.
 * Method: missing, foreign, other-version, garbage and cut files; a second open; modes. What may
 * crash runs in a child process. */
#include "base/file.h"
#include "fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>

static enum ng_err try_open(const struct store_config *config)
{
    struct store *s = NULL;
    enum ng_err err = store_open(config, &s);
    CU_ASSERT_EQUAL(err == NG_OK, s != NULL);
    CU_ASSERT_TRUE(err == NG_OK || strstr(err_explain(err), config->path) != NULL);
    store_close(&s);
    return err;
}

static void env_is_private_to_its_owner(void)
{
    struct place p = place_new();
    mode_t old_mask = umask(0);
    struct store *s = store_at(&p);
    (void)umask(old_mask);
    char data[400];
    (void)snprintf(data, sizeof(data), "%s/data.mdb", p.path);
    struct stat st;
    CU_ASSERT_TRUE(stat(p.path, &st) == 0 && (st.st_mode & 07777) == 0700);
    CU_ASSERT_TRUE(stat(data, &st) == 0 && (st.st_mode & 07777) == 0600);
    char copy[300];
    (void)snprintf(copy, sizeof(copy), "%s/copy", p.folder);
    old_mask = umask(0);
    CU_ASSERT_EQUAL(store_copy(s, copy), NG_OK);
    (void)umask(old_mask);
    (void)snprintf(data, sizeof(data), "%s/data.mdb", copy);
    CU_ASSERT_TRUE(stat(data, &st) == 0 && (st.st_mode & 07777) == 0600);
    store_close(&s);
    test_remove_folder(p.folder);
}

static void env_missing_is_not_found_and_not_made(void)
{
    struct place p = place_new();
    struct store_config config = config_at(&p);
    config.create = false;
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_NOT_FOUND);
    config.read_only = true;
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_NOT_FOUND);
    CU_ASSERT_FALSE(file_exists(p.path));
    test_remove_folder(p.folder);
}

static void env_opens_once_a_process(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    struct store_config config = config_at(&p);
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_BUSY);
    char other_name[300];
    (void)snprintf(other_name, sizeof(other_name), "%s/link", p.folder);
    CU_ASSERT_EQUAL_FATAL(symlink(p.path, other_name), 0);
    config.path = other_name;
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_BUSY);
    CU_ASSERT_EQUAL(put_text(s, "k", "v"), NG_OK); /* the first is unharmed */
    store_close(&s);
    CU_ASSERT_EQUAL(try_open(&config), NG_OK);
    test_remove_folder(p.folder);
}

static void env_of_another_format_is_not_touched(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    store_close(&s);
    struct store_config config = config_at(&p);
    config.format_version = 4;
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_VERSION);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "version 3"));
    config = config_at(&p);
    config.format = "other";
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_VERSION);
    static const char *const more_tables[] = {"a", "b", "c", NULL};
    config = config_at(&p);
    config.tables = more_tables;
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_CORRUPT);
    config = config_at(&p);
    CU_ASSERT_EQUAL(try_open(&config), NG_OK);
    test_remove_folder(p.folder);
}

static void write_data(const struct place *p, const void *data, size_t size)
{
    char path[300];
    (void)snprintf(path, sizeof(path), "%s/data.mdb", p->path);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(p->path), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_write(path, data, size, 0600), NG_OK);
}

static void env_of_garbage_is_corrupt(void)
{
    struct place p = place_new();
    static uint8_t garbage[32768];
    for (size_t i = 0; i < sizeof(garbage); i++) {
        garbage[i] = (uint8_t)(i * 31 + i / 256);
    }
    static const size_t sizes[] = {2, 100, 4096, sizeof(garbage)};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        write_data(&p, garbage, sizes[i]);
        struct store_config config = config_at(&p);
        CU_ASSERT_EQUAL(try_open(&config), NG_ERR_CORRUPT);
    }
    memset(garbage, 0, sizeof(garbage));
    write_data(&p, garbage, sizeof(garbage));
    struct store_config config = config_at(&p);
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_CORRUPT);
    test_remove_folder(p.folder);
}

/* A power cut may leave the file LMDB made at its very first step. */
static void env_of_an_empty_file_is_new(void)
{
    struct place p = place_new();
    write_data(&p, "", 0);
    struct store_config config = config_at(&p);
    config.create = false;
    config.read_only = true;
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_NOT_FOUND);
    config = config_at(&p);
    CU_ASSERT_EQUAL(try_open(&config), NG_OK);
    test_remove_folder(p.folder);
}

static void env_in_place_of_a_file_or_without_rights_says_so(void)
{
    struct place p = place_new();
    CU_ASSERT_EQUAL_FATAL(file_write(p.path, "x", 1, 0600), NG_OK);
    struct store_config config = config_at(&p);
    CU_ASSERT_EQUAL(try_open(&config), NG_ERR_IO);
    CU_ASSERT_EQUAL(unlink(p.path), 0);
    struct store *s = store_at(&p);
    store_close(&s);
    CU_ASSERT_EQUAL(chmod(p.path, 0), 0);
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0) {
            _exit(98);
        }
        s = NULL;
        _exit(store_open(&config, &s) == NG_ERR_ACCESS ? 0 : 1);
    }
    int status = 1;
    CU_ASSERT_TRUE(waitpid(child, &status, 0) == child && status == 0);
    CU_ASSERT_EQUAL(chmod(p.path, 0700), 0);
    test_remove_folder(p.folder);
}

/* Exit statuses that no crash gives (a sanitizer ends with 1). */
enum { READ_ALL = 10, READ_HONEST_ERROR = 11, READ_WRONG = 12 };

static int read_everything(const struct place *p)
{
    struct store_config config = config_at(p);
    config.create = false;
    struct store *s = NULL;
    struct store_txn *t = NULL;
    struct bytes v;
    if (store_open(&config, &s) != NG_OK) {
        return READ_HONEST_ERROR;
    }
    enum ng_err err = store_begin_read(s, &t);
    for (unsigned i = 0; err == NG_OK && i < 500; i++) {
        struct store_key_u64 key = store_key_u64(i);
        err = store_get(t, TABLE_B, STORE_KEY(key), &v);
        for (size_t k = 0; err == NG_OK && k < v.size; k++) {
            err = v.data[k] == 0 ? NG_OK : NG_ERR_CORRUPT;
        }
    }
    store_end_read(&t);
    store_close(&s);
    return err == NG_OK ? READ_ALL : err == NG_ERR_CORRUPT ? READ_HONEST_ERROR : READ_WRONG;
}

static void env_cut_short_does_not_kill_its_reader(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    CU_ASSERT_EQUAL(fill(s, 500), NG_OK);
    store_close(&s);
    char data[300];
    (void)snprintf(data, sizeof(data), "%s/data.mdb", p.path);
    struct buf whole = BUF_INIT(16U << 20);
    CU_ASSERT_EQUAL_FATAL(file_read(data, &whole), NG_OK);
    unsigned refused = 0;
    for (size_t kept = whole.size; kept > 8192; kept -= kept / 5) {
        write_data(&p, whole.data, kept);
        (void)fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            _exit(read_everything(&p));
        }
        int status = 0;
        CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
        int outcome = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        CU_ASSERT_TRUE(outcome == READ_ALL || (outcome == READ_HONEST_ERROR && kept < whole.size));
        refused += outcome == READ_HONEST_ERROR;
    }
    CU_ASSERT_TRUE(refused > 5);
    buf_fini(&whole);
    test_remove_folder(p.folder);
}

/* Opens the store and keeps it open until its pipe is closed, so that the lock file is not made
 * anew. */
static pid_t start_holder(const struct place *p, int *ret_pipe)
{
    int until[2];
    int ready[2];
    char byte = 0;
    CU_ASSERT_TRUE_FATAL(pipe(until) == 0 && pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(until[1]);
        struct store *s = store_at(p);
        bool told = write(ready[1], "x", 1) == 1;
        _exit(told && read(until[0], &byte, 1) == 0 && s != NULL ? 0 : 1);
    }
    close(until[0]);
    close(ready[1]);
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *ret_pipe = until[1];
    return child;
}

static void die_reading(const struct place *p)
{
    pid_t child = fork();
    if (child == 0) {
        struct store *s = store_at(p);
        struct store_txn *t = NULL;
        _exit(store_begin_read(s, &t) == NG_OK ? 0 : 1);
    }
    int status = 1;
    CU_ASSERT_TRUE(waitpid(child, &status, 0) == child && status == 0);
}

/* A snapshot of a dead process would keep pages from being used again for ever. */
static void env_clears_dead_readers(void)
{
    struct place p = place_new();
    int holder_pipe = -1;
    pid_t holder = start_holder(&p, &holder_pipe);
    struct store *s = store_at(&p);
    CU_ASSERT_EQUAL(fill(s, 200), NG_OK);
    store_close(&s);
    die_reading(&p);
    s = store_at(&p);
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t map = 0;
    CU_ASSERT_EQUAL(fill(s, 200), NG_OK);
    CU_ASSERT_EQUAL(fill(s, 200), NG_OK);
    CU_ASSERT_EQUAL(store_size(s, &first, &map), NG_OK);
    for (int i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL(fill(s, 200), NG_OK);
    }
    CU_ASSERT_EQUAL(store_size(s, &last, &map), NG_OK);
    CU_ASSERT_TRUE(last <= first + first / 2);
    store_close(&s);
    close(holder_pipe);
    int status = 1;
    CU_ASSERT_TRUE(waitpid(holder, &status, 0) == holder && status == 0);
    test_remove_folder(p.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(env_is_private_to_its_owner),
    TEST_CASE(env_missing_is_not_found_and_not_made),
    TEST_CASE(env_opens_once_a_process),
    TEST_CASE(env_of_another_format_is_not_touched),
    TEST_CASE(env_of_garbage_is_corrupt),
    TEST_CASE(env_of_an_empty_file_is_new),
    TEST_CASE(env_in_place_of_a_file_or_without_rights_says_so),
    TEST_CASE(env_cut_short_does_not_kill_its_reader),
    TEST_CASE(env_clears_dead_readers),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("store_env", cases, argc, argv);
}
