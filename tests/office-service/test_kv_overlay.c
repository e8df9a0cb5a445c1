/* Goal: a layer over a map shows what the map would be. Method: random puts and removals on a layer
 * over a filled map, and on a plain twin that was filled alike; every key and every walk agree, and
 * what lies below stays as it was. */
#include "harness.h"

#include "base/rng.h"
#include "office-service/kv_memory.h"
#include "office-service/kv_overlay.h"

enum { KEYS = 60, STEPS = 3000 };

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void put(const struct kv *kv, unsigned key, unsigned value)
{
    char name[8];
    char number[12];
    (void)snprintf(name, sizeof name, "k%02u", key);
    (void)snprintf(number, sizeof number, "%u", value);
    CU_ASSERT_EQUAL_FATAL(kv_put(kv, text(name), text(number)), NG_OK);
}

static void take_away(const struct kv *kv, unsigned key)
{
    char name[8];
    (void)snprintf(name, sizeof name, "k%02u", key);
    CU_ASSERT_EQUAL_FATAL(kv_remove(kv, text(name)), NG_OK);
}

static bool equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* Seeks from every key, there or not, and gets each. */
static void assert_same(const struct kv *a, const struct kv *b)
{
    for (unsigned i = 0; i < KEYS; i++) {
        char name[8];
        struct bytes keys[2];
        struct bytes values[2];
        (void)snprintf(name, sizeof name, "k%02u", i);
        enum ng_err one = kv_get(a, text(name), &values[0]);
        CU_ASSERT_EQUAL(one, kv_get(b, text(name), &values[1]));
        CU_ASSERT_TRUE(one || equal(values[0], values[1]));
        one = kv_seek(a, text(name), &keys[0], &values[0]);
        CU_ASSERT_EQUAL(one, kv_seek(b, text(name), &keys[1], &values[1]));
        CU_ASSERT_TRUE(one || (equal(keys[0], keys[1]) && equal(values[0], values[1])));
    }
}

static void run(bool with_below)
{
    struct kv_memory below;
    struct kv_memory kept;
    struct kv_memory twin;
    struct kv_overlay over;
    struct rng rng = rng_seeded(20260101);
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&below), NG_OK);
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&kept), NG_OK);
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&twin), NG_OK);
    for (unsigned i = 0; with_below && i < KEYS; i += 2) {
        put(&below.kv, i, i);
        put(&kept.kv, i, i);
        put(&twin.kv, i, i);
    }
    CU_ASSERT_EQUAL_FATAL(kv_overlay_init(&over, with_below ? &below.kv : NULL, 1u << 20), NG_OK);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned key = (unsigned)rng_below(&rng, KEYS);
        if (rng_below(&rng, 3) == 0) {
            take_away(&over.kv, key);
            take_away(&twin.kv, key);
        } else {
            put(&over.kv, key, step);
            put(&twin.kv, key, step);
        }
        if (step % 100 == 0) {
            assert_same(&over.kv, &twin.kv);
        }
    }
    assert_same(&over.kv, &twin.kv);
    assert_same(&below.kv, &kept.kv);
    kv_overlay_fini(&over);
    kv_memory_fini(&below);
    kv_memory_fini(&kept);
    kv_memory_fini(&twin);
}

static void a_layer_shows_what_the_map_would_be(void)
{
    run(true);
    run(false);
}

static void a_layer_has_a_maximum_and_counts_what_it_holds(void)
{
    struct kv_overlay over;
    CU_ASSERT_EQUAL_FATAL(kv_overlay_init(&over, NULL, 400), NG_OK);
    for (unsigned i = 0; i < 100; i++) {
        put(&over.kv, 1, i); /* the same key again takes no more room */
    }
    char much[400];
    memset(much, 'x', sizeof much);
    CU_ASSERT_EQUAL(
        kv_put(&over.kv, text("long"), (struct bytes){(const uint8_t *)much, sizeof much}),
        NG_ERR_LIMIT);
    struct bytes value;
    CU_ASSERT_EQUAL(kv_get(&over.kv, text("long"), &value), NG_ERR_NOT_FOUND);
    take_away(&over.kv, 1); /* and gives its room back */
    put(&over.kv, 2, 7);
    put(&over.kv, 3, 7);
    kv_overlay_fini(&over);
}

static const struct test_case cases[] = {
    TEST_CASE(a_layer_shows_what_the_map_would_be),
    TEST_CASE(a_layer_has_a_maximum_and_counts_what_it_holds),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("kv_overlay", cases, argc, argv);
}
