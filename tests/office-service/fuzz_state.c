/* Goal: no bytes in the rows of the state make their readers, a board, an explanation or the fold
 * of what comes next read outside, leak or hang; a row that does not parse is told as damage.
 * Method: the story of fuzz_story.c is folded; the input changes rows: number of the row (2 bytes),
 * how (the low bits: other bytes, cut, the whole value from the input, gone), place, size. Then the
 * rows of every kind are read, boards and explanations made, and the story goes on. */
#include "fuzz_story.h"

#include "office-service/due_row.h"
#include "office-service/explain.h"
#include "office-service/member_row.h"
#include "office-service/progress_row.h"
#include "office-service/standing.h"
#include "office-service/tally_row.h"
#include "office-service/task_row.h"
#include "office-service/unit_row.h"
#include "office-service/verdict_row.h"

#include <string.h>

#define CHANGES_MAX 8

static void answered(enum ng_err err)
{
    CHECK(err == NG_OK || err == NG_ERR_NOT_FOUND || err == NG_ERR_CORRUPT ||
          err == NG_ERR_VERSION || err == NG_ERR_INPUT || err == NG_ERR_PROTO ||
          err == NG_ERR_LIMIT);
    if (err != NG_OK && err != NG_ERR_NOT_FOUND) {
        fuzz_refused(err);
    }
}

/* The n-th row of the map, counted round its end. */
static void find_row(const struct kv *kv, unsigned n, struct buf *ret_key, struct buf *ret_value)
{
    struct bytes key, value;
    struct kv_walk w;
    unsigned count = 0;
    kv_walk_begin(&w, kv, KV_NOTHING);
    while (kv_walk_next(&w, &key, &value) == NG_OK) {
        count++;
    }
    n = count > 0 ? n % count : 0;
    kv_walk_begin(&w, kv, KV_NOTHING);
    for (unsigned i = 0; i <= n && kv_walk_next(&w, &key, &value) == NG_OK; i++) {
        buf_clear(ret_key);
        buf_clear(ret_value);
        CHECK(buf_add(ret_key, key.data, key.size) == NG_OK);
        CHECK(buf_add(ret_value, value.data, value.size) == NG_OK);
    }
}

/* Gives the table of the row. */
static uint8_t change_row(const struct kv *kv, struct bytes *input)
{
    struct buf key = BUF_INIT(KV_KEY_MAX), value = BUF_INIT(1u << 20);
    const unsigned n = (unsigned)fuzz_byte(input) << 8 | fuzz_byte(input);
    find_row(kv, n, &key, &value);
    const unsigned how = fuzz_byte(input) % 4, place = fuzz_byte(input);
    const struct bytes other = fuzz_take(input, fuzz_byte(input));
    if (how == 0 && value.size > 0) {
        for (size_t i = 0; i < other.size; i++) {
            value.data[(place + i) % value.size] = other.data[i];
        }
    } else if (how == 1 && value.size > 0) {
        value.size = place % value.size;
    } else if (how == 2) {
        buf_clear(&value);
        CHECK(buf_add(&value, other.data, other.size) == NG_OK);
    }
    CHECK((how == 3 ? kv_remove(kv, buf_bytes(&key))
                    : kv_put(kv, buf_bytes(&key),
                             value.size > 0 ? buf_bytes(&value) : KV_NOTHING)) == NG_OK);
    const uint8_t table = key.size > 0 ? key.data[0] : 0;
    buf_fini(&key);
    buf_fini(&value);
    return table;
}

