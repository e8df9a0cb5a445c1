/* Goal: whatever fails or stops while a batch is stored and folded, the mirror afterwards is the
 * old one or the new one, the state is what its leaves give, and feeding it again gives the same
 * bytes as a fold that met no trouble.
 *
 * Method: the three loops. The second half of the kit's town is fed with the k-th allocation
 * failing, with the k-th write or sync failing, and in a child that ends there; for every k there
 * is. */
#include "kit.h"

#include "fault/fault.h"
#include "office-service/replay.h"

#include <errno.h>
#include <sys/wait.h>

static char folder[200];
static struct kit k;
static struct mirror *mirror;
static uint64_t half;

static void feed(uint64_t from, uint64_t to, enum ng_err *ret)
{
    const struct party_reader *reader = mirror_reader(mirror);
    struct tree_edge edge;
    struct note_head head = {.origin = "nganam.example/log", .size = k.count};
    *ret = reader->position(reader->context, &edge);
    for (uint64_t i = from; i < to && !*ret; i++) {
        struct hash hash = leaf_hash(k.leaves[i]);
        *ret = tree_edge_add(&edge, &hash, NULL, NULL);
    }
    if (!*ret) {
        *ret = reader->apply(reader->context, k.leaves + from, to - from, &edge, &head);
    }
}

static void open_again(void)
{
    mirror_close(&mirror);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
}

static void tell_town(void)
{
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    kit_unit(&k, "P2", "ward", "", "");
    kit_set(&k, KIT_YEAR, "ward",
            "I,,field,x,,10,points,,,\nII,,field,x,,5,survey,,,\n"
            "III,,field,x,,5,tasks,>=100:5|:0,rescale,\n");
    kit_task(&k, "T1", "@ward", "2026", "2026-02-10", "");
    half = k.count;
    kit_value(&k, "P1", "I", "4");
    kit_progress(&k, "P1", "T1", 100);
    kit_value(&k, "P1", "I", "11");
    kit_day(&k, "2026-02-11");
    kit_survey(&k, "P1", "II", "5");
    kit_unit(&k, "P2", "department", "", "");
}

static void begin(void)
{
    enum ng_err err;
    test_folder(folder, sizeof folder);
    tell_town();
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
    feed(0, half, &err);
    CU_ASSERT_EQUAL_FATAL(err, NG_OK);
}

static void end(void)
{
    mirror_close(&mirror);
    kit_close(&k);
    test_remove_folder(folder);
}

/* The mirror is whole; true if it is the new one. */
static bool is_new(void)
{
    struct mirror_view v;
    struct state_meta meta;
    CU_ASSERT_EQUAL(mirror_check(mirror), NG_OK);
    CU_ASSERT_EQUAL_FATAL(mirror_view_begin(mirror, &v), NG_OK);
    CU_ASSERT_EQUAL_FATAL(state_meta_get(mirror_view_state(&v), &meta), NG_OK);
    CU_ASSERT_EQUAL(meta.applied, v.edge.size);
    CU_ASSERT_TRUE(meta.applied == half || meta.applied == k.count);
    bool new = meta.applied == k.count;
    mirror_view_end(&v);
    return new;
}

/* And what it gives is what the kit's own fold gave. */
static void assert_same_as_kit(void)
{
    struct replay r = {0};
    CU_ASSERT_EQUAL_FATAL(replay_run(&r, mirror, k.count, REPLAY_FROM_START), NG_OK);
    CU_ASSERT_TRUE(kit_same_kv(replay_state(&r), &k.memory.kv));
    replay_end(&r);
}

static void a_failed_allocation_leaves_the_old_and_can_be_tried_again(void)
{
    begin();
    bool struck = true;
    unsigned failed = 0;
    for (unsigned n = 1; struck; n++) {
        enum ng_err err;
        fault_set(FAULT_MEMORY, n, ENOMEM, false);
        feed(half, k.count, &err);
        struck = fault_clear();
        CU_ASSERT_EQUAL(err, struck ? NG_ERR_NOMEM : NG_OK);
        if (is_new() != !struck) {
            CU_FAIL("neither the old nor the new");
            break;
        }
        failed += struck;
    }
    CU_ASSERT_TRUE(failed > 50);
    assert_same_as_kit();
    end();
}

static void a_failed_write_leaves_the_old_or_the_new(void)
{
    begin();
    bool struck = true;
    for (unsigned n = 1; struck; n++) {
        enum ng_err err;
        fault_set(FAULT_IO, n, ENOSPC, false);
        feed(half, k.count, &err);
        struck = fault_clear();
        CU_ASSERT_TRUE(struck || !err);
        open_again(); /* a failed sync is final for the process that met it */
        if (is_new()) {
            break;
        }
    }
    assert_same_as_kit();
    end();
}

static void a_process_that_ends_anywhere_leaves_the_old_or_the_new(void)
{
    begin();
    bool stopped = true;
    for (unsigned n = 1; stopped; n++) {
        mirror_close(&mirror);
        pid_t child = fork();
        if (child == 0) {
            enum ng_err err = mirror_open(folder, MIRROR_MADE_UP, &mirror);
            fault_set(FAULT_IO, n, FAULT_STOP, false);
            if (!err) {
                feed(half, k.count, &err);
            }
            _exit(err ? 1 : 0);
        }
        int status;
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
        CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
        stopped = WEXITSTATUS(status) == FAULT_STOPPED;
        CU_ASSERT_TRUE(stopped || WEXITSTATUS(status) == 0);
        open_again();
        if (is_new()) {
            break;
        }
    }
    assert_same_as_kit();
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(a_failed_allocation_leaves_the_old_and_can_be_tried_again),
    TEST_CASE(a_failed_write_leaves_the_old_or_the_new),
    TEST_CASE(a_process_that_ends_anywhere_leaves_the_old_or_the_new),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("mirror_fault", cases, argc, argv);
}
