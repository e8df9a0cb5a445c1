/* Goal: whoever closes the gate is alone, nobody waits for ever, nobody waits for himself.
 * Method: threads that meet at known points; a child process for the CHECK. */
#include "harness.h"
#include "store/store_gate.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct scene {
    struct store_gate gate;
    atomic_int inside;
    atomic_int overlaps; /* somebody was inside while the gate was closed */
    atomic_bool closed;
};

static void *go_in_and_out(void *context)
{
    struct scene *scene = context;
    for (int i = 0; i < 5000; i++) {
        struct store_gate_guest guest;
        store_gate_enter(&scene->gate, &guest);
        atomic_fetch_add(&scene->inside, 1);
        if (atomic_load(&scene->closed)) {
            atomic_fetch_add(&scene->overlaps, 1);
        }
        atomic_fetch_sub(&scene->inside, 1);
        store_gate_leave(&scene->gate, &guest);
    }
    return NULL;
}

static void *close_and_open(void *context)
{
    struct scene *scene = context;
    for (int i = 0; i < 500; i++) {
        if (!store_gate_close(&scene->gate, 20000)) {
            atomic_fetch_add(&scene->overlaps, 1);
            continue;
        }
        if (atomic_exchange(&scene->closed, true) || atomic_load(&scene->inside) != 0) {
            atomic_fetch_add(&scene->overlaps, 1);
        }
        for (int k = 0; k < 10; k++) {
            (void)sched_yield(); /* gives the others every chance to come in */
        }
        atomic_store(&scene->closed, false);
        store_gate_open(&scene->gate);
    }
    return NULL;
}

static void gate_closer_is_alone(void)
{
    static struct scene scene;
    store_gate_init(&scene.gate);
    pthread_t threads[5];
    for (int i = 0; i < 5; i++) {
        void *(*run)(void *) = i < 3 ? go_in_and_out : close_and_open;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, &scene), 0);
    }
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
    }
    CU_ASSERT_EQUAL(atomic_load(&scene.overlaps), 0);
    store_gate_fini(&scene.gate);
}

static void *come_in_once(void *context)
{
    struct scene *scene = context;
    struct store_gate_guest guest;
    atomic_store(&scene->inside, 1); /* at the gate */
    store_gate_enter(&scene->gate, &guest);
    atomic_store(&scene->inside, 2);
    store_gate_leave(&scene->gate, &guest);
    return NULL;
}

static void gate_keeps_others_out_while_closed(void)
{
    static struct scene scene;
    store_gate_init(&scene.gate);
    CU_ASSERT_TRUE_FATAL(store_gate_close(&scene.gate, 1));
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, come_in_once, &scene), 0);
    while (atomic_load(&scene.inside) == 0) {
        (void)sched_yield();
    }
    for (int i = 0; i < 3000; i++) {
        (void)sched_yield(); /* every chance to come in */
    }
    CU_ASSERT_EQUAL(atomic_load(&scene.inside), 1);
    store_gate_open(&scene.gate);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    CU_ASSERT_EQUAL(atomic_load(&scene.inside), 2);
    store_gate_fini(&scene.gate);
}

static void gate_closer_gives_up_and_lets_others_in(void)
{
    struct store_gate gate;
    store_gate_init(&gate);
    struct store_gate_guest guest;
    store_gate_enter(&gate, &guest);
    CU_ASSERT_FALSE(store_gate_close(&gate, 1));
    CU_ASSERT_FALSE(gate.closed);
    store_gate_leave(&gate, &guest);
    store_gate_enter(&gate, &guest); /* would wait for ever if it were closed */
    store_gate_leave(&gate, &guest);
    CU_ASSERT_TRUE(store_gate_close(&gate, 1));
    store_gate_open(&gate);
    store_gate_fini(&gate);
}

static void gate_stops_a_thread_that_would_wait_for_itself(void)
{
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(98);
        }
        struct store_gate gate;
        struct store_gate_guest first;
        struct store_gate_guest second;
        store_gate_init(&gate);
        store_gate_enter(&gate, &first);
        store_gate_enter(&gate, &second);
        _exit(0);
    }
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static const struct test_case cases[] = {
    TEST_CASE(gate_closer_is_alone),
    TEST_CASE(gate_keeps_others_out_while_closed),
    TEST_CASE(gate_closer_gives_up_and_lets_others_in),
    TEST_CASE(gate_stops_a_thread_that_would_wait_for_itself),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("store_gate", cases, argc, argv);
}
