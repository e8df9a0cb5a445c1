/* Goal: after any failed call or sudden stop the store holds the old state or the new one, says
 * which trouble it was with the path, and acknowledges nothing that may not be on disk. Method: the
 * three loops of fault injection, LMDB's own calls included (it is linked statically). */
#include "fault/fault.h"
#include "fixture.h"

#include <errno.h>
#include <sys/wait.h>

struct two {
    const char *value;
};

/* Both tables change together or not at all. */
static enum ng_err put_both(struct store_txn *t, void *context)
{
    const struct two *two = context;
    enum ng_err err = store_put(t, TABLE_A, text_bytes("k"), text_bytes(two->value));
    return err == NG_OK ? store_put(t, TABLE_B, text_bytes("k"), text_bytes(two->value)) : err;
}

static enum ng_err put_two(struct store *s, const char *value)
{
    struct two two = {value};
    return store_write(s, put_both, &two);
}

static bool both_hold(struct store *s, const char *value)
{
    struct store_txn *t = NULL;
    struct bytes b = {0};
    bool same = holds(s, "k", value) && store_begin_read(s, &t) == NG_OK;
    same = same && store_get(t, TABLE_B, text_bytes("k"), &b) == NG_OK && same_text(b, value);
    store_end_read(&t);
    return same;
}

static struct place place_with_old(void)
{
    struct place p = place_new();
    struct store *s = store_at(&p);
    CU_ASSERT_EQUAL_FATAL(put_two(s, "old"), NG_OK);
    store_close(&s);
    return p;
}

static bool is_old_or_new(const struct place *p)
{
    struct store *s = store_at(p);
    bool whole = both_hold(s, "old") || both_hold(s, "new");
    store_close(&s);
    return whole;
}

/* Opens, writes, closes; what an acknowledged write was worth is checked on the spot. */
static enum ng_err open_and_write(const struct place *p)
{
    struct store_config config = config_at(p);
    struct store *s = NULL;
    enum ng_err err = store_open(&config, &s);
    err = err == NG_OK ? put_two(s, "new") : err;
    store_close(&s);
    return err;
}

static void store_survives_each_failure(unsigned kinds, int error, enum ng_err want, unsigned least)
{
    struct place p = place_with_old();
    bool struck = true;
    unsigned refused = 0;
    for (unsigned k = 1; struck; k++) {
        struct store *s = store_at(&p);
        CU_ASSERT_EQUAL_FATAL(put_two(s, "old"), NG_OK);
        store_close(&s);
        fault_set(kinds, k, error, false);
        enum ng_err err = open_and_write(&p);
        struck = fault_clear();
        CU_ASSERT_TRUE(err == NG_OK || err == want);
        CU_ASSERT_TRUE(err == NG_OK || strstr(err_explain(err), p.path) != NULL);
        refused += err != NG_OK;
        CU_ASSERT_TRUE(is_old_or_new(&p));
    }
    CU_ASSERT_TRUE(refused >= least);
    test_remove_folder(p.folder);
}

static void store_survives_missing_memory(void)
{
    store_survives_each_failure(FAULT_MEMORY, ENOMEM, NG_ERR_NOMEM, 10);
}

static void store_survives_io_errors(void)
{
    store_survives_each_failure(FAULT_IO, EIO, NG_ERR_IO, 6);
}

static void store_survives_a_full_disk(void)
{
    store_survives_each_failure(FAULT_SYNC, ENOSPC, NG_ERR_IO, 1);
    store_survives_each_failure(FAULT_WRITE, ENOSPC, NG_ERR_FULL, 1);
}

static void store_creation_fails_cleanly(void)
{
    bool struck = true;
    for (unsigned k = 1; struck; k++) {
        struct place p = place_new();
        fault_set(FAULT_IO, k, ENOSPC, false);
        enum ng_err err = open_and_write(&p);
        struck = fault_clear();
        CU_ASSERT_TRUE(err == NG_OK || err == NG_ERR_FULL);
        CU_ASSERT_EQUAL(open_and_write(&p), NG_OK); /* the same folder, once there is room */
        CU_ASSERT_TRUE(is_old_or_new(&p));
        test_remove_folder(p.folder);
    }
}

