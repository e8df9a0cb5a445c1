/* Goal: whatever the state's map answers (an error, a row that was cut, a row that grew) and
 * whenever memory runs out, the fold and the views say so and end cleanly: no crash, no leak
 * (ASan), and no answer from a damaged row.
 *
 * Method: a town with every kind of act is told once. Each of its leaves is then folded into a copy
 * of the state before it, and each view is made of the last state, with the n-th call of the map
 * (or the n-th allocation) going wrong, for every n there is. After the last n the result is the
 * one of a fold that met no trouble. */
#include "kit.h"

#include "base/day.h"
#include "fault/fault.h"
#include "office-service/explain.h"
#include "office-service/known.h"
#include "par/pool.h"
#include "par/survey.h"
#include "par/task.h"
#include "par/unit.h"

#include <errno.h>

/* ---- A map that goes wrong once ---- */

enum flaw { FLAW_FAIL, FLAW_CUT, FLAW_GROW, FLAW_COUNT };

struct flawed {
    struct kv kv;
    const struct kv *under;
    enum flaw flaw;
    unsigned left; /* calls until it strikes */
    bool struck;
    struct buf grown;
};

static bool strikes(struct flawed *f)
{
    if (f->left == 0 || --f->left > 0) {
        return false;
    }
    f->struck = true;
    return true;
}

static enum ng_err broken(void)
{
    return err_set(NG_ERR_IO, "the map is broken");
}

/* A value that came up: damaged if it is its turn. Bare keys have nothing to damage. */
static void damage(struct flawed *f, struct bytes *value)
{
    if (f->flaw == FLAW_FAIL || value->size == 0 || !strikes(f)) {
        return;
    }
    if (f->flaw == FLAW_CUT) {
        value->size--;
        return;
    }
    buf_clear(&f->grown);
    CU_ASSERT_EQUAL_FATAL(buf_add(&f->grown, value->data, value->size), NG_OK);
    CU_ASSERT_EQUAL_FATAL(buf_add_byte(&f->grown, 0), NG_OK);
    *value = buf_bytes(&f->grown);
}

static enum ng_err flawed_get(void *self, struct bytes key, struct bytes *ret_value)
{
    struct flawed *f = self;
    if (f->flaw == FLAW_FAIL && strikes(f)) {
        return broken();
    }
    const enum ng_err err = kv_get(f->under, key, ret_value);
    if (err == NG_OK) {
        damage(f, ret_value);
    }
    return err;
}

static enum ng_err flawed_put(void *self, struct bytes key, struct bytes value)
{
    struct flawed *f = self;
    return f->flaw == FLAW_FAIL && strikes(f) ? broken() : kv_put(f->under, key, value);
}

static enum ng_err flawed_remove(void *self, struct bytes key)
{
    struct flawed *f = self;
    return f->flaw == FLAW_FAIL && strikes(f) ? broken() : kv_remove(f->under, key);
}

static enum ng_err flawed_seek(void *self, struct bytes key, struct bytes *ret_key,
                               struct bytes *ret_value)
{
    struct flawed *f = self;
    if (f->flaw == FLAW_FAIL && strikes(f)) {
        return broken();
    }
    const enum ng_err err = kv_seek(f->under, key, ret_key, ret_value);
    if (err == NG_OK) {
        damage(f, ret_value);
    }
    return err;
}

static const struct kv_ops flawed_ops = {flawed_get, flawed_put, flawed_remove, flawed_seek};

static void flawed_init(struct flawed *f, const struct kv *under, enum flaw flaw, unsigned call)
{
    *f = (struct flawed){.under = under, .flaw = flaw, .left = call, .grown = BUF_INIT(1u << 20)};
    f->kv = (struct kv){&flawed_ops, f};
}

/* ---- The town ---- */

