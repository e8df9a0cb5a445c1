/* Goal: retries are spread out, grow to a limit and start small again after a success; addresses
 * are taken in one form only. Method: many seeded draws against the promised bounds; a table of
 * good and bad addresses. */
#include "harness.h"
#include "net/backoff.h"
#include "net/net.h"

static void each_wait_lies_within_its_bounds_and_is_spread(void)
{
    struct rng rng = rng_seeded(7);
    const struct mono now = {1000};
    const int64_t limits[] = {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    for (size_t step = 0; step < sizeof(limits) / sizeof(limits[0]); step++) {
        int64_t least = INT64_MAX;
        int64_t most = 0;
        for (int draw = 0; draw < 2000; draw++) {
            struct backoff b;
            backoff_init(&b, 250, 60000);
            struct mono at = now;
            for (size_t i = 0; i <= step; i++) {
                at = backoff_next(&b, now, &rng);
            }
            int64_t wait = clock_between_ms(now, at);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        CU_ASSERT(least >= 250);
        CU_ASSERT(most <= limits[step]);
        CU_ASSERT(least < 250 + (limits[step] - 250) / 10 + 2);
        CU_ASSERT(most > limits[step] - (limits[step] - 250) / 10 - 2);
    }
}

static void days_of_failures_do_not_overflow_and_success_starts_again(void)
{
    struct rng rng = rng_seeded(1);
    struct backoff b;
    backoff_init(&b, 250, 60000);
    struct mono at = {0};
    for (int i = 0; i < 100000; i++) {
        struct mono next = backoff_next(&b, at, &rng);
        CU_ASSERT_FATAL(clock_between_ms(at, next) >= 250 && clock_between_ms(at, next) <= 60000);
        at = next;
    }
    backoff_reset(&b);
    CU_ASSERT(clock_between_ms(at, backoff_next(&b, at, &rng)) <= 500);
    backoff_init(&b, 10, 10);
    CU_ASSERT_EQUAL(clock_between_ms(at, backoff_next(&b, at, &rng)), 10);
}

static void addresses_have_one_form(void)
{
    const char *const good[] = {"tcp://127.0.0.1:5570", "tcp://broker.nganam.vn:1",
                                "tcp://[::1]:65535", "tcp://a:80"};
    const char *const listening[] = {"tcp://*:5570", "tcp://127.0.0.1:0", "tcp://127.0.0.1:*"};
    const char *const bad[] = {"",
                               "127.0.0.1:5570",
                               "tcp://",
                               "tcp://host",
                               "tcp://:5570",
                               "tcp://host:",
                               "tcp://host:x",
                               "tcp://host:65536",
                               "tcp://host:000080",
                               "tcp://a b:1",
                               "tcp://a;b:1",
                               "ipc:///run/x",
                               "inproc://zeromq.zap.01",
                               "tcp://[::1:5",
                               "tcp://host:-1",
                               "TCP://host:1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CU_ASSERT_EQUAL(net_endpoint_check(good[i], false), NG_OK);
        CU_ASSERT_EQUAL(net_endpoint_check(good[i], true), NG_OK);
    }
    for (size_t i = 0; i < sizeof(listening) / sizeof(listening[0]); i++) {
        CU_ASSERT_EQUAL(net_endpoint_check(listening[i], false), NG_ERR_INPUT);
        CU_ASSERT_EQUAL(net_endpoint_check(listening[i], true), NG_OK);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_EQUAL(net_endpoint_check(bad[i], true), NG_ERR_INPUT);
    }
    char long_host[400];
    memset(long_host, 'a', sizeof(long_host));
    memcpy(long_host, "tcp://", 6);
    memcpy(long_host + sizeof(long_host) - 4, ":80", 4);
    CU_ASSERT_EQUAL(net_endpoint_check(long_host, false), NG_ERR_INPUT);
}

static const struct test_case cases[] = {
    TEST_CASE(each_wait_lies_within_its_bounds_and_is_spread),
    TEST_CASE(days_of_failures_do_not_overflow_and_success_starts_again),
    TEST_CASE(addresses_have_one_form),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("backoff", cases, argc, argv);
}