/* The first write of a new file falls short, as it does where the disk becomes full: what is left
 * is no store, and the next start makes one in its place. */
static void store_begins_anew_after_a_short_first_write(void)
{
    bool struck = true;
    unsigned refused = 0;
    for (unsigned k = 1; struck; k++) {
        struct place p = place_new();
        fault_set_short(k);
        enum ng_err err = open_and_write(&p);
        struck = fault_clear();
        refused += err != NG_OK;
        CU_ASSERT_EQUAL(open_and_write(&p), NG_OK);
        CU_ASSERT_TRUE(is_old_or_new(&p));
        test_remove_folder(p.folder);
    }
    CU_ASSERT_TRUE(refused >= 1);
}

/* The process ends in place of its k-th call, in creation as well as in a write. */
static void store_stopped_anywhere_is_old_or_new(void)
{
    for (int fresh = 0; fresh < 2; fresh++) {
        int status = 0;
        unsigned stops = 0;
        for (unsigned k = 1; k == 1 || WEXITSTATUS(status) == FAULT_STOPPED; k++) {
            struct place p = fresh != 0 ? place_new() : place_with_old();
            pid_t child = fork();
            if (child == 0) {
                fault_set(FAULT_IO, k, FAULT_STOP, false);
                _exit(open_and_write(&p) == NG_OK ? 0 : 1);
            }
            CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
            CU_ASSERT_TRUE_FATAL(WIFEXITED(status) && WEXITSTATUS(status) != 1);
            stops += WEXITSTATUS(status) == FAULT_STOPPED;
            struct store *s = store_at(&p);
            CU_ASSERT_TRUE(both_hold(s, "new") ||
                           (fresh == 0 ? both_hold(s, "old") : holds(s, "k", "")));
            store_close(&s);
            test_remove_folder(p.folder);
        }
        CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
        CU_ASSERT_TRUE(stops >= 6);
    }
}

/* Fails every sync from now on: if any commit then says NG_OK it did not wait for the disk. */
static void store_acknowledges_nothing_unsynced(void)
{
    struct place p = place_with_old();
    struct store *s = store_at(&p);
    fault_set(FAULT_SYNC, 1, EIO, true);
    CU_ASSERT_EQUAL(put_two(s, "new"), NG_ERR_IO);
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), p.path));
    CU_ASSERT_TRUE(both_hold(s, "old"));
    store_close(&s);
    test_remove_folder(p.folder);
}

static void store_refuses_to_write_after_a_failed_sync(void)
{
    struct place p = place_with_old();
    struct store *s = store_at(&p);
    fault_set(FAULT_SYNC, 1, EIO, false);
    CU_ASSERT_EQUAL(put_two(s, "new"), NG_ERR_IO);
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_EQUAL(put_two(s, "new"), NG_ERR_IO); /* the disk is well again, but what was lost? */
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), p.path));
    CU_ASSERT_TRUE(both_hold(s, "old")); /* reading goes on */
    store_close(&s);
    s = store_at(&p); /* as a new process would */
    CU_ASSERT_EQUAL(put_two(s, "new"), NG_OK);
    CU_ASSERT_TRUE(both_hold(s, "new"));
    store_close(&s);
    test_remove_folder(p.folder);
}

/* Whatever the sync said, and whatever the disk says of its space. */
static void store_refuses_to_write_after_a_sync_without_space(void)
{
    static const int errors[] = {ENOSPC, EDQUOT};
    for (int i = 0; i < 4; i++) {
        struct place p = place_with_old();
        struct store *s = store_at(&p);
        const bool full = i >= 2; /* then the kernel tells every descriptor: sticky */
        fault_set(FAULT_SYNC, 1, errors[i % 2], full);
        fault_set_disk(full ? FAULT_DISK_FULL : FAULT_DISK_ROOMY);
        CU_ASSERT_EQUAL(put_two(s, "new"), NG_ERR_IO);
        CU_ASSERT_TRUE(fault_clear());
        CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), p.path));
        CU_ASSERT_EQUAL(put_two(s, "new"), NG_ERR_IO);
        CU_ASSERT_TRUE(both_hold(s, "old"));
        fault_set_disk(FAULT_DISK_AS_IT_IS);
        store_close(&s);
        test_remove_folder(p.folder);
    }
}