static void tell_town(struct kit *k)
{
    kit_open(k);
    kit_unit(k, "P1", "ward", "", "");
    kit_unit(k, "P2", "ward", "", "");
    kit_unit(k, "D1", "department", "", "");
    kit_set(k, KIT_YEAR, "ward",
            "I,,field,x,,10,points,,rescale,\nII,,field,x,,5,survey,,,\n"
            "III,,field,x,,5,tasks,>=100:5|:0,rescale,\n"
            "IV,,field,x,,4,sum,kind=bonus cap=2,,\nIV.1,IV,component,x,,4,count,per=1,,\n");
    kit_task(k, "T1", "@ward", "2026", "2026-02-10", "");
    kit_task(k, "T2", "P1", "2025-2026", "event:E1+10d", "2");
    kit_task(k, "T3", "P2", "2026", "every:month:25", "");
    kit_value(k, "P1", "I", "4");
    kit_value(k, "P2", "I", "9");
    kit_na(k, "P2", "I", WIRE_NOT_APPLICABLE);
    kit_value(k, "P1", "IV.1", "3");
    kit_value(k, "P1", "I", "11"); /* refused */
    kit_progress(k, "P1", "T1", 100);
    kit_progress(k, "P1", "T1", 60);
    kit_event(k, "E1", "2026-01-20");
    kit_event(k, "E1", "2026-01-22");
    kit_survey(k, "P1", "II", "5");
    kit_day(k, "2026-02-11");
    kit_tick(k);
    kit_task(k, "T1", "P1", "2026", "2026-05-01", ""); /* in the place of its group's */
    kit_task(k, "T3", "P2", "2026", "continuous", "");
    kit_unit(k, "P2", "department", "", "");
    kit_unit(k, "P2", "ward", "2026-01-01", "2026-12-31");
    kit_set(k, KIT_YEAR + 1, "ward", "I,,field,x,,10,points,,,\n");
}

static void copy_state(const struct kv_memory *from, struct kv_memory *to)
{
    struct bytes key, value;
    struct kv_walk w;
    enum ng_err err;
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(to), NG_OK);
    kv_walk_begin(&w, &from->kv, KV_NOTHING);
    while ((err = kv_walk_next(&w, &key, &value)) == NG_OK) {
        CU_ASSERT_EQUAL_FATAL(kv_put(&to->kv, key, value), NG_OK);
    }
    CU_ASSERT_EQUAL_FATAL(err, NG_ERR_NOT_FOUND);
}

/* ---- Leaves ---- */

/* True if it was an error of the right kind, with a word; false: no error at all. */
static bool told(enum flaw flaw, enum ng_err err, uint64_t index, unsigned call)
{
    const bool right = flaw == FLAW_FAIL ? err == NG_ERR_IO : err == NG_ERR_CORRUPT || !err;
    if (!right) {
        (void)fprintf(stderr, "leaf or view %llu, flaw %d at call %u: %s (%s)\n",
                      (unsigned long long)index, (int)flaw, call, err_name(err), err_detail());
    }
    CU_ASSERT_TRUE(right);
    CU_ASSERT_TRUE(!err || err_detail()[0] != '\0');
    return err != NG_OK;
}

/* One leaf into a copy of the state before it; false once the flaw is beyond the last call. A
 * damaged row may pass where nothing of it is used: then the state is the one of a fold without
 * trouble. */
static bool fold_flawed(const struct kit *k, const struct kv_memory *before,
                        const struct kv_memory *after, uint64_t index, enum flaw flaw,
                        unsigned call)
{
    struct kv_memory copy;
    struct flawed f;
    struct fold *fold;
    copy_state(before, &copy);
    CU_ASSERT_EQUAL_FATAL(fold_new(&fold), NG_OK);
    flawed_init(&f, &copy.kv, flaw, call);
    const enum ng_err err = fold_apply(fold, &f.kv, index, k->leaves[index]);
    CU_ASSERT_TRUE(f.struck || !err);
    if (!told(f.struck ? flaw : FLAW_CUT, err, index, call)) {
        CU_ASSERT_TRUE(kit_same(&copy, after));
    }
    fold_destroy(&fold);
    kv_memory_fini(&copy);
    buf_fini(&f.grown);
    return f.struck;
}

