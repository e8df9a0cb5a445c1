/* Goal: the distance is that of Levenshtein, and long words are simply far. Method: known pairs,
 * and the laws of a distance on random words. */
#include "base/near.h"
#include "base/rng.h"
#include "harness.h"

static void near_distance_of_known_pairs(void)
{
    static const struct {
        const char *a;
        const char *b;
        size_t want;
    } table[] = {{"", "", 0},        {"", "abc", 3},           {"year", "yaer", 2},
                 {"log", "logs", 1}, {"kitten", "sitting", 3}, {"same", "same", 0}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CU_ASSERT_EQUAL(near_distance(table[i].a, table[i].b), table[i].want);
    }
    char limit[NEAR_TEXT_MAX + 2];
    memset(limit, 'x', sizeof(limit));
    limit[NEAR_TEXT_MAX] = '\0';
    CU_ASSERT_EQUAL(near_distance(limit, ""), NEAR_TEXT_MAX);
    limit[NEAR_TEXT_MAX] = 'x';
    limit[NEAR_TEXT_MAX + 1] = '\0';
    CU_ASSERT_EQUAL(near_distance(limit, ""), NEAR_FAR);
    CU_ASSERT_EQUAL(near_distance("", limit), NEAR_FAR);
}

static void random_word(struct rng *r, char out[static 9])
{
    size_t size = (size_t)rng_below(r, 9);
    for (size_t i = 0; i < size; i++) {
        out[i] = (char)('a' + (char)rng_below(r, 3));
    }
    out[size] = '\0';
}

static void near_distance_obeys_the_laws(void)
{
    struct rng r = rng_seeded(5);
    unsigned wrong = 0;
    for (int i = 0; i < 20000; i++) {
        char a[9];
        char b[9];
        char c[9];
        random_word(&r, a);
        random_word(&r, b);
        random_word(&r, c);
        size_t ab = near_distance(a, b);
        wrong += ab != near_distance(b, a);
        wrong += (ab == 0) != (strcmp(a, b) == 0);
        wrong += ab > near_distance(a, c) + near_distance(c, b);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const struct test_case cases[] = {
    TEST_CASE(near_distance_of_known_pairs),
    TEST_CASE(near_distance_obeys_the_laws),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("near", cases, argc, argv);
}
