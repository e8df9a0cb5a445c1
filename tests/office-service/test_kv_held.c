/* Goal: whoever reads and writes through held rows sees the one map there would be without them,
 * and after the flush that is what lies below; without it the rows below are the old ones. Method:
 * random gets, puts, removals and seeks in tables that are held and tables that are not, side by
 * side with a plain twin. */
#include "harness.h"

#include "base/rng.h"
#include "office-service/kv_held.h"
#include "office-service/kv_memory.h"
#include "office-service/state.h"

enum { KEYS = 12, STEPS = 6000, MANY = 10000 };

static const enum state_table tables[] = {STATE_SCORE, STATE_SET,      STATE_DEADLINE, STATE_KEYS,
                                          STATE_META,  STATE_NEWEST,   STATE_OWED,     STATE_PARTY,
                                          STATE_UNIT,  STATE_PROGRESS, STATE_SET_PART};
enum { TABLES = sizeof tables / sizeof tables[0] };

static struct state_key key_of(enum state_table table, uint32_t number)
{
    struct state_key key = state_key(table);
    state_key_u32(&key, number);
    return key;
}

static struct state_key random_key(struct rng *rng)
{
    const enum state_table table = tables[rng_below(rng, TABLES)];
    return key_of(table, (uint32_t)rng_below(rng, KEYS));
}

static void put(const struct kv *kv, const struct state_key *key, unsigned value)
{
    char text[16];
    const int size = snprintf(text, sizeof text, "%u", value);
    CU_ASSERT_EQUAL_FATAL(
        kv_put(kv, STATE_KEY(*key), (struct bytes){(const uint8_t *)text, (size_t)size}), NG_OK);
}

static bool equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static void assert_get(const struct kv *a, const struct kv *b, const struct state_key *key)
{
    struct bytes values[2];
    const enum ng_err one = kv_get(a, STATE_KEY(*key), &values[0]);
    CU_ASSERT_EQUAL(one, kv_get(b, STATE_KEY(*key), &values[1]));
    CU_ASSERT_TRUE(one || equal(values[0], values[1]));
}

static void assert_seek(const struct kv *a, const struct kv *b, const struct state_key *key)
{
    struct bytes keys[2], values[2];
    const enum ng_err one = kv_seek(a, STATE_KEY(*key), &keys[0], &values[0]);
    CU_ASSERT_EQUAL(one, kv_seek(b, STATE_KEY(*key), &keys[1], &values[1]));
    CU_ASSERT_TRUE(one || (equal(keys[0], keys[1]) && equal(values[0], values[1])));
}

static void assert_same(const struct kv *a, const struct kv *b)
{
    for (size_t t = 0; t < TABLES; t++) {
        for (uint32_t i = 0; i < KEYS; i++) {
            const struct state_key key = key_of(tables[t], i);
            assert_get(a, b, &key);
            assert_seek(a, b, &key);
        }
    }
}

static void step(struct rng *rng, const struct kv *held, const struct kv *twin, unsigned number)
{
    const struct state_key key = random_key(rng);
    switch (rng_below(rng, 6)) {
    case 0:
        CU_ASSERT_EQUAL_FATAL(kv_remove(held, STATE_KEY(key)), NG_OK);
        CU_ASSERT_EQUAL_FATAL(kv_remove(twin, STATE_KEY(key)), NG_OK);
        break;
    case 1:
    case 2:
        put(held, &key, number);
        put(twin, &key, number);
        break;
    case 3:
        assert_seek(held, twin, &key);
        break;
    default:
        assert_get(held, twin, &key);
    }
}

static void held_rows_show_the_one_map(void)
{
    struct kv_memory below, twin;
    struct kv_held held;
    struct rng rng = rng_seeded(20260102);
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&below), NG_OK);
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&twin), NG_OK);
    CU_ASSERT_EQUAL_FATAL(kv_held_init(&held, &below.kv), NG_OK);
    for (unsigned i = 0; i < STEPS; i++) {
        step(&rng, &held.kv, &twin.kv, i);
        if (i % 500 == 250) {
            CU_ASSERT_EQUAL_FATAL(kv_held_flush(&held), NG_OK);
            assert_same(&below.kv, &twin.kv);
        }
        if (i % 500 == 0) {
            assert_same(&held.kv, &twin.kv);
        }
    }
    CU_ASSERT_EQUAL_FATAL(kv_held_flush(&held), NG_OK);
    kv_held_fini(&held);
    assert_same(&below.kv, &twin.kv);
    kv_memory_fini(&below);
    kv_memory_fini(&twin);
}

static void what_is_not_flushed_never_was(void)
{
    const struct state_key held_key = key_of(STATE_NEWEST, 1);
    const struct state_key other = key_of(STATE_SCORE, 1);
    struct kv_memory below;
    struct kv_held held;
    struct bytes value;
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&below), NG_OK);
    put(&below.kv, &held_key, 1);
    CU_ASSERT_EQUAL_FATAL(kv_held_init(&held, &below.kv), NG_OK);
    put(&held.kv, &held_key, 22);
    put(&held.kv, &other, 22); /* of a table that is not held */
    kv_held_fini(&held);
    CU_ASSERT_EQUAL_FATAL(kv_get(&below.kv, STATE_KEY(held_key), &value), NG_OK);
    CU_ASSERT_EQUAL(value.size, 1);
    CU_ASSERT_EQUAL_FATAL(kv_get(&below.kv, STATE_KEY(other), &value), NG_OK);
    CU_ASSERT_EQUAL(value.size, 2);
    kv_memory_fini(&below);
}

/* Reads keep what they gave while more is read; writes make room. */
static void rows_held_have_a_maximum(void)
{
    struct kv_memory below;
    struct kv_held held;
    struct bytes first, value;
    const struct state_key key = key_of(STATE_KEYS, 0);
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&below), NG_OK);
    CU_ASSERT_EQUAL_FATAL(kv_held_init(&held, &below.kv), NG_OK);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct state_key at = key_of(STATE_KEYS, i);
        put(&held.kv, &at, i);
        CU_ASSERT_TRUE(omap_count(held.rows) < MANY / 2);
    }
    CU_ASSERT_EQUAL_FATAL(kv_get(&held.kv, STATE_KEY(key), &first), NG_OK);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct state_key at = key_of(STATE_KEYS, i);
        char text[16];
        const int size = snprintf(text, sizeof text, "%u", i);
        CU_ASSERT_EQUAL_FATAL(kv_get(&held.kv, STATE_KEY(at), &value), NG_OK);
        CU_ASSERT_TRUE(equal(value, (struct bytes){(const uint8_t *)text, (size_t)size}));
        CU_ASSERT_TRUE(omap_count(held.rows) < MANY / 2);
    }
    CU_ASSERT_TRUE(equal(first, (struct bytes){(const uint8_t *)"0", 1}));
    kv_held_fini(&held);
    kv_memory_fini(&below);
}

static const struct test_case cases[] = {
    TEST_CASE(held_rows_show_the_one_map),
    TEST_CASE(what_is_not_flushed_never_was),
    TEST_CASE(rows_held_have_a_maximum),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("kv_held", cases, argc, argv);
}
