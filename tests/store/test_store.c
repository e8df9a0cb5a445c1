/* Goal: transactions are whole or nothing, keys are ordered, snapshots stand still, the map grows.
 * Method: a small map in a temporary folder, so that growth happens in every larger write. */
#include "fixture.h"

#include "base/file.h"

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void store_puts_gets_and_removes(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    CU_ASSERT_STRING_EQUAL(store_path(s), p.path);
    CU_ASSERT_TRUE(holds(s, "k", ""));
    CU_ASSERT_EQUAL(put_text(s, "k", "one"), NG_OK);
    CU_ASSERT_EQUAL(put_text(s, "k", "two"), NG_OK);
    CU_ASSERT_TRUE(holds(s, "k", "two"));
    struct pair other_table = {TABLE_B, "k", "b", NG_OK};
    CU_ASSERT_EQUAL(store_write(s, fixture_put, &other_table), NG_OK);
    CU_ASSERT_EQUAL(put_text(s, "k", NULL), NG_OK);
    CU_ASSERT_TRUE(holds(s, "k", ""));
    CU_ASSERT_EQUAL(put_text(s, "k", NULL), NG_ERR_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(err_detail(), "");
    CU_ASSERT_EQUAL(count_b(s), 1);
    CU_ASSERT_EQUAL(fill(s, 0), NG_OK);
    CU_ASSERT_EQUAL(count_b(s), 0);
    store_close(&s);
    CU_ASSERT_PTR_NULL(s);
    store_close(&s);
    test_remove_folder(p.folder);
}

static void store_keeps_what_was_committed(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    CU_ASSERT_EQUAL(put_text(s, "k", "kept"), NG_OK);
    store_close(&s);
    s = store_at(&p);
    CU_ASSERT_TRUE(holds(s, "k", "kept"));
    store_close(&s);
    test_remove_folder(p.folder);
}

static void store_drops_a_write_that_returns_an_error(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    struct pair fails = {TABLE_A, "k", "never", NG_ERR_REFUSED};
    CU_ASSERT_EQUAL(store_write(s, fixture_put, &fails), NG_ERR_REFUSED);
    CU_ASSERT_TRUE(holds(s, "k", ""));
    CU_ASSERT_EQUAL(put_text(s, "k", "now"), NG_OK);
    store_close(&s);
    test_remove_folder(p.folder);
}

static enum ng_err put_key_of(struct store_txn *t, void *context)
{
    static const uint8_t raw[600] = {1};
    const size_t *size = context;
    struct bytes key = {raw, *size};
    struct bytes value;
    enum ng_err put = store_put(t, TABLE_A, key, text_bytes("v"));
    enum ng_err got = store_get(t, TABLE_A, key, &value);
    enum ng_err removed = store_remove(t, TABLE_A, key);
    CU_ASSERT_TRUE(put == got && got == removed);
    return put;
}

static void store_limits_the_size_of_keys(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    static const struct {
        size_t size;
        enum ng_err want;
    } table[] = {{0, NG_ERR_LIMIT}, {1, NG_OK}, {511, NG_OK}, {512, NG_ERR_LIMIT}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t size = table[i].size;
        CU_ASSERT_EQUAL(store_write(s, put_key_of, &size), table[i].want);
    }
    store_close(&s);
    test_remove_folder(p.folder);
}

static enum ng_err append_numbers(struct store_txn *t, void *context)
{
    const uint64_t *numbers = context;
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && i < 3; i++) {
        struct store_key_u64 key = store_key_u64(numbers[i]);
        err = store_append(t, TABLE_B, STORE_KEY(key), text_bytes("x"));
    }
    return err;
}