static void each_leaf(const struct kit *k,
                      void (*check)(const struct kit *k, const struct kv_memory *before,
                                    uint64_t index))
{
    struct kv_memory state;
    struct fold *fold;
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&state), NG_OK);
    CU_ASSERT_EQUAL_FATAL(fold_new(&fold), NG_OK);
    for (uint64_t i = 0; i < k->count; i++) {
        check(k, &state, i);
        CU_ASSERT_EQUAL_FATAL(fold_apply(fold, &state.kv, i, k->leaves[i]), NG_OK);
    }
    CU_ASSERT_TRUE(kit_same(&state, &k->memory));
    fold_destroy(&fold);
    kv_memory_fini(&state);
}

static void leaf_with_flaws(const struct kit *k, const struct kv_memory *before, uint64_t index)
{
    struct kv_memory after;
    struct fold *fold;
    copy_state(before, &after);
    CU_ASSERT_EQUAL_FATAL(fold_new(&fold), NG_OK);
    CU_ASSERT_EQUAL_FATAL(fold_apply(fold, &after.kv, index, k->leaves[index]), NG_OK);
    for (int flaw = 0; flaw < FLAW_COUNT; flaw++) {
        unsigned call = 1;
        while (fold_flawed(k, before, &after, index, (enum flaw)flaw, call)) {
            call++;
        }
        CU_ASSERT_TRUE(flaw != FLAW_FAIL || call > 1);
    }
    fold_destroy(&fold);
    kv_memory_fini(&after);
}

static void a_leaf_is_folded_whole_or_its_trouble_is_told(void)
{
    struct kit k;
    tell_town(&k);
    each_leaf(&k, leaf_with_flaws);
    kit_close(&k);
}

static void leaf_without_memory(const struct kit *k, const struct kv_memory *before, uint64_t index)
{
    bool struck = true;
    for (unsigned call = 1; struck; call++) {
        struct kv_memory copy;
        struct fold *fold;
        copy_state(before, &copy);
        CU_ASSERT_EQUAL_FATAL(fold_new(&fold), NG_OK);
        fault_set(FAULT_MEMORY, call, ENOMEM, false);
        const enum ng_err err = fold_apply(fold, &copy.kv, index, k->leaves[index]);
        struck = fault_clear();
        if (err != (struck ? NG_ERR_NOMEM : NG_OK)) {
            (void)fprintf(stderr, "leaf %llu, allocation %u: %s (%s)\n", (unsigned long long)index,
                          call, err_name(err), err_detail());
        }
        CU_ASSERT_EQUAL(err, struck ? NG_ERR_NOMEM : NG_OK);
        fold_destroy(&fold);
        kv_memory_fini(&copy);
    }
}

static void a_leaf_without_memory_is_no_leaf(void)
{
    struct kit k;
    tell_town(&k);
    each_leaf(&k, leaf_without_memory);
    kit_close(&k);
}

/* ---- Views ---- */

static enum ng_err view_board(const struct kv *kv, struct set_cache *sets, enum basis basis)
{
    struct board b;
    const enum ng_err err = board_make(kv, sets, KIT_YEAR, "ward", basis, &b);
    if (err == NG_OK) {
        CU_ASSERT_EQUAL(b.row_count, 2);
        board_fini(&b);
    }
    return err;
}

static enum ng_err view_unit(const struct kv *kv, struct set_cache *sets, const char *code)
{
    struct explain e;
    const enum ng_err err = explain_make(kv, sets, "P1", code, KIT_YEAR, BASIS_LIVE, &e);
    if (err == NG_OK) {
        CU_ASSERT_EQUAL(e.component_count, code != NULL ? 1 : 4);
        explain_fini(&e);
    }
    return err;
}

static enum ng_err view_tasks(const struct kv *kv)
{
    struct task_list list;
    const enum ng_err err = task_list_make(kv, "P1", KIT_YEAR, &list);
    if (err == NG_OK) {
        task_list_fini(&list);
    }
    return err;
}

