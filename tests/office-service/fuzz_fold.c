/* Goal: whatever parties put into a signed statement, the fold goes on: a rule of the field that is
 * broken is a verdict, never an error; the same leaves give the same state; boards can be made.
 * Method: after the story of fuzz_story.c the input is a row of statements: author, kind, minutes
 * since the last (2 bytes), size of the payload (2 bytes), payload. Folded twice into two memories.
 */
#include "fuzz_story.h"

#include "office-service/board.h"
#include "office-service/explain.h"
#include "office-service/task_list.h"

#define STATEMENTS_MAX 24

struct town {
    struct kv_memory memory;
    struct fold *fold;
    uint64_t count;
    int64_t now;
};

static void town_open(struct town *t)
{
    CHECK(kv_memory_init(&t->memory) == NG_OK);
    CHECK(fold_new(&t->fold) == NG_OK);
    t->count = fuzz_story_fold(t->fold, &t->memory.kv);
    t->now = FUZZ_STORY_NOW + 1000;
}

static void town_close(struct town *t)
{
    fold_destroy(&t->fold);
    kv_memory_fini(&t->memory);
}

/* False: the fold asks for newer rules, which is the one answer beside OK. */
static bool town_take(struct town *t, const char *author, uint32_t kind, struct bytes payload)
{
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    enum ng_err err = NG_OK;
    if (fuzz_story_leaf(&leaf, t->count, t->now, author, kind, payload)) {
        err = fold_apply(t->fold, &t->memory.kv, t->count, buf_bytes(&leaf));
        CHECK(err == NG_OK || err == NG_ERR_VERSION);
        t->count += err == NG_OK;
    }
    buf_fini(&leaf);
    return err == NG_OK;
}

static void town_live(struct town *t, struct bytes input)
{
    for (size_t i = 0; i < STATEMENTS_MAX && input.size > 0; i++) {
        const char *author = fuzz_story_authors[fuzz_byte(&input) % FUZZ_STORY_AUTHORS];
        const uint32_t kind = fuzz_byte(&input) % 32u;
        const unsigned minutes = (unsigned)fuzz_byte(&input) << 8 | fuzz_byte(&input);
        const size_t size = (size_t)fuzz_byte(&input) << 8 | fuzz_byte(&input);
        t->now += (int64_t)minutes * 60000;
        if (!town_take(t, author, kind, fuzz_take(&input, size))) {
            return;
        }
    }
}

static void check_views(const struct town *t)
{
    static const char *const units[] = {"P1", "P2", "D1"};
    struct set_cache *sets = fold_sets(t->fold);
    const struct kv *kv = &t->memory.kv;
    for (int basis = 0; basis < BASIS_COUNT; basis++) {
        struct board b;
        const enum ng_err err =
            board_make(kv, sets, FUZZ_STORY_YEAR, "ward", (enum basis)basis, &b);
        CHECK(err == NG_OK || err == NG_ERR_NOT_FOUND);
        if (err == NG_OK) {
            board_fini(&b);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        struct explain e;
        struct task_list tasks;
        enum ng_err err = explain_make(kv, sets, units[i], NULL, FUZZ_STORY_YEAR, BASIS_LIVE, &e);
        CHECK(err == NG_OK || err == NG_ERR_NOT_FOUND);
        if (err == NG_OK) {
            explain_fini(&e);
        }
        err = task_list_make(kv, units[i], FUZZ_STORY_YEAR, &tasks);
        CHECK(err == NG_OK || err == NG_ERR_NOT_FOUND);
        if (err == NG_OK) {
            task_list_fini(&tasks);
        }
    }
}

static void check_same(const struct town *a, const struct town *b)
{
    struct kv_walk at, other;
    struct bytes key_a, key_b, value_a, value_b;
    CHECK(a->count == b->count);
    kv_walk_begin(&at, &a->memory.kv, KV_NOTHING);
    kv_walk_begin(&other, &b->memory.kv, KV_NOTHING);
    while (kv_walk_next(&at, &key_a, &value_a) == NG_OK) {
        CHECK(kv_walk_next(&other, &key_b, &value_b) == NG_OK);
        fuzz_same(key_a, key_b);
        fuzz_same(value_a, value_b);
    }
    CHECK(kv_walk_next(&other, &key_b, &value_b) == NG_ERR_NOT_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct town first, second;
    town_open(&first);
    town_open(&second);
    town_live(&first, (struct bytes){data, size});
    town_live(&second, (struct bytes){data, size});
    check_same(&first, &second);
    check_views(&first);
    town_close(&first);
    town_close(&second);
    return 0;
}