static void store_append_refuses_a_key_out_of_order(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    uint64_t rising[] = {254, 255, 256}; /* little-endian bytes would not rise */
    uint64_t falling[] = {300, 299, 301};
    uint64_t again[] = {256, 257, 258};
    CU_ASSERT_EQUAL(store_write(s, append_numbers, rising), NG_OK);
    CU_ASSERT_EQUAL(store_write(s, append_numbers, falling), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(store_write(s, append_numbers, again), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(count_b(s), 3);
    store_close(&s);
    test_remove_folder(p.folder);
}

static void store_cursor_walks_in_key_order(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    static const char *const keys[] = {"b", "a", "c", "ab"};
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(put_text(s, keys[i], keys[i]), NG_OK);
    }
    struct store_txn *t = NULL;
    struct store_cursor *c = NULL;
    struct bytes k = {0};
    struct bytes v = {0};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(s, &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_cursor_open(t, TABLE_A, &c), NG_OK);
    CU_ASSERT_TRUE(store_cursor_next(c, &k, &v) == NG_OK && same_text(k, "a"));
    CU_ASSERT_TRUE(store_cursor_next(c, &k, &v) == NG_OK && same_text(v, "ab"));
    CU_ASSERT_TRUE(store_cursor_seek(c, text_bytes("aa"), &k, &v) == NG_OK && same_text(k, "ab"));
    CU_ASSERT_TRUE(store_cursor_seek(c, (struct bytes){0}, &k, &v) == NG_OK && same_text(k, "a"));
    CU_ASSERT_EQUAL(store_cursor_prev(c, &k, &v), NG_ERR_NOT_FOUND);
    CU_ASSERT_TRUE(store_cursor_last(c, &k, &v) == NG_OK && same_text(k, "c"));
    CU_ASSERT_TRUE(store_cursor_prev(c, &k, &v) == NG_OK && same_text(k, "b"));
    CU_ASSERT_EQUAL(store_cursor_seek(c, text_bytes("d"), &k, &v), NG_ERR_NOT_FOUND);
    CU_ASSERT_TRUE(same_text(k, "b")); /* results are written only on success */
    store_cursor_close(&c);
    CU_ASSERT_EQUAL_FATAL(store_cursor_open(t, TABLE_B, &c), NG_OK);
    CU_ASSERT_EQUAL(store_cursor_last(c, &k, &v), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(store_cursor_next(c, &k, &v), NG_ERR_NOT_FOUND);
    store_cursor_close(&c);
    store_cursor_close(&c);
    store_end_read(&t);
    store_end_read(&t);
    store_close(&s);
    test_remove_folder(p.folder);
}

static void *write_elsewhere(void *store)
{
    return put_text(store, "k", "new") == NG_OK ? store : NULL;
}

static void store_snapshot_stands_still(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    CU_ASSERT_EQUAL(put_text(s, "k", "old"), NG_OK);
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(s, &t), NG_OK);
    pthread_t thread;
    void *done = NULL;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, write_elsewhere, s), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, &done), 0);
    CU_ASSERT_PTR_EQUAL(done, s);
    struct bytes v = {0};
    CU_ASSERT_EQUAL(store_get(t, TABLE_A, text_bytes("k"), &v), NG_OK);
    CU_ASSERT_TRUE(same_text(v, "old"));
    store_end_read(&t);
    CU_ASSERT_TRUE(holds(s, "k", "new"));
    store_close(&s);
    test_remove_folder(p.folder);
}

static void store_grows_its_map_and_runs_the_write_again(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    uint64_t used = 0;
    uint64_t map = 0;
    CU_ASSERT_EQUAL(store_size(s, &used, &map), NG_OK);
    CU_ASSERT_EQUAL(map, 65536);
    CU_ASSERT_EQUAL(fill(s, 3000), NG_OK);
    CU_ASSERT_EQUAL(count_b(s), 3000);
    CU_ASSERT_EQUAL(store_size(s, &used, &map), NG_OK);
    CU_ASSERT_TRUE(used > 3000000 && used <= map);
    store_close(&s);
    s = store_at(&p); /* with a first map smaller than the data */
    CU_ASSERT_EQUAL(count_b(s), 3000);
    CU_ASSERT_EQUAL(fill(s, 4000), NG_OK);
    store_close(&s);
    test_remove_folder(p.folder);
}

static void store_at_its_maximum_says_full_and_goes_on(void)
{
    struct place p = place_new();
    struct store_config config = config_at(&p);
    config.map_bytes_max = 1 << 20;
    struct store *s = NULL;
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &s), NG_OK);
    CU_ASSERT_EQUAL(put_text(s, "k", "before"), NG_OK);
    CU_ASSERT_EQUAL(fill(s, 3000), NG_ERR_FULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), p.path));
    CU_ASSERT_EQUAL(count_b(s), 0);
    CU_ASSERT_TRUE(holds(s, "k", "before"));
    CU_ASSERT_EQUAL(put_text(s, "k", "after"), NG_OK);
    CU_ASSERT_TRUE(holds(s, "k", "after"));
    store_close(&s);
    test_remove_folder(p.folder);
}

/* Two processes with one store: a pipe each way says whose turn it is. */
static void wait_turn(int fd)
{
    char byte = 0;
    CU_ASSERT_EQUAL_FATAL(read(fd, &byte, 1), 1);
}

static void give_turn(int fd)
{
    CU_ASSERT_EQUAL_FATAL(write(fd, "x", 1), 1);
}

