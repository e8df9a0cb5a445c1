/* Goal: whatever fails while a snapshot is kept or a past is replayed, nothing leaks, the batch
 * that was being stored is not harmed, no half of a snapshot is ever used, and a replay gives the
 * right state or an error.
 *
 * Method: the k-th allocation and the k-th call of the disk fail, for every k there is, while the
 * snapshot is written, and again while it is read; writing also ends the process there. */
#include "kit.h"

#include "fault/fault.h"
#include "office-service/replay.h"
#include "office-service/shelf.h"

#include <errno.h>
#include <sys/wait.h>

static char folder[200];
static char path[240];
static struct kit k;
static struct tree_edge edge;

static void begin(void)
{
    test_folder(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/one.state", folder);
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    kit_set(&k, KIT_YEAR, "ward", "I,,field,x,,10,points,,,\n");
    kit_value(&k, "P1", "I", "4");
    edge = (struct tree_edge){0};
    for (uint64_t i = 0; i < k.count; i++) {
        struct hash hash = leaf_hash(k.leaves[i]);
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
    }
}

static void end(void)
{
    kit_close(&k);
    test_remove_folder(folder);
}

/* There is no snapshot, or a whole one. */
static bool is_there(void)
{
    struct snapshot *s = NULL;
    enum ng_err err = snapshot_open(path, &s);
    CU_ASSERT_TRUE(!err || err == NG_ERR_NOT_FOUND);
    bool there = !err && kit_same_kv(snapshot_state(s), &k.memory.kv);
    CU_ASSERT_EQUAL(there, !err);
    snapshot_close(&s);
    return there;
}

static void written_with(unsigned kinds, int error)
{
    bool struck = true;
    for (unsigned n = 1; struck; n++) {
        (void)unlink(path);
        fault_set(kinds, n, error, false);
        enum ng_err err = snapshot_write(path, &k.memory.kv, &edge);
        struck = fault_clear();
        CU_ASSERT_EQUAL(is_there(), !err);
        CU_ASSERT_TRUE(struck || !err);
        CU_ASSERT_TRUE_FATAL(n < 1000);
    }
}

static void a_snapshot_is_written_whole_or_not_at_all(void)
{
    begin();
    written_with(FAULT_MEMORY, ENOMEM);
    written_with(FAULT_IO, ENOSPC);
    written_with(FAULT_WRITE, EIO);
    fault_set_short(1);
    CU_ASSERT_EQUAL(snapshot_write(path, &k.memory.kv, &edge), NG_OK);
    (void)fault_clear();
    CU_ASSERT_TRUE(is_there());
    end();
}

static void a_process_that_ends_leaves_the_old_one(void)
{
    begin();
    bool stopped = true;
    CU_ASSERT_EQUAL_FATAL(snapshot_write(path, &k.memory.kv, &edge), NG_OK);
    for (unsigned n = 1; stopped; n++) {
        int status = 0;
        pid_t child = fork();
        CU_ASSERT_TRUE_FATAL(child >= 0 && n < 1000);
        if (child == 0) {
            fault_set(FAULT_IO, n, FAULT_STOP, false);
            _exit(snapshot_write(path, &k.memory.kv, &edge) ? 1 : 0);
        }
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
        stopped = WIFEXITED(status) && WEXITSTATUS(status) == FAULT_STOPPED;
        CU_ASSERT_TRUE(stopped || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
        CU_ASSERT_TRUE(is_there());
    }
    end();
}

static void reading_with(struct mirror *mirror, unsigned kinds, int error)
{
    bool struck = true;
    for (unsigned n = 1; struck; n++) {
        struct replay r = {0};
        fault_set(kinds, n, error, false);
        enum ng_err err = replay_run(&r, mirror, k.count, REPLAY_FROM_SNAPSHOT);
        struck = fault_clear();
        CU_ASSERT_TRUE(err || kit_same_kv(replay_state(&r), &k.memory.kv));
        CU_ASSERT_TRUE(struck || !err);
        replay_end(&r);
        CU_ASSERT_TRUE_FATAL(n < 5000);
    }
}

/* A disk that fails where the snapshot lies costs time, not the answer. */
static void a_replay_is_right_or_an_error(void)
{
    struct mirror *mirror;
    uint64_t size = 0;
    begin();
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
    mirror_keep_every(mirror, 4);
    const struct party_reader *reader = mirror_reader(mirror);
    struct note_head head = {.origin = "nganam.example/log", .size = k.count};
    CU_ASSERT_EQUAL_FATAL(reader->apply(reader->context, k.leaves, k.count, &edge, &head), NG_OK);
    CU_ASSERT_EQUAL_FATAL(shelf_find(folder, k.count, &size), NG_OK);
    CU_ASSERT_TRUE(size > 0);
    reading_with(mirror, FAULT_MEMORY, ENOMEM);
    reading_with(mirror, FAULT_OPEN | FAULT_MAP, EIO);
    mirror_close(&mirror);
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(a_snapshot_is_written_whole_or_not_at_all),
    TEST_CASE(a_process_that_ends_leaves_the_old_one),
    TEST_CASE(a_replay_is_right_or_an_error),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("replay_fault", cases, argc, argv);
}