static void store_goes_on_after_a_full_disk(void)
{
    struct place p = place_with_old();
    struct store *s = store_at(&p);
    fault_set(FAULT_WRITE, 1, ENOSPC, false);
    CU_ASSERT_EQUAL(put_two(s, "new"), NG_ERR_FULL);
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), p.path));
    CU_ASSERT_TRUE(both_hold(s, "old"));
    CU_ASSERT_EQUAL(put_two(s, "new"), NG_OK);
    CU_ASSERT_TRUE(both_hold(s, "new"));
    store_close(&s);
    test_remove_folder(p.folder);
}

/* ---- Short writes ---- */

/* A value of many pages, so that LMDB writes them in one call that can fall short. */
static enum ng_err put_large(struct store_txn *t, void *context)
{
    static uint8_t large[65536];
    memset(large, *(const char *)context, sizeof(large));
    return store_put(t, TABLE_A, text_bytes("large"), (struct bytes){large, sizeof(large)});
}

/* The last write before the space ends is a short one. On a full disk that is no end, as long as it
 * was not the meta page; on any other disk it is. */
static void short_writes_on(bool full)
{
    unsigned went_on = 0;
    bool struck = true;
    for (unsigned k = 1; struck; k++) {
        struct place p = place_with_old();
        struct store *s = store_at(&p);
        char x = 'x';
        fault_set_short(k);
        fault_set_disk(full ? FAULT_DISK_FULL : FAULT_DISK_ROOMY);
        enum ng_err err = store_write(s, put_large, &x);
        struck = fault_clear();
        CU_ASSERT_EQUAL(struck, err == NG_ERR_FULL || err == NG_ERR_IO);
        CU_ASSERT_TRUE(err == NG_OK || strstr(err_detail(), p.path) != NULL);
        CU_ASSERT_TRUE(full || err != NG_ERR_FULL);
        enum ng_err next = put_two(s, "new");
        went_on += struck && next == NG_OK;
        CU_ASSERT_TRUE(next == NG_OK || (struck && next == NG_ERR_IO));
        CU_ASSERT_TRUE(next != NG_OK || both_hold(s, "new"));
        store_close(&s);
        CU_ASSERT_TRUE(is_old_or_new(&p));
        test_remove_folder(p.folder);
    }
    fault_set_disk(FAULT_DISK_AS_IT_IS);
    CU_ASSERT_EQUAL(went_on > 0, full);
}

static void store_survives_short_writes(void)
{
    short_writes_on(true);
    short_writes_on(false);
}

/* The meta page is written last; once that write failed nobody knows what is on disk. Pages before
 * it lie where no committed tree looks, so a full disk there is no end. */
static void store_is_final_after_a_failed_meta_write(void)
{
    bool struck = true;
    unsigned went_on = 0;
    enum ng_err last = NG_OK;
    for (unsigned k = 1; struck; k++) {
        struct place p = place_with_old();
        struct store *s = store_at(&p);
        fault_set(FAULT_WRITE, k, ENOSPC, false);
        enum ng_err err = put_two(s, "new");
        struck = fault_clear();
        CU_ASSERT_EQUAL(err, struck ? NG_ERR_FULL : NG_OK);
        enum ng_err next = put_two(s, "new");
        CU_ASSERT_TRUE(next == NG_OK || next == NG_ERR_IO);
        CU_ASSERT_TRUE(last == NG_OK || !struck); /* only the last write is the meta page */
        last = struck ? next : last;
        went_on += struck && next == NG_OK;
        store_close(&s);
        CU_ASSERT_TRUE(is_old_or_new(&p));
        test_remove_folder(p.folder);
    }
    CU_ASSERT_EQUAL(last, NG_ERR_IO);
    CU_ASSERT_TRUE(went_on > 0);
}

/* A commit is there when the meta page is: LMDB writes it through, and only where that was asked to
 * be left out does it wait for the next sync. */