static void run_growing_child(const struct place *p, int turn, int done)
{
    struct store *s = store_at(p);
    give_turn(done);
    for (unsigned count = 1000; count <= 3000; count += 1000) {
        wait_turn(turn);
        if (fill(s, count) != NG_OK) {
            _exit(1);
        }
        give_turn(done);
    }
    store_close(&s);
    _exit(0);
}

static void store_follows_a_map_that_another_process_grew(void)
{
    struct place p = place_new();
    struct store *made = store_at(&p);
    store_close(&made);
    int turn[2];
    int done[2];
    CU_ASSERT_TRUE_FATAL(pipe(turn) == 0 && pipe(done) == 0);
    pid_t child = fork();
    if (child == 0) {
        run_growing_child(&p, turn[0], done[1]);
    }
    wait_turn(done[0]);
    struct store_config config = config_at(&p);
    config.create = false;
    config.read_only = true;
    struct store *reader = NULL;
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &reader), NG_OK);
    for (unsigned count = 1000; count <= 3000; count += 1000) {
        give_turn(turn[1]);
        wait_turn(done[0]);
        CU_ASSERT_EQUAL(count_b(reader), count);
    }
    CU_ASSERT_EQUAL(put_text(reader, "k", "v"), NG_ERR_ACCESS);
    store_close(&reader);
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (int i = 0; i < 2; i++) {
        close(turn[i]);
        close(done[i]);
    }
    test_remove_folder(p.folder);
}

static enum ng_err add_one(struct store_txn *t, void *context)
{
    struct store_key_u64 count = store_key_u64(0);
    struct bytes v = {0};
    enum ng_err err = store_get(t, TABLE_A, text_bytes("count"), &v);
    (void)context;
    if (err == NG_OK) {
        memcpy(count.bytes, v.data, 8);
        for (int i = 7; i >= 0 && ++count.bytes[i] == 0; i--) {
        }
    }
    return err == NG_OK || err == NG_ERR_NOT_FOUND
               ? store_put(t, TABLE_A, text_bytes("count"), STORE_KEY(count))
               : err;
}

static void store_takes_several_writing_processes(void)
{
    enum { PROCESSES = 4, ROUNDS = 25 };
    struct place p = place_new();
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) { /* all make the store at once */
            struct store *s = store_at(&p);
            enum ng_err err = NG_OK;
            for (int k = 0; err == NG_OK && k < ROUNDS; k++) {
                err = store_write(s, add_one, NULL);
            }
            store_close(&s);
            _exit(err == NG_OK ? 0 : 1);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 1;
        CU_ASSERT_TRUE(wait(&status) > 0 && status == 0);
    }
    struct store *s = store_at(&p);
    struct store_key_u64 want = store_key_u64(PROCESSES * ROUNDS - 1);
    struct store_txn *t = NULL;
    struct bytes v = {0};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(s, &t), NG_OK);
    CU_ASSERT_EQUAL(store_get(t, TABLE_A, text_bytes("count"), &v), NG_OK);
    CU_ASSERT_TRUE(v.size == 8 && memcmp(v.data, want.bytes, 8) == 0);
    store_end_read(&t);
    store_close(&s);
    test_remove_folder(p.folder);
}

static void store_in_the_making_is_left_to_its_maker(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p); /* makes the folder */
    store_close(&s);
    char *data = file_join(p.path, "data.mdb");
    int maker = -1;
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_EQUAL_FATAL(truncate(data, 0), 0); /* where LMDB is before its first write */
    CU_ASSERT_EQUAL_FATAL(file_lock_folder(p.path, &maker), NG_OK);
    struct stat before;
    struct stat after;
    CU_ASSERT_EQUAL_FATAL(stat(data, &before), 0);
    pid_t other = fork();
    if (other == 0) {
        file_unlock(&maker); /* an flock is shared with a child until it closes its copy */
        s = store_at(&p);
        _exit(s != NULL ? 0 : 1);
    }
    int status = 1;
    (void)poll(NULL, 0, 200);
    CU_ASSERT_EQUAL(waitpid(other, &status, WNOHANG), 0);
    CU_ASSERT_TRUE(stat(data, &after) == 0 && after.st_ino == before.st_ino);
    file_unlock(&maker);
    CU_ASSERT_EQUAL(waitpid(other, &status, 0), other);
    CU_ASSERT_EQUAL(status, 0);
    free(data);
    test_remove_folder(p.folder);
}

struct shared {
    struct store *store;
    unsigned wrong;
    bool stop;
    pthread_mutex_t mutex;
};

static bool stopped(struct shared *shared)
{
    (void)pthread_mutex_lock(&shared->mutex);
    bool stop = shared->stop;
    (void)pthread_mutex_unlock(&shared->mutex);
    return stop;
}

/* Reads the last entry of every snapshot to its last byte: a map that moved under it would crash.
 */
