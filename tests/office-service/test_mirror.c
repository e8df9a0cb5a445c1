/* Goal: the copy of the log and the state are one: stored together, the same bytes as a fold in
 * memory, whatever interrupts; a damaged message or record is named; the past can be shown again.
 *
 * Method: leaves of the kit's town are fed as the party would feed them; damage is done to the
 * store behind the mirror's back, through a second look at the same tables. */
#include "kit.h"

#include "base/day.h"
#include "office-service/at.h"
#include "office-service/mirror.h"
#include "office-service/sight.h"
#include "office-service/silent.h"
#include "proto/wire_queue.h"

static const char *const tables[] = {"leaves", "state", "marks", NULL};
enum { LEAVES, STATE, MARKS };

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
    kit_task(&k, "T1", "@ward", "2026", "2026-02-10", "");
    kit_value(&k, "P1", "I", "4");
    kit_day(&k, "2026-02-11");
    kit_value(&k, "P2", "I", "6");
    kit_survey(&k, "P1", "II", "5");
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
}

static void end(void)
{
    mirror_close(&mirror);
    kit_close(&k);
    test_remove_folder(folder);
}

static enum ng_err feed(uint64_t from, uint64_t to)
{
    const struct party_reader *reader = mirror_reader(mirror);
    struct tree_edge edge;
    struct note_head head = {.origin = "nganam.example/log", .size = k.count};
    CU_ASSERT_EQUAL_FATAL(reader->position(reader->context, &edge), NG_OK);
    CU_ASSERT_EQUAL(edge.size, from);
    for (uint64_t i = from; i < to; i++) {
        struct hash hash = leaf_hash(k.leaves[i]);
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
    }
    return reader->apply(reader->context, k.leaves + from, to - from, &edge, &head);
}

static void view(struct mirror_view *v)
{
    CU_ASSERT_EQUAL_FATAL(mirror_view_begin(mirror, v), NG_OK);
}

static enum ng_err check(void)
{
    return mirror_check(mirror);
}

/* The stored state against the kit's, record by record. */
static bool same_as_memory(void)
{
    struct mirror_view v;
    view(&v);
    const struct kv *kv = mirror_view_state(&v);
    bool same = true;
    uint8_t from[KV_KEY_MAX + 1] = {0};
    size_t size = 1;
    struct bytes key;
    struct bytes value;
    size_t count = 0;
    for (; same && kv_seek(kv, (struct bytes){from, size}, &key, &value) == NG_OK; count++) {
        struct bytes other;
        same = omap_get(k.memory.map, key, &other) && other.size == value.size &&
               memcmp(other.data, value.data, value.size) == 0;
        memcpy(from, key.data, key.size);
        from[key.size] = 0;
        size = key.size + 1;
    }
    mirror_view_end(&v);
    return same && count == omap_count(k.memory.map);
}

/* The codes of those who are silent as of a day's noon, "-" when that is not known. */
static const char *silent_on(const char *day)
{
    static char codes[200];
    struct mirror_view v;
    struct silent s = {.known = false};
    int32_t number = DAY_NONE;
    CU_ASSERT_EQUAL_FATAL(day_parse(day, &number), NG_OK);
    view(&v);
    CU_ASSERT_EQUAL_FATAL(silent_find(&v, "OFFICE", day_start_ms(number) + DAY_MS / 2, &s), NG_OK);
    mirror_view_end(&v);
    (void)snprintf(codes, sizeof codes, "%s", s.known ? "" : "-");
    for (size_t i = 0; i < s.count; i++) {
        (void)snprintf(codes + strlen(codes), sizeof codes - strlen(codes), "%s ", s.codes[i].text);
    }
    silent_fini(&s);
    return codes;
}

static void who_was_silent_is_told(void)
{
    static const char *const parties[] = {"P1", "P2", "D1"};
    struct buf payload = BUF_INIT(1024);
    const struct wire_enrol enrol = {.curve = {1}};
    begin();
    CU_ASSERT_EQUAL_FATAL(wire_enrol_encode(&enrol, &payload), NG_OK);
    kit_day(&k, "2026-03-01");
    for (size_t i = 0; i < 3; i++) {
        (void)kit_payload(&k, parties[i], STATEMENT_ENROL, buf_bytes(&payload));
    }
    kit_day(&k, "2026-03-02");
    kit_value(&k, "P1", "I", "5");
    kit_day(&k, "2026-03-04");
    (void)kit_payload(&k, "D1", STATEMENT_HEARTBEAT, (struct bytes){NULL, 0});
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    CU_ASSERT_STRING_EQUAL(silent_on("2026-03-03"), "");
    CU_ASSERT_STRING_EQUAL(silent_on("2026-03-04"), "P2 ");
    CU_ASSERT_STRING_EQUAL(silent_on("2026-03-05"), "P1 P2 ");
    CU_ASSERT_STRING_EQUAL(silent_on("2026-03-09"), "D1 P1 P2 ");
    buf_fini(&payload);
    end();
}

