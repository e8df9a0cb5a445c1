/* Goal: looking ahead answers as looking up does, whatever is there and in whatever order it is
 * asked. Method: a map of some of the numbers below 200, every number asked for in order, backwards
 * and at random, beside kv_get; and a map that counts how often it was asked. */
#include "base/rng.h"
#include "harness.h"
#include "office-service/kv_memory.h"

#define NUMBERS 200u

static struct bytes key_of(unsigned n, char text[8])
{
    (void)snprintf(text, 8, "k%03u", n);
    return (struct bytes){(const uint8_t *)text, 4};
}

static void fill(struct kv_memory *m, struct rng *rng, unsigned one_in)
{
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(m), NG_OK);
    for (unsigned n = 0; n < NUMBERS; n++) {
        char text[8];
        const struct bytes key = key_of(n, text);
        if (rng_below(rng, one_in) == 0) {
            CU_ASSERT_EQUAL_FATAL(kv_put(&m->kv, key, key), NG_OK);
        }
    }
}

static bool same_answer(struct kv_ahead *a, const struct kv *kv, unsigned n)
{
    char text[8];
    const struct bytes key = key_of(n, text);
    struct bytes ahead = KV_NOTHING, plain = KV_NOTHING;
    const enum ng_err expected = kv_get(kv, key, &plain);
    const enum ng_err got = kv_ahead_get(a, kv, key, &ahead);
    return got == expected && (got != NG_OK || (ahead.size == plain.size &&
                                                memcmp(ahead.data, plain.data, plain.size) == 0));
}

static void kv_ahead_answers_like_get(void)
{
    struct rng rng = rng_seeded(7);
    for (unsigned one_in = 1; one_in < 100; one_in = one_in * 3 + 1) {
        struct kv_memory m;
        struct kv_ahead up = {0}, down = {0}, any = {0};
        unsigned wrong = 0;
        fill(&m, &rng, one_in);
        for (unsigned n = 0; n < NUMBERS; n++) {
            wrong += same_answer(&up, &m.kv, n) ? 0 : 1;
            wrong += same_answer(&down, &m.kv, NUMBERS - 1 - n) ? 0 : 1;
            wrong += same_answer(&any, &m.kv, (unsigned)rng_below(&rng, NUMBERS)) ? 0 : 1;
        }
        CU_ASSERT_EQUAL(wrong, 0);
        kv_memory_fini(&m);
    }
}

/* ---- A map with nothing in it that counts ---- */

static unsigned asked;

static enum ng_err count_get(void *self, struct bytes key, struct bytes *ret_value)
{
    (void)self, (void)key, (void)ret_value;
    asked++;
    return err_plain(NG_ERR_NOT_FOUND);
}

static enum ng_err count_seek(void *self, struct bytes key, struct bytes *ret_key,
                              struct bytes *ret_value)
{
    (void)self, (void)key, (void)ret_key, (void)ret_value;
    asked++;
    return err_plain(NG_ERR_NOT_FOUND);
}

static void kv_ahead_asks_once_where_nothing_is(void)
{
    static const struct kv_ops ops = {.get = count_get, .seek = count_seek};
    const struct kv kv = {&ops, NULL};
    struct kv_ahead a = {0};
    asked = 0;
    for (unsigned n = 0; n < NUMBERS; n++) {
        char text[8];
        struct bytes value;
        CU_ASSERT_EQUAL(kv_ahead_get(&a, &kv, key_of(n, text), &value), NG_ERR_NOT_FOUND);
    }
    CU_ASSERT_EQUAL(asked, 2); /* a seek, and the second look at the miss */
}

static const struct test_case cases[] = {
    TEST_CASE(kv_ahead_answers_like_get),
    TEST_CASE(kv_ahead_asks_once_where_nothing_is),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("kv", cases, argc, argv);
}