static void *read_on(void *context)
{
    struct shared *shared = context;
    while (!stopped(shared)) {
        struct store_txn *t = NULL;
        struct store_cursor *c = NULL;
        struct bytes k;
        struct bytes v;
        if (store_begin_read(shared->store, &t) != NG_OK ||
            store_cursor_open(t, TABLE_B, &c) != NG_OK) {
            shared->wrong++;
            store_end_read(&t);
            break;
        }
        if (store_cursor_last(c, &k, &v) == NG_OK) {
            shared->wrong += v.size != 1000 || v.data[999] != 0;
        }
        store_cursor_close(&c);
        store_end_read(&t);
    }
    return NULL;
}

static void store_grows_beside_reading_threads(void)
{
    enum { READERS = 3 };
    struct place p = place_new();
    struct shared shared[READERS];
    pthread_t threads[READERS];
    struct store *s = store_at(&p);
    for (int i = 0; i < READERS; i++) {
        shared[i] = (struct shared){.store = s, .mutex = PTHREAD_MUTEX_INITIALIZER};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, read_on, &shared[i]), 0);
    }
    for (unsigned count = 50; count < 8000; count *= 2) {
        CU_ASSERT_EQUAL(fill(s, count), NG_OK);
    }
    for (int i = 0; i < READERS; i++) {
        (void)pthread_mutex_lock(&shared[i].mutex);
        shared[i].stop = true;
        (void)pthread_mutex_unlock(&shared[i].mutex);
        (void)pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(shared[i].wrong, 0);
    }
    store_close(&s);
    test_remove_folder(p.folder);
}

static off_t file_size(const struct place *p)
{
    char path[300];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/data.mdb", p->path);
    CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
    return st.st_size;
}

static enum ng_err put_large(struct store_txn *t, void *context)
{
    static const uint8_t value[3000];
    const unsigned *number = context;
    char key[16];
    (void)snprintf(key, sizeof(key), "%08u", *number);
    return store_put(t, TABLE_A, text_bytes(key), (struct bytes){value, sizeof(value)});
}

/* Each of the writes needs a page more, and the file grows for few of them. */
static void store_file_is_longer_than_what_it_holds(void)
{
    struct place p = place_new();
    struct store_config config = config_at(&p);
    struct store *s = NULL;
    config.map_bytes = UINT64_C(1) << 24;
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &s), NG_OK);
    unsigned grown = 0;
    off_t before = file_size(&p);
    for (unsigned i = 0; i < 200; i++) {
        CU_ASSERT_EQUAL_FATAL(store_write(s, put_large, &i), NG_OK);
        grown += file_size(&p) != before;
        before = file_size(&p);
    }
    CU_ASSERT_TRUE(grown > 1);
    CU_ASSERT_TRUE(grown < 10);
    store_close(&s);
    test_remove_folder(p.folder);
}

static void store_copy_is_a_whole_store(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    CU_ASSERT_EQUAL(fill(s, 500), NG_OK);
    CU_ASSERT_EQUAL(put_text(s, "k", "v"), NG_OK);
    struct place copy = p;
    (void)snprintf(copy.path, sizeof(copy.path), "%s/backup/new", p.folder);
    CU_ASSERT_EQUAL(store_copy(s, copy.path), NG_OK);
    struct store *second = store_at(&copy);
    CU_ASSERT_EQUAL(count_b(second), 500);
    CU_ASSERT_TRUE(holds(second, "k", "v"));
    store_close(&second);
    CU_ASSERT_NOT_EQUAL(store_copy(s, copy.path), NG_OK); /* never over something */
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), copy.path));
    store_close(&s);
    test_remove_folder(p.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(store_puts_gets_and_removes),
    TEST_CASE(store_keeps_what_was_committed),
    TEST_CASE(store_drops_a_write_that_returns_an_error),
    TEST_CASE(store_limits_the_size_of_keys),
    TEST_CASE(store_append_refuses_a_key_out_of_order),
    TEST_CASE(store_cursor_walks_in_key_order),
    TEST_CASE(store_snapshot_stands_still),
    TEST_CASE(store_grows_its_map_and_runs_the_write_again),
    TEST_CASE(store_at_its_maximum_says_full_and_goes_on),
    TEST_CASE(store_follows_a_map_that_another_process_grew),
    TEST_CASE(store_takes_several_writing_processes),
    TEST_CASE(store_in_the_making_is_left_to_its_maker),
    TEST_CASE(store_grows_beside_reading_threads),
    TEST_CASE(store_file_is_longer_than_what_it_holds),
    TEST_CASE(store_copy_is_a_whole_store),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("store", cases, argc, argv);
}
