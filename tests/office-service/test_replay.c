/* Goal: a past is the same bytes whichever snapshot it begins at, and none that is damaged, of
 * other rules or of another log is ever used; what is kept stays bounded.
 *
 * Method: the kit's town, many days of it, is fed to a mirror that keeps snapshots every few
 * leaves; each size is replayed and compared with the kit's own replay. Snapshots are damaged byte
 * by byte. */
#include "kit.h"

#include "base/file.h"
#include "office-service/replay.h"
#include "office-service/shelf.h"

#include <sys/stat.h>

enum { EVERY = 8, LEAVES = 120 };

static char folder[200];
static struct kit k;
static struct mirror *mirror;

static void begin(void)
{
    test_folder(folder, sizeof folder);
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    kit_unit(&k, "P2", "ward", "", "");
    kit_set(&k, KIT_YEAR, "ward", "I,,field,x,,10,points,,,\nII,,field,x,,5,survey,,,\n");
    kit_task(&k, "T1", "@ward", "2026", "every:month:10", "");
    for (unsigned i = 0; k.count < LEAVES; i++) {
        char value[12];
        (void)snprintf(value, sizeof value, "%u.%u", i % 10, i % 7);
        kit_value(&k, i % 2 ? "P1" : "P2", "I", value);
        kit_progress(&k, i % 3 ? "P1" : "P2", "T1", i % 101);
        k.now += INT64_C(86400000) * 2;
    }
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
    mirror_keep_every(mirror, EVERY);
}

static void end(void)
{
    mirror_close(&mirror);
    kit_close(&k);
    test_remove_folder(folder);
}

/* In batches of `batch`. */
static void feed(uint64_t to, uint64_t batch)
{
    const struct party_reader *reader = mirror_reader(mirror);
    struct tree_edge edge;
    CU_ASSERT_EQUAL_FATAL(reader->position(reader->context, &edge), NG_OK);
    while (edge.size < to) {
        uint64_t from = edge.size;
        uint64_t until = to - from < batch ? to : from + batch;
        struct note_head head = {.origin = "nganam.example/log", .size = until};
        for (uint64_t i = from; i < until; i++) {
            struct hash hash = leaf_hash(k.leaves[i]);
            CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
        }
        CU_ASSERT_EQUAL_FATAL(
            reader->apply(reader->context, k.leaves + from, until - from, &edge, &head), NG_OK);
    }
}

/* Replays to `count`; gives the size of the snapshot it began at. */
static uint64_t replayed_from(uint64_t count)
{
    struct replay r = {0};
    struct kv_memory wanted;
    struct tree_edge edge = {0};
    CU_ASSERT_EQUAL_FATAL(replay_run(&r, mirror, count, REPLAY_FROM_SNAPSHOT), NG_OK);
    kit_replay(&k, count, &wanted);
    CU_ASSERT_TRUE(kit_same_kv(replay_state(&r), &wanted.kv));
    for (uint64_t i = 0; i < count; i++) {
        struct hash hash = leaf_hash(k.leaves[i]);
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
    }
    const struct hash mine = replay_root(&r);
    const struct hash root = tree_edge_root(&edge);
    CU_ASSERT_TRUE(hash_equal(&mine, &root));
    uint64_t from = r.base ? snapshot_edge(r.base)->size : 0;
    replay_end(&r);
    kv_memory_fini(&wanted);
    return from;
}

static uint64_t newest(uint64_t at_most)
{
    uint64_t size = 0;
    return shelf_find(folder, at_most, &size) ? 0 : size;
}

static void any_past_size_gives_its_own_state_and_root(void)
{
    begin();
    feed(k.count, 3);
    unsigned from_snapshots = 0;
    for (uint64_t count = 0; count <= k.count; count++) {
        uint64_t from = replayed_from(count);
        CU_ASSERT_EQUAL(from, newest(count));
        from_snapshots += from > 0;
    }
    CU_ASSERT_TRUE(from_snapshots > LEAVES / 2);
    struct replay r = {0};
    CU_ASSERT_EQUAL(replay_run(&r, mirror, k.count + 1, REPLAY_FROM_SNAPSHOT), NG_ERR_NOT_FOUND);
    replay_end(&r);
    end();
}

