/* The idea: one job at a time; its items are taken from an atomic counter by whoever is free. A run
 * begins a generation and wakes the threads; each takes items until there are none and says that it
 * is through. The caller works too and then waits for those that joined, so a thread that woke up
 * too late costs nothing: it finds no item left.
 *
 * Failures: only of memory, in workers_new. A machine that gives fewer threads than asked for, or
 * none, makes a run slower and nothing else: the caller does what the others do not. */
#include "base/workers.h"

#include "base/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a generation has begun, or the end */
    pthread_cond_t done; /* the last of a generation is through */
    unsigned long generation;
    unsigned working; /* threads that are in the present job */
    bool ending;
    workers_fn fn;
    void *context;
    size_t count;
    atomic_size_t next;
    unsigned thread_count;
    pthread_t threads[WORKERS_MAX];
};

static void take_items(struct workers *p, workers_fn fn, void *context, size_t count)
{
    size_t i = 0;
    while ((i = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed)) < count) {
        fn(context, i);
    }
}

static void *run_thread(void *argument)
{
    struct workers *p = argument;
    unsigned long seen = 0;
    (void)pthread_mutex_lock(&p->mutex);
    while (!p->ending) {
        if (p->generation == seen || p->fn == NULL) {
            (void)pthread_cond_wait(&p->work, &p->mutex);
            continue;
        }
        seen = p->generation;
        p->working++;
        const workers_fn fn = p->fn;
        void *context = p->context;
        const size_t count = p->count;
        (void)pthread_mutex_unlock(&p->mutex);
        take_items(p, fn, context, count);
        (void)pthread_mutex_lock(&p->mutex);
        p->working--;
        if (p->working == 0) {
            (void)pthread_cond_signal(&p->done);
        }
    }
    (void)pthread_mutex_unlock(&p->mutex);
    return NULL;
}

enum ng_err workers_new(unsigned threads, struct workers **ret)
{
    CHECK(threads <= WORKERS_MAX);
    struct workers *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return err_set(NG_ERR_NOMEM, "threads");
    }
    (void)pthread_mutex_init(&p->mutex, NULL);
    (void)pthread_cond_init(&p->work, NULL);
    (void)pthread_cond_init(&p->done, NULL);
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&p->threads[i], NULL, run_thread, p) != 0) {
            break;
        }
        p->thread_count++;
    }
    *ret = p;
    return NG_OK;
}

void workers_destroy(struct workers **p)
{
    if (*p == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&(*p)->mutex);
    (*p)->ending = true;
    (void)pthread_cond_broadcast(&(*p)->work);
    (void)pthread_mutex_unlock(&(*p)->mutex);
    for (unsigned i = 0; i < (*p)->thread_count; i++) {
        (void)pthread_join((*p)->threads[i], NULL);
    }
    (void)pthread_cond_destroy(&(*p)->work);
    (void)pthread_cond_destroy(&(*p)->done);
    (void)pthread_mutex_destroy(&(*p)->mutex);
    free(*p);
    *p = NULL;
}

void workers_run(struct workers *p, workers_fn fn, void *context, size_t count)
{
    if (p == NULL || p->thread_count == 0 || count < 2) {
        for (size_t i = 0; i < count; i++) {
            fn(context, i);
        }
        return;
    }
    (void)pthread_mutex_lock(&p->mutex);
    p->fn = fn;
    p->context = context;
    p->count = count;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    p->generation++;
    (void)pthread_cond_broadcast(&p->work);
    (void)pthread_mutex_unlock(&p->mutex);
    take_items(p, fn, context, count);
    (void)pthread_mutex_lock(&p->mutex);
    while (p->working > 0) {
        (void)pthread_cond_wait(&p->done, &p->mutex);
    }
    p->fn = NULL; /* whoever wakes up only now has nothing to do */
    (void)pthread_mutex_unlock(&p->mutex);
}

unsigned workers_threads(unsigned most)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned further = cores > 1 ? (unsigned)cores - 1 : 0;
    const unsigned bound = most < WORKERS_MAX ? most : WORKERS_MAX;
    return further < bound ? further : bound;
}