/* ---- Damage ---- */

struct damage {
    unsigned table;
    struct bytes key;
    struct bytes value; /* to put instead; empty: one bit is turned */
    bool remove;
    bool clear;
};

static enum ng_err do_damage(struct store_txn *t, void *context)
{
    const struct damage *d = context;
    uint8_t copy[4096];
    struct bytes value;
    if (d->clear) {
        return store_clear(t, d->table);
    }
    if (d->remove) {
        return store_remove(t, d->table, d->key);
    }
    if (d->value.size) {
        return store_put(t, d->table, d->key, d->value);
    }
    enum ng_err err = store_get(t, d->table, d->key, &value);
    if (err || value.size > sizeof copy) {
        return err ? err : NG_ERR_LIMIT;
    }
    memcpy(copy, value.data, value.size);
    copy[value.size - 1] ^= 1;
    return store_put(t, d->table, d->key, (struct bytes){copy, value.size});
}

static void close_and_damage(struct damage d)
{
    char path[220];
    struct store *store;
    (void)snprintf(path, sizeof path, "%s/state", folder);
    const struct store_config config = {.path = path,
                                        .tables = tables,
                                        .format = "nganam office state",
                                        .format_version = 3,
                                        .sealed = true};
    mirror_close(&mirror);
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &store), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_write(store, do_damage, &d), NG_OK);
    store_close(&store);
}

static void damage(struct damage d)
{
    close_and_damage(d);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
}

/* ---- Cases ---- */

static void the_store_and_the_memory_hold_the_same_bytes(void)
{
    begin();
    for (uint64_t i = 0; i < k.count; i += 3) {
        CU_ASSERT_EQUAL(feed(i, i + 3 < k.count ? i + 3 : k.count), NG_OK);
    }
    CU_ASSERT_TRUE(same_as_memory());
    CU_ASSERT_EQUAL(check(), NG_OK);
    mirror_close(&mirror);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_READ, &mirror), NG_OK);
    CU_ASSERT_TRUE(same_as_memory());
    end();
}

static void a_batch_is_stored_whole_or_not_at_all(void)
{
    begin();
    const struct party_reader *reader = mirror_reader(mirror);
    struct tree_edge wrong = {.size = k.count};
    struct note_head head = {.size = k.count};
    CU_ASSERT_EQUAL(reader->apply(reader->context, k.leaves, k.count, &wrong, &head),
                    NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    CU_ASSERT_TRUE(same_as_memory());
    end();
}

static void a_second_writer_reads_where_the_first_stopped(void)
{
    begin();
    CU_ASSERT_EQUAL(feed(0, 5), NG_OK);
    mirror_close(&mirror);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
    CU_ASSERT_EQUAL(feed(5, k.count), NG_OK);
    CU_ASSERT_TRUE(same_as_memory());
    end();
}

static void a_damaged_message_is_named(void)
{
    begin();
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    struct store_key_u64 key = store_key_u64(7);
    damage((struct damage){.table = LEAVES, .key = STORE_KEY(key)});
    CU_ASSERT_EQUAL(check(), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "7"));
    CU_ASSERT_EQUAL(mirror_rebuild(mirror), NG_ERR_VERIFY);
    CU_ASSERT_TRUE(same_as_memory()); /* a rebuild that cannot be right changes nothing */
    end();
}

/* Leaf and hash exchanged alike: only the root tells. */
static void a_replaced_message_does_not_make_the_root(void)
{
    begin();
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    struct buf value = BUF_INIT(LEAF_SIZE_MAX + HASH_SIZE);
    struct hash hash = leaf_hash(k.leaves[9]);
    CU_ASSERT_EQUAL_FATAL(buf_add(&value, hash.bytes, HASH_SIZE), NG_OK);
    CU_ASSERT_EQUAL_FATAL(buf_add(&value, k.leaves[9].data, k.leaves[9].size), NG_OK);
    struct store_key_u64 key = store_key_u64(8);
    damage((struct damage){.table = LEAVES, .key = STORE_KEY(key), .value = buf_bytes(&value)});
    CU_ASSERT_EQUAL(check(), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(mirror_rebuild(mirror), NG_ERR_VERIFY);
    CU_ASSERT_TRUE(same_as_memory());
    damage((struct damage){.table = LEAVES, .key = STORE_KEY(key), .remove = true});
    CU_ASSERT_EQUAL(check(), NG_ERR_VERIFY);
    buf_fini(&value);
    end();
}

static void a_damaged_record_is_named_in_words(void)
{
    begin();
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    struct state_key key = state_key(STATE_UNIT);
    state_key_text(&key, "P2");
    damage((struct damage){.table = STATE, .key = STATE_KEY(key)});
    CU_ASSERT_EQUAL(check(), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "unit P2"));
    CU_ASSERT_EQUAL(mirror_rebuild(mirror), NG_OK);
    CU_ASSERT_EQUAL(check(), NG_OK);
    damage((struct damage){.table = STATE, .key = STATE_KEY(key), .remove = true});
    CU_ASSERT_EQUAL(check(), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "unit P2"));
    end();
}