/* Every kind of row, of P1 and of what concerns it. */
static void read_rows(const struct kv *kv)
{
    const struct score_place at = {FUZZ_STORY_YEAR, "ward", "P1"};
    const struct task_name task = {"P1", "T2", FUZZ_STORY_YEAR};
    struct state_meta meta;
    struct state_party party;
    struct unit_row unit;
    struct set_row set;
    struct score_row score;
    struct task_row own;
    struct progress_row progress;
    struct tally_row tally;
    struct verdict_row verdict;
    struct state_event event;
    answered(state_meta_get(kv, &meta));
    answered(state_party_get(kv, "P1", &party));
    answered(state_event_get(kv, "E1", &event));
    answered(unit_row_get(kv, "P1", &unit));
    answered(set_row_get(kv, "ward", FUZZ_STORY_YEAR, &set));
    answered(score_row_get(kv, &at, "1.1", &score));
    answered(task_row_get(kv, &task, &own));
    answered(progress_row_get(kv, "P1", "T1", FUZZ_STORY_YEAR, &progress));
    answered(tally_row_get(kv, "P1", FUZZ_STORY_YEAR, &tally));
    answered(verdict_row_get(kv, 9, 1, &verdict));
}

static void read_lists(const struct kv *kv, struct set_cache *sets)
{
    const struct score_place at = {FUZZ_STORY_YEAR, "ward", "P1"};
    const struct criteria *set;
    struct standing standing;
    struct due_walk due;
    struct due_ref ref;
    struct due_row row;
    struct member_walk members;
    struct member_row member;
    struct unit_walk units;
    char unit[STATE_UNIT_SIZE];
    answered(set_cache_get(sets, kv, "ward", FUZZ_STORY_YEAR, &set));
    enum ng_err err = standing_get(kv, &at, &standing);
    answered(err);
    if (err == NG_OK) {
        standing_fini(&standing);
    }
    due_walk_begin(&due, kv, "P1", NULL);
    while ((err = due_walk_next(&due, &ref, &row)) == NG_OK) {
    }
    answered(err);
    member_walk_begin(&members, kv, "P1");
    while ((err = member_walk_next(&members, &member)) == NG_OK) {
    }
    answered(err);
    unit_walk_begin(&units, kv, "ward");
    while ((err = unit_walk_next(&units, unit)) == NG_OK) {
    }
    answered(err);
}

static void make_views(const struct kv *kv, struct set_cache *sets)
{
    static const char *const units[] = {"P1", "P2", "D1"};
    for (int basis = 0; basis < BASIS_COUNT; basis++) {
        struct board b;
        const enum ng_err err =
            board_make(kv, sets, FUZZ_STORY_YEAR, "ward", (enum basis)basis, &b);
        answered(err);
        if (err == NG_OK) {
            board_fini(&b);
        }
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct explain e;
        const enum ng_err err =
            explain_make(kv, sets, units[i], NULL, FUZZ_STORY_YEAR, BASIS_LIVE, &e);
        answered(err);
        if (err == NG_OK) {
            explain_fini(&e);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct kv_memory memory;
    struct fold *writer, *f;
    CHECK(kv_memory_init(&memory) == NG_OK);
    CHECK(fold_new(&writer) == NG_OK && fold_new(&f) == NG_OK);
    const uint64_t count = fuzz_story_fold(writer, &memory.kv);
    bool changed[UINT8_MAX + 1] = {false};
    for (size_t i = 0; i < CHANGES_MAX && input.size > 0; i++) {
        changed[change_row(&memory.kv, &input)] = true;
    }
    fuzz_begin();
    read_rows(&memory.kv);
    read_lists(&memory.kv, fold_sets(f)); /* f has no set at hand: it reads them from the rows */
    /* Of these each row may be whole and yet no sum holds, which the sums CHECK; in the store every
     * row is sealed, so a changed one does not get that far. */
    const bool sums = changed[STATE_SET] || changed[STATE_SCORE] || changed[STATE_STANDING];
    if (!sums) {
        make_views(&memory.kv, fold_sets(f));
    }
    if (!sums && !changed[STATE_TALLY]) {
        answered(fuzz_story_go_on(f, &memory.kv, count));
        make_views(&memory.kv, fold_sets(f));
    }
    fold_destroy(&f);
    fold_destroy(&writer);
    kv_memory_fini(&memory);
    return 0;
}