static void store_writes_the_meta_page_through(void)
{
    for (int relaxed = 0; relaxed < 2; relaxed++) {
        struct place p = place_new();
        struct store_config config = config_at(&p);
        struct store *s = NULL;
        config.relaxed_meta = relaxed != 0;
        CU_ASSERT_EQUAL_FATAL(store_open(&config, &s), NG_OK);
        fault_set(FAULT_SYNC, 1000, EIO, false);
        CU_ASSERT_EQUAL(put_two(s, "new"), NG_OK);
        CU_ASSERT_EQUAL(fault_calls(), 1);
        CU_ASSERT_EQUAL(fault_writes_through(), relaxed != 0 ? 0 : 1);
        (void)fault_clear();
        store_close(&s);
        test_remove_folder(p.folder);
    }
}

static unsigned syncs_of(enum ng_err (*work)(void *), void *context)
{
    fault_set(FAULT_SYNC, 1000, EIO, false);
    enum ng_err err = work(context);
    unsigned calls = fault_calls();
    (void)fault_clear();
    CU_ASSERT_EQUAL(err, NG_OK);
    return calls;
}

static enum ng_err write_work(void *store)
{
    return put_two(store, "new");
}

static enum ng_err open_work(void *place)
{
    struct store_config config = config_at(place);
    struct store *s = NULL;
    enum ng_err err = store_open(&config, &s);
    store_close(&s);
    return err;
}

struct copy {
    struct store *store;
    char folder[300];
};

static enum ng_err copy_work(void *context)
{
    struct copy *copy = context;
    return store_copy(copy->store, copy->folder);
}

/* A new name is durable only when its folder is synced: of the store's folder in its parent, of the
 * data file in the store's folder. */
static void store_syncs_new_names(void)
{
    struct place p = place_with_old();
    struct copy copy = {.store = store_at(&p)};
    (void)snprintf(copy.folder, sizeof(copy.folder), "%s/copy", p.folder);
    unsigned commit = syncs_of(write_work, copy.store);
    CU_ASSERT_TRUE(commit >= 1);
    CU_ASSERT_EQUAL(syncs_of(copy_work, &copy), 3); /* parent, file, folder */
    store_close(&copy.store);
    test_remove_folder(p.folder);
    p = place_new();
    CU_ASSERT_EQUAL(syncs_of(open_work, &p), 1 + commit + 1);
    CU_ASSERT_EQUAL(syncs_of(open_work, &p), 0);
    test_remove_folder(p.folder);
}

static void store_copy_reports_each_failure(void)
{
    struct place p = place_with_old();
    struct store *s = store_at(&p);
    bool struck = true;
    unsigned refused = 0;
    for (unsigned k = 1; struck; k++) {
        char folder[300];
        (void)snprintf(folder, sizeof(folder), "%s/copy%u", p.folder, k);
        fault_set(FAULT_OPEN | FAULT_WRITE | FAULT_SYNC, k, ENOSPC, false);
        enum ng_err err = store_copy(s, folder);
        struck = fault_clear();
        CU_ASSERT_EQUAL(err, struck ? NG_ERR_FULL : NG_OK);
        CU_ASSERT_TRUE(err == NG_OK || strstr(err_detail(), p.folder) != NULL);
        refused += err != NG_OK;
    }
    CU_ASSERT_TRUE(refused >= 5);
    store_close(&s);
    test_remove_folder(p.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(store_survives_missing_memory),
    TEST_CASE(store_survives_io_errors),
    TEST_CASE(store_survives_a_full_disk),
    TEST_CASE(store_creation_fails_cleanly),
    TEST_CASE(store_begins_anew_after_a_short_first_write),
    TEST_CASE(store_stopped_anywhere_is_old_or_new),
    TEST_CASE(store_acknowledges_nothing_unsynced),
    TEST_CASE(store_refuses_to_write_after_a_failed_sync),
    TEST_CASE(store_refuses_to_write_after_a_sync_without_space),
    TEST_CASE(store_goes_on_after_a_full_disk),
    TEST_CASE(store_survives_short_writes),
    TEST_CASE(store_is_final_after_a_failed_meta_write),
    TEST_CASE(store_writes_the_meta_page_through),
    TEST_CASE(store_syncs_new_names),
    TEST_CASE(store_copy_reports_each_failure),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("store_fault", cases, argc, argv);
}