static void an_interrupted_rebuild_is_taken_up_again(void)
{
    begin();
    CU_ASSERT_EQUAL(feed(0, k.count - 2), NG_OK);
    damage((struct damage){.table = STATE, .clear = true});
    CU_ASSERT_EQUAL(mirror_catch_up(mirror), NG_OK);
    CU_ASSERT_EQUAL(feed(k.count - 2, k.count), NG_OK);
    CU_ASSERT_TRUE(same_as_memory());
    CU_ASSERT_EQUAL(check(), NG_OK);
    end();
}

/* ---- Against an export ---- */

struct exported {
    uint64_t size;      /* of its head */
    uint64_t altered;   /* this leaf is another's; UINT64_MAX: none is */
    enum ng_err damage; /* in place of that leaf */
};

static enum ng_err exported_leaf(struct source *s, uint64_t index, struct bytes *ret)
{
    const struct exported *x = s->self;
    if (index == x->altered && x->damage) {
        return err_set(x->damage, "its bytes do not have its hash");
    }
    *ret = k.leaves[index == x->altered ? index - 1 : index];
    return NG_OK;
}

static enum ng_err exported_node(struct source *s, unsigned level, uint64_t index, struct hash *ret)
{
    struct tree_edge edge = {.size = 0};
    enum ng_err err = NG_OK;
    for (uint64_t i = index << level; i < (index + 1) << level && !err; i++) {
        struct bytes leaf = k.leaves[i];
        const struct exported *x = s->self;
        if (!x->damage) {
            err = exported_leaf(s, i, &leaf);
        }
        const struct hash hash = leaf_hash(leaf);
        err = err ? err : tree_edge_add(&edge, &hash, NULL, NULL);
    }
    *ret = tree_edge_root(&edge);
    return err;
}

static enum ng_err exported_begin(struct source *s, struct ledger_head *ret)
{
    const struct exported *x = s->self;
    *ret = (struct ledger_head){.head = {.size = x->size}};
    return tree_root(x->size, source_node, s, &ret->head.root);
}

static void exported_end(struct source *s)
{
    (void)s;
}

static enum ng_err check_against(struct exported x)
{
    static const struct source_ops ops = {
        .begin = exported_begin, .end = exported_end, .leaf = exported_leaf, .node = exported_node};
    struct source s = {.ops = &ops, .self = &x};
    uint64_t size = 0;
    const enum ng_err err = mirror_check_export(mirror, &s, &size);
    CU_ASSERT_EQUAL(size, x.size);
    return err;
}

static void all_of_an_export_is_compared_or_it_is_refused(void)
{
    begin();
    CU_ASSERT_EQUAL(check_against((struct exported){k.count, UINT64_MAX, NG_OK}), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(feed(0, k.count - 1), NG_OK);
    const struct exported lies_where_nobody_looks = {k.count, k.count - 1, NG_OK};
    CU_ASSERT_EQUAL(check_against(lies_where_nobody_looks), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "nothing was compared"));
    CU_ASSERT_EQUAL(check_against((struct exported){k.count - 2, UINT64_MAX, NG_OK}), NG_OK);
    CU_ASSERT_EQUAL(feed(k.count - 1, k.count), NG_OK);
    CU_ASSERT_EQUAL(check_against((struct exported){k.count, UINT64_MAX, NG_OK}), NG_OK);
    CU_ASSERT_EQUAL(check_against(lies_where_nobody_looks), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(check_against((struct exported){k.count, 5, NG_ERR_CORRUPT}), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "message 5 of the export"));
    end();
}

/* What a reader is shown, altered; the messages are as they were. */
static void an_altered_standing_is_found_from_an_export(void)
{
    begin();
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    struct state_key key = state_key(STATE_STANDING);
    state_key_u32(&key, KIT_YEAR);
    state_key_text(&key, "ward");
    state_key_text(&key, "P1");
    damage((struct damage){.table = STATE, .key = STATE_KEY(key)});
    CU_ASSERT_EQUAL(check_against((struct exported){k.count, UINT64_MAX, NG_OK}), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "P1"));
    end();
}