static void a_catch_up_writes_only_what_it_keeps(void)
{
    begin();
    const struct party_reader *reader = mirror_reader(mirror);
    struct note_head head = {.origin = "nganam.example/log", .size = UINT64_C(1) << 30};
    struct tree_edge edge = {0};
    for (uint64_t i = 0; i < k.count; i++) {
        struct hash hash = leaf_hash(k.leaves[i]);
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
    }
    CU_ASSERT_EQUAL_FATAL(reader->apply(reader->context, k.leaves, k.count, &edge, &head), NG_OK);
    CU_ASSERT_EQUAL(newest(UINT64_MAX), 0);
    end();
}

/* A bit of every 97th byte, and one byte less. */
static void a_damaged_snapshot_is_passed_over(void)
{
    begin();
    feed(k.count, 3);
    uint64_t size = newest(k.count);
    CU_ASSERT_TRUE_FATAL(size > 0);
    char *path = shelf_path(folder, size);
    struct buf whole = BUF_INIT(1u << 24);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &whole), NG_OK);
    for (size_t i = 0; i < whole.size; i += 97) {
        struct snapshot *s = NULL;
        whole.data[i] ^= 4;
        CU_ASSERT_EQUAL_FATAL(file_write(path, whole.data, whole.size, 0600), NG_OK);
        CU_ASSERT_EQUAL(snapshot_open(path, &s), NG_ERR_CORRUPT);
        snapshot_close(&s);
        whole.data[i] ^= 4;
    }
    for (size_t less = 1; less < whole.size; less += 1013) {
        struct snapshot *s = NULL;
        CU_ASSERT_EQUAL_FATAL(file_write(path, whole.data, whole.size - less, 0600), NG_OK);
        CU_ASSERT_EQUAL(snapshot_open(path, &s), NG_ERR_CORRUPT);
        snapshot_close(&s);
    }
    CU_ASSERT_TRUE(replayed_from(k.count) < size);
    CU_ASSERT_EQUAL_FATAL(file_write(path, whole.data, whole.size, 0600), NG_OK);
    CU_ASSERT_EQUAL(replayed_from(k.count), size);
    buf_fini(&whole);
    free(path);
    end();
}

static void a_snapshot_of_another_log_is_passed_over(void)
{
    begin();
    feed(k.count, 3);
    uint64_t size = newest(k.count);
    CU_ASSERT_TRUE_FATAL(size > 0);
    struct tree_edge other = {0};
    struct kv_memory state;
    for (uint64_t i = 0; i < size; i++) {
        struct hash hash = {{(uint8_t)i}};
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&other, &hash, NULL, NULL), NG_OK);
    }
    char *path = shelf_path(folder, size);
    kit_replay(&k, size - 1, &state);
    CU_ASSERT_EQUAL_FATAL(snapshot_write(path, &state.kv, &other), NG_OK);
    CU_ASSERT_TRUE(replayed_from(k.count) < size);
    kv_memory_fini(&state);
    free(path);
    /* And of our own log, under the name of a size it is not of. */
    char *from = shelf_path(folder, newest(size - 1));
    char *to = shelf_path(folder, size + 1);
    CU_ASSERT_EQUAL_FATAL(rename(from, to), 0);
    CU_ASSERT_TRUE(replayed_from(k.count) < size);
    free(from);
    free(to);
    end();
}

static enum ng_err spoil(struct store_txn *t, void *context)
{
    const struct store_key_u64 key = store_key_u64(60);
    (void)context;
    return store_put(t, 0, STORE_KEY(key), KV_NOTHING);
}

