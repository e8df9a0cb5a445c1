/* Goal: the map is right, keeps O(log n) for every order of keys, and loses nothing without memory.
 * Method: a naive sorted array as twin, random operations with one seed; the worst orders with a
 * depth that a walk of 128 links would not survive (the module's own CHECK); allocations made to
 * fail. */
#include "base/bytes.h"
#include "base/omap.h"
#include "base/rng.h"
#include "fault/fault.h"
#include "harness.h"

#include <errno.h>

enum { TWIN_MAX = 600 };

/* Entries in key order; keys are short texts, values numbers. */
struct twin {
    char keys[TWIN_MAX][8];
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
    size_t i = 0;
    while (i < t->count && strcmp(t->keys[i], key) < 0) {
        i++;
    }
    return i;
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
            char key[8];
            (void)snprintf(key, sizeof(key), "%llu", (unsigned long long)rng_below(&r, 500));
            if (rng_below(&r, 100) < removals) {
                wrong += omap_remove(m, text_bytes(key)) != twin_remove(&twin, key);
            } else {
                uint64_t value = rng_next(&r);
                struct bytes bytes = {(const uint8_t *)&value, sizeof(value)};
                wrong += omap_put(m, text_bytes(key), bytes) != NG_OK;
                twin_put(&twin, key, value);
            }
            wrong += !agrees(m, &twin, key, rng_below(&r, twin.count + 2));
        }
        CU_ASSERT_EQUAL(wrong, 0);
        omap_destroy(&m);
        CU_ASSERT_PTR_NULL(m);
    }
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

static void omap_is_unchanged_when_memory_runs_out(void)
{
    for (unsigned k = 1; k < 60; k++) {
        fault_set(FAULT_MEMORY, k, ENOMEM, false);
        struct omap *m = omap_new();
        enum ng_err err = NG_OK;
        size_t added = 0;
        for (uint8_t i = 0; m != NULL && err == NG_OK && i < 50; i++) {
            err = omap_put(m, (struct bytes){&i, 1}, (struct bytes){&i, 1});
            added += err == NG_OK;
        }
        bool struck = fault_clear();
        CU_ASSERT_EQUAL(struck, k <= 51);
        CU_ASSERT_TRUE(m != NULL || k == 1);
        if (m != NULL) {
            CU_ASSERT_EQUAL(err, struck ? NG_ERR_NOMEM : NG_OK);
            CU_ASSERT_EQUAL(omap_count(m), added);
        }
        omap_destroy(&m);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(omap_agrees_with_a_sorted_array),
    TEST_CASE(omap_stays_balanced_in_every_order),
    TEST_CASE(omap_takes_empty_keys_and_values),
    TEST_CASE(omap_is_unchanged_when_memory_runs_out),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("omap", cases, argc, argv);
}
