/* Goal: a key has its burst and then its rate, and not one statement, byte or request more; other
 * keys are not concerned; no time and no number breaks the arithmetic. Method: the pure core
 * with times made up, beside a naive twin that counts in whole numbers.
 */
#include "base/rng.h"
#include "broker/quota.h"
#include "harness.h"

static struct quota q;

static struct mono at(int64_t ms)
{
    return (struct mono){ms};
}

static struct quota_account *account(const char *name)
{
    struct quota_account *p = NULL;
    CU_ASSERT_EQUAL_FATAL(quota_account_of(&q, name, at(0), &p), NG_OK);
    return p;
}

static void a_key_has_its_burst_and_then_its_rate(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, QUOTA_RATE_MAX, 0, 0), NG_OK);
    struct quota_account *p = account("P1");
    for (unsigned i = 0; i < QUOTA_RATE_MAX * QUOTA_BURST_S; i += 40) {
        CU_ASSERT_FATAL(quota_take(&q, p, at(i / 10), 40, 1000)); /* within two seconds */
    }
    /* Two seconds less 4 ms have brought 39 back. */
    CU_ASSERT_FALSE(quota_take(&q, p, at(1996), 40, 1000));
    CU_ASSERT(quota_take(&q, p, at(1996), 39, 1000));
    CU_ASSERT_FALSE(quota_take(&q, p, at(1999), 1, 1000));
    CU_ASSERT(quota_take(&q, p, at(2000), 1, 1000));
    CU_ASSERT(quota_take(&q, account("P2"), at(2000), 48, 1000)); /* has one of its own */
    /* A month later it has its burst again, and no more. */
    const int64_t month = INT64_C(30) * 86400 * 1000;
    CU_ASSERT_FALSE(quota_take(&q, p, at(month), QUOTA_RATE_MAX * QUOTA_BURST_S + 1, 1));
    CU_ASSERT(quota_take(&q, p, at(month), QUOTA_RATE_MAX * QUOTA_BURST_S, 1));
    CU_ASSERT_FALSE(quota_take(&q, p, at(month), 1, 1));
    quota_fini(&q);
}

static void bytes_have_a_bucket_of_their_own(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, QUOTA_RATE_MAX, 1, 0), NG_OK);
    struct quota_account *p = account("P1");
    CU_ASSERT(quota_take(&q, p, at(0), 0, UINT64_C(1024) * QUOTA_BURST_S));
    const uint64_t before = p->statements.milli;
    CU_ASSERT_FALSE(quota_take(&q, p, at(999), 1, 1024));
    CU_ASSERT(p->statements.milli >= before); /* what is refused costs no statement */
    CU_ASSERT(quota_take(&q, p, at(1000), 1, 1024));
    quota_fini(&q);
}

static void requests_are_counted_whatever_they_are(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, 1, 1, 0), NG_OK);
    struct quota_account *p = account("P1");
    for (unsigned i = 0; i < QUOTA_REQUESTS_MAX * QUOTA_REQUESTS_BURST_S; i++) {
        CU_ASSERT_FATAL(quota_take(&q, p, at(0), 0, 10));
    }
    CU_ASSERT_FALSE(quota_take(&q, p, at(0), 0, 10));
    CU_ASSERT(quota_take(&q, p, at(1), 0, 10));
    CU_ASSERT_FALSE(quota_take(&q, p, at(1), 0, 10));
    quota_fini(&q);
}

static void none_is_none(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, 0, 0, 0), NG_OK);
    struct quota_account *p = account("P1");
    for (unsigned i = 0; i < 100000; i++) {
        CU_ASSERT_FATAL(quota_take(&q, p, at(0), 48, 66560));
    }
    quota_fini(&q);
}