/* Nothing behind the size asked for is read: a damaged leaf there is none of its business. */
static void a_replay_stops_where_it_is_told(void)
{
    static const char *const tables[] = {"leaves", "state", "marks", NULL};
    char path[220];
    struct store *store;
    begin();
    feed(k.count, 3);
    mirror_close(&mirror);
    (void)snprintf(path, sizeof path, "%s/state", folder);
    const struct store_config config = {.path = path,
                                        .tables = tables,
                                        .format = "nganam office state",
                                        .format_version = 3,
                                        .sealed = true};
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &store), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_write(store, spoil, NULL), NG_OK);
    store_close(&store);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
    struct replay r = {0};
    CU_ASSERT_EQUAL(replay_run(&r, mirror, 60, REPLAY_FROM_START), NG_OK);
    replay_end(&r);
    CU_ASSERT_EQUAL(replay_run(&r, mirror, 61, REPLAY_FROM_START), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "60"));
    replay_end(&r);
    end();
}

static void a_rebuild_throws_away_and_makes_anew(void)
{
    begin();
    feed(k.count, 3);
    uint64_t size = newest(k.count);
    char *path = shelf_path(folder, size);
    CU_ASSERT_EQUAL_FATAL(file_write(path, "nothing", 7, 0600), NG_OK);
    CU_ASSERT_EQUAL_FATAL(mirror_rebuild(mirror), NG_OK);
    struct stat st;
    CU_ASSERT_TRUE(stat(path, &st) != 0 || st.st_size > 7);
    for (uint64_t count = 0; count <= k.count; count += 5) {
        CU_ASSERT_EQUAL(replayed_from(count), newest(count));
    }
    CU_ASSERT_TRUE(newest(k.count) > 0);
    free(path);
    end();
}

static void a_snapshot_that_cannot_be_written_is_missed(void)
{
    char path[230];
    begin();
    (void)snprintf(path, sizeof path, "%s/snapshots", folder);
    CU_ASSERT_EQUAL_FATAL(file_write(path, "in the way", 10, 0600), NG_OK);
    feed(k.count, 3);
    struct mirror_view v;
    CU_ASSERT_EQUAL_FATAL(mirror_view_begin(mirror, &v), NG_OK);
    CU_ASSERT_EQUAL(v.edge.size, k.count);
    mirror_view_end(&v);
    CU_ASSERT_EQUAL(replayed_from(k.count), 0); /* slower, and right */
    end();
}

/* For logs of any length: few, dense at the end, never more than a part of the way back apart. */
static void what_is_kept_is_bounded_and_dense_at_the_end(void)
{
    for (uint64_t last = 1; last <= 700; last++) {
        unsigned kept = 0;
        uint64_t after = last;
        for (uint64_t place = last; place > 0; place--) {
            if (shelf_keeps(place, last)) {
                uint64_t back = last - place;
                CU_ASSERT_TRUE(after - place <= 1 + 2 * back / SHELF_KEPT);
                CU_ASSERT_TRUE(last == 1 || shelf_keeps(place, last - 1) || place == last);
                after = place;
                kept++;
            }
        }
        CU_ASSERT_TRUE(kept >= 1 && kept <= 3 * 10 + SHELF_KEPT);
    }
    CU_ASSERT_FALSE(shelf_keeps(5, 4));
}

static const struct test_case cases[] = {
    TEST_CASE(any_past_size_gives_its_own_state_and_root),
    TEST_CASE(a_catch_up_writes_only_what_it_keeps),
    TEST_CASE(a_damaged_snapshot_is_passed_over),
    TEST_CASE(a_snapshot_of_another_log_is_passed_over),
    TEST_CASE(a_replay_stops_where_it_is_told),
    TEST_CASE(a_rebuild_throws_away_and_makes_anew),
    TEST_CASE(a_snapshot_that_cannot_be_written_is_missed),
    TEST_CASE(what_is_kept_is_bounded_and_dense_at_the_end),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("replay", cases, argc, argv);
}
