/* Goal: work that is shared out is done once each and seen by the caller; workers can be used ten
 * thousand times, with no thread, with one item, with none. Method: each item counts itself; under
 * TSan the counters without atomics show a missing order. */
#include "base/workers.h"

#include "fault/fault.h"
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define ITEMS 1000u

struct counted {
    unsigned times[ITEMS];
};

static void count_item(void *context, size_t i)
{
    struct counted *c = context;
    c->times[i]++;
}

static bool all_once(struct counted *c, size_t count)
{
    for (size_t i = 0; i < ITEMS; i++) {
        if (c->times[i] != (i < count ? 1u : 0u)) {
            return false;
        }
    }
    return true;
}

static void workers_do_each_item_once(void)
{
    static struct counted c;
    static const size_t counts[] = {0, 1, 2, 3, 17, ITEMS};
    for (unsigned threads = 0; threads < 4; threads++) {
        struct workers *p = NULL;
        CU_ASSERT_EQUAL_FATAL(workers_new(threads, &p), NG_OK);
        for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
            memset(&c, 0, sizeof(c));
            workers_run(p, count_item, &c, counts[k]);
            CU_ASSERT_TRUE(all_once(&c, counts[k]));
        }
        workers_destroy(&p);
        CU_ASSERT_PTR_NULL(p);
    }
}

static void workers_without_workers_is_the_caller(void)
{
    static struct counted c;
    memset(&c, 0, sizeof(c));
    workers_run(NULL, count_item, &c, 5);
    CU_ASSERT_TRUE(all_once(&c, 5));
}

/* Runs of few items one behind the other: a thread that wakes up late meets the next run's items or
 * none, never the last run's. */
static void workers_survive_late_threads(void)
{
    struct counted c[2];
    struct workers *p = NULL;
    unsigned wrong = 0;
    CU_ASSERT_EQUAL_FATAL(workers_new(3, &p), NG_OK);
    for (unsigned run = 0; run < 10000; run++) {
        struct counted *now = &c[run % 2];
        memset(now, 0, sizeof(*now));
        workers_run(p, count_item, now, 2 + run % 5);
        wrong += all_once(now, 2 + run % 5) ? 0 : 1;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    workers_destroy(&p);
}

static void workers_new_fails_whole(void)
{
    struct workers *p = NULL;
    fault_set(FAULT_MEMORY, 1, ENOMEM, false);
    CU_ASSERT_EQUAL(workers_new(2, &p), NG_ERR_NOMEM);
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_PTR_NULL(p);
    workers_destroy(&p);
    CU_ASSERT_TRUE(workers_threads(3) <= 3);
}

/* How many threads the machine gives (ld --wrap=pthread_create). */
static unsigned threads_given = 100;
/* clang-format off */
int __real_pthread_create(pthread_t *ret, const pthread_attr_t *a, void *(*fn)(void *), void *argument);
int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *a, void *(*fn)(void *), void *argument);
/* clang-format on */
int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *a, void *(*fn)(void *),
                          void *argument)
{
    if (threads_given == 0) {
        return EAGAIN;
    }
    threads_given--;
    return __real_pthread_create(ret, a, fn, argument);
}

static void workers_do_with_the_threads_there_are(void)
{
    static struct counted c;
    for (unsigned given = 0; given < 3; given++) {
        struct workers *p = NULL;
        threads_given = given;
        CU_ASSERT_EQUAL_FATAL(workers_new(3, &p), NG_OK);
        CU_ASSERT_EQUAL(threads_given, 0);
        memset(&c, 0, sizeof(c));
        workers_run(p, count_item, &c, ITEMS);
        CU_ASSERT_TRUE(all_once(&c, ITEMS));
        workers_destroy(&p);
    }
    threads_given = 100;
}

static const struct test_case cases[] = {
    TEST_CASE(workers_do_each_item_once),
    TEST_CASE(workers_without_workers_is_the_caller),
    TEST_CASE(workers_survive_late_threads),
    TEST_CASE(workers_new_fails_whole),
    TEST_CASE(workers_do_with_the_threads_there_are),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("workers", cases, argc, argv);
}