static void a_clock_that_stands_or_a_limit_at_its_end_breaks_nothing(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, QUOTA_OPTION_MAX, QUOTA_OPTION_MAX, 0), NG_OK);
    struct quota_account *p = account("P1");
    CU_ASSERT(quota_take(&q, p, at(INT64_MAX / 2), UINT64_C(1000000) * QUOTA_BURST_S,
                         UINT64_C(1024000000) * QUOTA_BURST_S));
    CU_ASSERT_FALSE(quota_take(&q, p, at(INT64_MAX / 2), 1, 1));
    CU_ASSERT_FALSE(quota_take(&q, p, at(5), 1, 1)); /* back: nothing comes of it */
    CU_ASSERT(quota_take(&q, p, at(6), 1000, 0));
    CU_ASSERT_FALSE(quota_take(&q, p, at(6), 1, 1));
    quota_fini(&q);
}

static void it_agrees_with_a_naive_twin(void)
{
    struct rng rng = rng_seeded(20261126);
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, 3, 0, 0), NG_OK);
    struct quota_account *p = account("P1");
    uint64_t twin = UINT64_C(3) * QUOTA_BURST_S * 1000;
    int64_t now = 0;
    unsigned refused = 0;
    for (int i = 0; i < 20000; i++) {
        const int64_t wait = (int64_t)rng_below(&rng, 10000);
        const uint64_t asked = rng_below(&rng, 48);
        for (int64_t ms = 0; ms < wait; ms++) {
            twin = twin + 3 < UINT64_C(3) * QUOTA_BURST_S * 1000
                       ? twin + 3
                       : UINT64_C(3) * QUOTA_BURST_S * 1000;
        }
        now += wait;
        const bool good = twin >= asked * 1000;
        twin -= good ? asked * 1000 : 0;
        refused += !good;
        CU_ASSERT_EQUAL_FATAL(quota_take(&q, p, at(now), asked, 1), good);
    }
    CU_ASSERT(refused > 100);
    quota_fini(&q);
}

static void the_table_is_bounded_and_who_was_refused_most_is_told(void)
{
    struct quota_account most[5];
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, 1, 0, 8), NG_OK);
    CU_ASSERT_EQUAL(quota_most_refused(&q, most, 5), 0);
    for (unsigned i = 0; i < 12; i++) {
        char name[4];
        (void)snprintf(name, sizeof(name), "P%u", i);
        account(name)->refused += i * 7 % 12;
    }
    CU_ASSERT_EQUAL(omap_count(q.by_code), 8);
    CU_ASSERT_PTR_EQUAL(account("P9"), account("P10"));
    CU_ASSERT_EQUAL_FATAL(quota_most_refused(&q, most, 5), 5);
    /* P8 … P11 share: 8 + 3 + 10 + 5; then P5 11, P3 9, P1 7, P6 6. */
    static const char *const names[] = {"*", "P5", "P3", "P1", "P6"};
    static const uint64_t counts[] = {26, 11, 9, 7, 6};
    for (size_t i = 0; i < 5; i++) {
        CU_ASSERT_STRING_EQUAL(most[i].user, names[i]);
        CU_ASSERT_EQUAL(most[i].refused, counts[i]);
    }
    quota_fini(&q);
}

static void a_key_opens_so_many_lines_that_say_nothing_and_no_more(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, 0, 0, 0), NG_OK);
    struct quota_account *p = account("P1");
    for (unsigned i = 0; i < QUOTA_OPENED_MAX; i++) {
        CU_ASSERT(quota_open(p, at(50000 + i)));
    }
    CU_ASSERT_FALSE(quota_open(p, at(50900)));
    CU_ASSERT(quota_open(account("P2"), at(50900))); /* another key has its own */
    quota_greet(p);                                  /* one of them has said Hello */
    CU_ASSERT(quota_open(p, at(51000)));
    CU_ASSERT_FALSE(quota_open(p, at(50000 + QUOTA_OPENED_MS - 1)));
    CU_ASSERT(quota_open(p, at(50000 + QUOTA_OPENED_MS))); /* those are closed by now */
    CU_ASSERT_EQUAL(p->refused, 2);
    for (unsigned i = 0; i < 2 * QUOTA_OPENED_MAX; i++) {
        quota_greet(p); /* more than are known of: no credit */
    }
    for (unsigned i = 0; i < QUOTA_OPENED_MAX; i++) {
        CU_ASSERT(quota_open(p, at(60001)));
    }
    CU_ASSERT_FALSE(quota_open(p, at(60001)));
    quota_fini(&q);
}