/* Never the size of one with the root of the other. */
static void a_state_that_is_folded_again_is_not_looked_at(void)
{
    struct sight s;
    struct state_meta meta;
    struct kv_memory wanted;
    struct mirror_view v;
    begin();
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    CU_ASSERT_EQUAL_FATAL(mirror_view_begin(mirror, &v), NG_OK);
    const struct hash root = tree_edge_root(&v.edge);
    mirror_view_end(&v);
    kit_replay(&k, k.count, &wanted);
    for (int behind = 0; behind < 2; behind++) {
        CU_ASSERT_EQUAL_FATAL(sight_open(mirror, NULL, &s), NG_OK);
        CU_ASSERT_EQUAL(state_meta_get(s.kv, &meta), NG_OK);
        CU_ASSERT_EQUAL(meta.applied, k.count);
        CU_ASSERT_TRUE(kit_same_kv(s.kv, &wanted.kv));
        CU_ASSERT_TRUE(hash_equal(&s.root, &root));
        sight_close(&s);
        damage((struct damage){.table = STATE, .clear = true});
    }
    kv_memory_fini(&wanted);
    end();
}

/* The state of a program before this one: no mark of its format, records that mean nothing. */
static void a_state_of_another_format_is_folded_again(void)
{
    static const uint8_t first[] = {0, 0, 0, 1};
    const struct bytes mark = {(const uint8_t *)"state", 5};
    begin();
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    struct state_key key = state_key(STATE_META);
    close_and_damage((struct damage){.table = STATE, .key = STATE_KEY(key), .value = mark});
    close_and_damage((struct damage){.table = MARKS, .key = mark, .remove = true});
    CU_ASSERT_EQUAL(mirror_open(folder, MIRROR_READ, &mirror), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &mirror), NG_OK);
    CU_ASSERT_TRUE(same_as_memory());
    mirror_close(&mirror);
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_READ, &mirror), NG_OK); /* the second run */
    CU_ASSERT_TRUE(same_as_memory());
    damage((struct damage){.table = MARKS, .key = mark, .value = {first, sizeof first}});
    CU_ASSERT_EQUAL(check(), NG_OK);
    end();
}

static void a_date_is_the_end_of_its_day_here(void)
{
    begin();
    k.now = day_start_ms(day_of_ms(k.now) + 1) - 1; /* the last millisecond of 2026-02-11 */
    kit_tick(&k);
    k.now -= 999; /* and the first of the next */
    kit_tick(&k);
    CU_ASSERT_EQUAL(feed(0, k.count), NG_OK);
    static const struct {
        const char *text;
        int before; /* leaves from the end that are not counted */
        enum ng_err err;
    } wanted[] = {
        {"2026-02-11", 1, NG_OK},        {"11/02/2026", 1, NG_OK}, {"2026-02-12", 0, NG_OK},
        {"2026-02-10", 4, NG_OK},        {"2030-01-01", 0, NG_OK}, {"9999", 0, NG_ERR_NOT_FOUND},
        {"soon", 0, NG_ERR_INPUT},       {"", 0, NG_ERR_INPUT},    {"-1", 0, NG_ERR_INPUT},
        {"2026-02-30", 0, NG_ERR_INPUT},
    };
    struct mirror_view v;
    view(&v);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        uint64_t count = 0;
        CU_ASSERT_EQUAL(at_resolve(&v, wanted[i].text, &count), wanted[i].err);
        if (!wanted[i].err) {
            CU_ASSERT_EQUAL(count, k.count - (uint64_t)wanted[i].before);
        }
    }
    uint64_t count = 1;
    CU_ASSERT_EQUAL(at_resolve(&v, "2025-12-31", &count), NG_OK);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(at_resolve(&v, "3", &count), NG_OK);
    CU_ASSERT_EQUAL(count, 3);
    mirror_view_end(&v);
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(the_store_and_the_memory_hold_the_same_bytes),
    TEST_CASE(a_batch_is_stored_whole_or_not_at_all),
    TEST_CASE(a_second_writer_reads_where_the_first_stopped),
    TEST_CASE(who_was_silent_is_told),
    TEST_CASE(a_damaged_message_is_named),
    TEST_CASE(a_replaced_message_does_not_make_the_root),
    TEST_CASE(a_damaged_record_is_named_in_words),
    TEST_CASE(an_interrupted_rebuild_is_taken_up_again),
    TEST_CASE(all_of_an_export_is_compared_or_it_is_refused),
    TEST_CASE(an_altered_standing_is_found_from_an_export),
    TEST_CASE(a_state_that_is_folded_again_is_not_looked_at),
    TEST_CASE(a_state_of_another_format_is_folded_again),
    TEST_CASE(a_date_is_the_end_of_its_day_here),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("mirror", cases, argc, argv);
}