static enum ng_err view_group(const struct kv *kv)
{
    struct task_group *group = NULL;
    uint32_t open = 0;
    int32_t today;
    CU_ASSERT_EQUAL_FATAL(day_parse("2026-02-12", &today), NG_OK);
    enum ng_err err = task_list_group_new(kv, "ward", KIT_YEAR, today, &group);
    if (err == NG_OK) {
        err = task_list_open(kv, group, "P1", &open);
    }
    task_list_group_destroy(&group);
    return err;
}

/* Why there is no board: a group and a year nobody has heard of. */
static enum ng_err view_absence(const struct kv *kv, const char *group, uint32_t year)
{
    const enum ng_err err = board_explain_absence(kv, year, group);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* An import of what the state knows already, but for its last line. */
static enum ng_err view_known(const struct kv *kv, struct set_cache *sets, int which)
{
    static const char *const files[] = {
        "code,name,group\nP1,P1,ward\nP9,P9,ward\n", "unit,code,value\nP1,II,5\nP2,II,4\n",
        "code,year,unit,name,area,due\nT1,2026,P1,Task,a,2026-05-01\nT9,2026,P1,N,a,continuous\n"};
    const struct bytes file = {(const uint8_t *)files[which], strlen(files[which])};
    struct fault_list faults = FAULT_LIST_INIT;
    struct known_news news = {0};
    struct actlist *list = NULL;
    struct pool keep;
    const struct criteria *set;
    pool_init(&keep, 1u << 20);
    enum ng_err err = which == 1 ? set_cache_get(sets, kv, "ward", KIT_YEAR, &set) : NG_OK;
    if (err == NG_OK) {
        err = which == 0   ? unit_parse_csv(file, &faults, &list)
              : which == 1 ? survey_parse_csv(file, set, &faults, &list)
                           : task_parse_csv(file, &faults, &list);
    }
    if (err == NG_OK) {
        err = which == 0   ? known_units(kv, list, &keep, &faults, &news)
              : which == 1 ? known_survey(kv, list, "ward", KIT_YEAR, "", &faults, &news)
                           : known_tasks(kv, list, &keep, &faults, &news);
    }
    CU_ASSERT_TRUE(err != NG_OK || news.count == 1);
    known_fini(&news);
    actlist_destroy(&list);
    fault_list_fini(&faults);
    pool_fini(&keep);
    return err;
}

#define VIEWS 11

static enum ng_err view(int which, const struct kv *kv, struct set_cache *sets)
{
    switch (which) {
    case 0:
        return view_board(kv, sets, BASIS_LIVE);
    case 1:
        return view_board(kv, sets, BASIS_SELF);
    case 2:
        return view_unit(kv, sets, NULL);
    case 3:
        return view_unit(kv, sets, "III");
    case 4:
        return view_tasks(kv);
    case 5:
        return view_group(kv);
    case 6:
        return view_absence(kv, "nobody", KIT_YEAR);
    case 7:
        return view_absence(kv, "ward", KIT_YEAR + 9);
    default:
        return view_known(kv, sets, which - 8);
    }
}

static void a_view_is_whole_or_its_trouble_is_told(void)
{
    struct kit k;
    tell_town(&k);
    for (int which = 0; which < VIEWS; which++) {
        for (int flaw = 0; flaw < FLAW_COUNT; flaw++) {
            bool struck = true;
            for (unsigned call = 1; struck; call++) {
                struct set_cache *sets = set_cache_new();
                struct flawed f;
                flawed_init(&f, &k.memory.kv, (enum flaw)flaw, call);
                const enum ng_err err = view(which, &f.kv, sets);
                struck = f.struck;
                CU_ASSERT_TRUE(struck || !err);
                (void)told(struck ? (enum flaw)flaw : FLAW_CUT, err, (uint64_t)which, call);
                set_cache_destroy(&sets);
                buf_fini(&f.grown);
            }
        }
    }
    kit_close(&k);
}

static void a_view_without_memory_is_no_view(void)
{
    struct kit k;
    tell_town(&k);
    for (int which = 0; which < VIEWS; which++) {
        bool struck = true;
        for (unsigned call = 1; struck; call++) {
            struct set_cache *sets = set_cache_new();
            fault_set(FAULT_MEMORY, call, ENOMEM, false);
            const enum ng_err err = view(which, &k.memory.kv, sets);
            struck = fault_clear();
            /* the absence of a board is an error already: when only its words find no room it stays
             */
            const bool kept = struck && (which == 6 || which == 7) && err == NG_OK;
            if (err != (struck && !kept ? NG_ERR_NOMEM : NG_OK)) {
                (void)fprintf(stderr, "view %d, allocation %u: %s (%s)\n", which, call,
                              err_name(err), err_detail());
            }
            CU_ASSERT_EQUAL(err, struck && !kept ? NG_ERR_NOMEM : NG_OK);
            set_cache_destroy(&sets);
        }
    }
    kit_close(&k);
}

/* ---- Rows that parse and do not fit each other ---- */

static void board_is(const struct kv_memory *state, enum ng_err want)
{
    struct set_cache *sets = set_cache_new();
    struct board b;
    const enum ng_err err = board_make(&state->kv, sets, KIT_YEAR, "ward", BASIS_LIVE, &b);
    CU_ASSERT_EQUAL(err, want);
    CU_ASSERT_TRUE(!err || err_detail()[0] != '\0');
    if (!err) {
        board_fini(&b);
    }
    set_cache_destroy(&sets);
}

static void a_ranked_unit_that_is_unknown_is_damage(void)
{
    struct kit k;
    struct kv_memory copy;
    struct state_key key = state_key(STATE_UNIT);
    tell_town(&k);
    state_key_text(&key, "P1");
    copy_state(&k.memory, &copy);
    board_is(&copy, NG_OK);
    CU_ASSERT_EQUAL(kv_remove(&copy.kv, STATE_KEY(key)), NG_OK);
    board_is(&copy, NG_ERR_CORRUPT);
    kv_memory_fini(&copy);
    kit_close(&k);
}

/* A key of the index without its end, and one whose unit is too long. */
static void a_rank_that_does_not_parse_is_damage(void)
{
    struct kit k;
    struct kv_memory copy;
    struct kv_walk w;
    struct bytes found, value;
    const uint8_t rank = STATE_RANK;
    uint8_t key[KV_KEY_MAX];
    tell_town(&k);
    for (int longer = 0; longer < 2; longer++) {
        copy_state(&k.memory, &copy);
        kv_walk_begin(&w, &copy.kv, (struct bytes){&rank, 1});
        CU_ASSERT_EQUAL_FATAL(kv_walk_next(&w, &found, &value), NG_OK);
        size_t size = found.size;
        memset(key, 'x', sizeof key);
        memcpy(key, found.data, size);
        size = longer ? KV_KEY_MAX : size;
        key[size - 1] = longer ? '\0' : 'x';
        key[found.size - 1] = 'x';
        for (int basis = 0; basis < BASIS_COUNT; basis++) {
            key[1 + 4 + strlen("ward") + 1] = (uint8_t)basis;
            CU_ASSERT_EQUAL(kv_put(&copy.kv, (struct bytes){key, size}, KV_NOTHING), NG_OK);
        }
        board_is(&copy, NG_ERR_CORRUPT);
        kv_memory_fini(&copy);
    }
    kit_close(&k);
}

static const struct test_case cases[] = {
    TEST_CASE(a_leaf_is_folded_whole_or_its_trouble_is_told),
    TEST_CASE(a_leaf_without_memory_is_no_leaf),
    TEST_CASE(a_view_is_whole_or_its_trouble_is_told),
    TEST_CASE(a_view_without_memory_is_no_view),
    TEST_CASE(a_ranked_unit_that_is_unknown_is_damage),
    TEST_CASE(a_rank_that_does_not_parse_is_damage),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fold_fault", cases, argc, argv);
}