static void a_rotation_brings_no_new_bucket_and_the_key_before_has_none_of_it(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, 1, 0, 0), NG_OK);
    struct quota_account *first = account("P1/1");
    CU_ASSERT(quota_take(&q, first, at(0), QUOTA_BURST_S - 10, 1));
    struct quota_account *second = account("P1/2");
    CU_ASSERT_FALSE(quota_take(&q, second, at(0), 11, 1));
    CU_ASSERT_STRING_EQUAL(second->user, "P1/2");
    /* What the old key sends now is counted elsewhere, whether it came before or comes again. */
    struct quota_account *old = quota_account_now(&q, first, 1, at(0));
    CU_ASSERT_PTR_EQUAL(old, account("P1/1"));
    CU_ASSERT_PTR_EQUAL(old, account("P1/0"));
    CU_ASSERT(quota_take(&q, old, at(0), QUOTA_BURST_S, 1));
    CU_ASSERT_FALSE(quota_take(&q, old, at(0), 1, 1));
    CU_ASSERT(quota_take(&q, second, at(0), 10, 1));
    CU_ASSERT_PTR_EQUAL(quota_account_now(&q, second, 2, at(0)), second);
    CU_ASSERT(quota_take(&q, account("+P1"), at(0), 1, 1)); /* who has a slip begins anew */
    CU_ASSERT_EQUAL(omap_count(q.by_code), 2);
    quota_fini(&q);
}

static void a_party_rotates_four_times_an_hour(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, 1, 0, 0), NG_OK);
    CU_ASSERT(quota_may_rotate(&q, "P1", at(0)));
    for (unsigned i = 0; i < QUOTA_ROTATED_MAX; i++) {
        char user[8];
        (void)snprintf(user, sizeof(user), "P1/%u", i + 1);
        CU_ASSERT(quota_may_rotate(&q, "P1", at(70000 + i)));
        quota_rotated(account(user), at(70000 + i));
    }
    CU_ASSERT_FALSE(quota_may_rotate(&q, "P1", at(70000 + QUOTA_ROTATED_MS - 1)));
    CU_ASSERT(quota_may_rotate(&q, "P2", at(80000)));
    CU_ASSERT(quota_may_rotate(&q, "P1", at(70000 + QUOTA_ROTATED_MS)));
    quota_rotated(account("P1/5"), at(70000 + QUOTA_ROTATED_MS));
    CU_ASSERT(quota_may_rotate(&q, "P1", at(70000 + QUOTA_ROTATED_MS)));
    quota_fini(&q);
}

static void who_answers_all_is_held_to_requests_alone(void)
{
    CU_ASSERT_EQUAL_FATAL(quota_init(&q, 1, 1, 0), NG_OK);
    struct quota_account *p = account("office/1");
    p->answers_all = true;
    for (unsigned i = 0; i < QUOTA_REQUESTS_MAX * QUOTA_REQUESTS_BURST_S; i++) {
        CU_ASSERT_FATAL(quota_take(&q, p, at(0), 48, 60000));
    }
    CU_ASSERT_FALSE(quota_take(&q, p, at(0), 1, 1));
    CU_ASSERT_FALSE(account("office/2")->answers_all); /* until it is known what that key is */
    quota_fini(&q);
}

static const struct test_case cases[] = {
    TEST_CASE(a_key_has_its_burst_and_then_its_rate),
    TEST_CASE(bytes_have_a_bucket_of_their_own),
    TEST_CASE(requests_are_counted_whatever_they_are),
    TEST_CASE(none_is_none),
    TEST_CASE(a_key_opens_so_many_lines_that_say_nothing_and_no_more),
    TEST_CASE(a_clock_that_stands_or_a_limit_at_its_end_breaks_nothing),
    TEST_CASE(a_rotation_brings_no_new_bucket_and_the_key_before_has_none_of_it),
    TEST_CASE(a_party_rotates_four_times_an_hour),
    TEST_CASE(who_answers_all_is_held_to_requests_alone),
    TEST_CASE(it_agrees_with_a_naive_twin),
    TEST_CASE(the_table_is_bounded_and_who_was_refused_most_is_told),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("quota", cases, argc, argv);
}
