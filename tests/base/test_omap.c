/* Goal: the map is right, keeps O(log n) for every order of keys, and loses nothing without memory.
 * Method: a naive sorted array as twin, random operations with one seed; the worst orders at a
 * size that makes a careless tree deep (the module's own CHECK); allocations made to fail. */
#include "base/bytes.h"
#include "base/omap.h"
#include "base/rng.h"
#include "fault/fault.h"
#include "harness.h"

#include <errno.h>

enum { TWIN_MAX = 4200, KEY_SIZE = 48 };

/* Entries in key order; keys are short texts, values numbers. */
struct twin {
    char keys[TWIN_MAX][KEY_SIZE];
    uint64_t values[TWIN_MAX];
    size_t count;
};

static struct bytes text_bytes(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* The first place whose key is not below. */
static size_t twin_place(const struct twin *t, const char *key)
{
    size_t low = 0;
    size_t high = t->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(t->keys[middle], key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool twin_has(const struct twin *t, const char *key)
{
    size_t i = twin_place(t, key);
    return i < t->count && strcmp(t->keys[i], key) == 0;
}

static void twin_put(struct twin *t, const char *key, uint64_t value)
{
    size_t i = twin_place(t, key);
    if (!twin_has(t, key)) {
        memmove(t->keys[i + 1], t->keys[i], (t->count - i) * sizeof(t->keys[0]));
        memmove(&t->values[i + 1], &t->values[i], (t->count - i) * sizeof(t->values[0]));
        memcpy(t->keys[i], key, strlen(key) + 1);
        t->count++;
    }
    t->values[i] = value;
}

static bool twin_remove(struct twin *t, const char *key)
{
    size_t i = twin_place(t, key);
    if (!twin_has(t, key)) {
        return false;
    }
    t->count--;
    memmove(t->keys[i], t->keys[i + 1], (t->count - i) * sizeof(t->keys[0]));
    memmove(&t->values[i], &t->values[i + 1], (t->count - i) * sizeof(t->values[0]));
    return true;
}

static bool same_entry(const struct twin *t, size_t i, struct bytes key, struct bytes value)
{
    return bytes_compare(key, text_bytes(t->keys[i])) == 0 && value.size == sizeof(uint64_t) &&
           memcmp(value.data, &t->values[i], sizeof(uint64_t)) == 0;
}

/* Everything the map can be asked about one key and one position. */
static bool agrees(const struct omap *m, const struct twin *t, const char *key, size_t position)
{
    struct bytes k;
    struct bytes v;
    size_t place = twin_place(t, key);
    bool good = omap_count(m) == t->count && omap_position(m, text_bytes(key)) == place;
    good = good && omap_get(m, text_bytes(key), &v) == twin_has(t, key);
    bool sought = omap_seek(m, text_bytes(key), &k, &v);
    good = good && sought == (place < t->count) && (!sought || same_entry(t, place, k, v));
    bool found = omap_at(m, position, &k, &v);
    return good && found == (position < t->count) && (!found || same_entry(t, position, k, v));
}

/* One random change to both; true if they say the same of it. */
static bool change_both(struct omap *m, struct twin *t, const char *key, bool removal,
                        struct rng *r)
{
    if (removal) {
        return omap_remove(m, text_bytes(key)) == twin_remove(t, key);
    }
    uint64_t value = rng_next(r);
    struct bytes bytes = {(const uint8_t *)&value, sizeof(value)};
    twin_put(t, key, value);
    return omap_put(m, text_bytes(key), bytes) == NG_OK;
}

static void omap_agrees_with_a_sorted_array(void)
{
    static struct twin twin;
    struct rng r = rng_seeded(2026);
    for (int round = 0; round < 20; round++) {
        struct omap *m = omap_new();
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        twin.count = 0;
        uint64_t removals = 20 + rng_below(&r, 60);
        unsigned wrong = 0;
        for (int i = 0; i < 2000; i++) {
            char key[KEY_SIZE];
            (void)snprintf(key, sizeof(key), "%llu", (unsigned long long)rng_below(&r, 500));
            wrong += !change_both(m, &twin, key, rng_below(&r, 100) < removals, &r);
            wrong += !agrees(m, &twin, key, rng_below(&r, twin.count + 2));
        }
        CU_ASSERT_EQUAL(wrong, 0);
        omap_destroy(&m);
        CU_ASSERT_PTR_NULL(m);
    }
}

/* Keys that begin alike for 0 … 40 bytes, and some that are nothing but such a beginning. */
static void some_like_key(struct rng *r, char ret[KEY_SIZE])
{
    static const char like[] = "2026/commune/self/the-same-for-all-of-them";
    const int shared = (int)(rng_below(r, 5) * 10);
    if (rng_below(r, 20) == 0) {
        (void)snprintf(ret, KEY_SIZE, "%.*s", (int)rng_below(r, 41), like);
    } else {
        (void)snprintf(ret, KEY_SIZE, "%.*s%llu", shared, like,
                       (unsigned long long)rng_below(r, 800));
    }
}

/* Filled to some thousands, emptied to the last, and again: nodes split, fill up and join on
 * several levels. */
static void omap_tells_like_keys_apart(void)
{
    static struct twin twin;
    struct rng r = rng_seeded(77);
    struct omap *m = omap_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    twin.count = 0;
    unsigned wrong = 0;
    for (int round = 0; round < 4; round++) {
        char key[KEY_SIZE];
        for (int i = 0; i < 12000; i++) {
            some_like_key(&r, key);
            wrong += !change_both(m, &twin, key, rng_below(&r, 10) == 0, &r);
            wrong += !agrees(m, &twin, key, rng_below(&r, twin.count + 2));
        }
        CU_ASSERT(twin.count > 2500);
        while (twin.count > 0) {
            memcpy(key, twin.keys[rng_below(&r, twin.count)], sizeof(key));
            wrong += !change_both(m, &twin, key, true, &r);
            some_like_key(&r, key);
            wrong += !agrees(m, &twin, key, rng_below(&r, twin.count + 2));
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    omap_destroy(&m);
}

/* Keys going up, down, and from both ends inward are what unbalanced trees die of. */
static void omap_stays_balanced_in_every_order(void)
{
    enum { COUNT = 100000 };
    for (int order = 0; order < 3; order++) {
        struct omap *m = omap_new();
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        unsigned wrong = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t key = order == 0 ? i : order == 1 ? COUNT - i : i % 2 == 0 ? i : COUNT * 2 - i;
            uint8_t raw[4];
            bytes_put_u32(raw, key);
            wrong += omap_put(m, (struct bytes){raw, 4}, (struct bytes){0}) != NG_OK;
        }
        CU_ASSERT_EQUAL(omap_count(m), COUNT);
        struct bytes k;
        struct bytes v;
        while (omap_count(m) > 0) { /* from the middle out: the costly case of removal */
            wrong += !omap_at(m, omap_count(m) / 2, &k, &v);
            uint8_t raw[4];
            memcpy(raw, k.data, 4);
            wrong += !omap_remove(m, (struct bytes){raw, 4});
        }
        CU_ASSERT_EQUAL(wrong, 0);
        omap_destroy(&m);
    }
}

static void omap_takes_empty_keys_and_values(void)
{
    struct omap *m = omap_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    struct bytes v;
    CU_ASSERT_EQUAL(omap_put(m, (struct bytes){0}, (struct bytes){0}), NG_OK);
    CU_ASSERT_TRUE(omap_get(m, (struct bytes){0}, &v));
    CU_ASSERT_EQUAL(v.size, 0);
    CU_ASSERT_EQUAL(omap_put(m, (struct bytes){0}, text_bytes("x")), NG_OK);
    CU_ASSERT_EQUAL(omap_count(m), 1);
    omap_destroy(&m);
    omap_destroy(&m);
    omap_destroy(NULL);
}

enum { TORTURE_KEYS = 300 };

/* The keys of torture_key(0 … count − 1) and no others, each where it belongs. */
static bool holds_first(const struct omap *m, size_t count)
{
    bool good = omap_count(m) == count;
    struct bytes before = {0};
    for (size_t i = 0; i < count && good; i++) {
        struct bytes k;
        struct bytes v;
        good = omap_at(m, i, &k, &v) && omap_position(m, k) == i && v.size == sizeof(uint16_t);
        good = good && (i == 0 || bytes_compare(before, k) < 0);
        uint16_t number = UINT16_MAX;
        memcpy(&number, v.data, sizeof(number));
        good = good && number < count;
        before = k;
    }
    return good;
}

static enum ng_err put_torture_key(struct omap *m, size_t i)
{
    const uint16_t number = (uint16_t)i;
    uint8_t key[4];
    bytes_put_u32(key, (uint32_t)i * 2654435761U); /* here and there, each once */
    return omap_put(m, (struct bytes){key, sizeof(key)},
                    (struct bytes){(const uint8_t *)&number, sizeof(number)});
}

/* Every allocation in turn: those of entries and those of nodes, on two levels. */
static void omap_is_unchanged_when_memory_runs_out(void)
{
    bool struck = true;
    unsigned nodes = 0;
    for (unsigned k = 1; struck; k++) {
        fault_set(FAULT_MEMORY, k, ENOMEM, false);
        struct omap *m = omap_new();
        enum ng_err err = NG_OK;
        size_t added = 0;
        while (m != NULL && err == NG_OK && added < TORTURE_KEYS) {
            err = put_torture_key(m, added);
            added += err == NG_OK;
        }
        struck = fault_clear();
        CU_ASSERT_TRUE(m != NULL || k == 1);
        if (m != NULL) {
            CU_ASSERT_EQUAL(err, struck ? NG_ERR_NOMEM : NG_OK);
            CU_ASSERT_TRUE(holds_first(m, added));
            while (added < TORTURE_KEYS && put_torture_key(m, added) == NG_OK) {
                added++;
            }
            CU_ASSERT_TRUE(holds_first(m, TORTURE_KEYS));
        }
        nodes = k;
        omap_destroy(&m);
    }
    CU_ASSERT(nodes > TORTURE_KEYS + 10);
}

static const struct test_case cases[] = {
    TEST_CASE(omap_agrees_with_a_sorted_array),        TEST_CASE(omap_tells_like_keys_apart),
    TEST_CASE(omap_stays_balanced_in_every_order),     TEST_CASE(omap_takes_empty_keys_and_values),
    TEST_CASE(omap_is_unchanged_when_memory_runs_out), {0},
};

int main(int argc, char **argv)
{
    return test_main("omap", cases, argc, argv);
}
