#include "store/store_gate.h"

#include "base/check.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

void store_gate_init(struct store_gate *g)
{
    *g = (struct store_gate){0};
    pthread_condattr_t attributes;
    int failed = pthread_mutex_init(&g->mutex, NULL);
    failed |= pthread_condattr_init(&attributes);
    failed |= pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    failed |= pthread_cond_init(&g->changed, &attributes);
    failed |= pthread_condattr_destroy(&attributes);
    CHECK(failed == 0); /* on Linux these only set fields */
}

void store_gate_fini(struct store_gate *g)
{
    CHECK(g->inside == NULL);
    (void)pthread_cond_destroy(&g->changed);
    (void)pthread_mutex_destroy(&g->mutex);
}

static void wait_open(struct store_gate *g)
{
    while (g->closed) {
        (void)pthread_cond_wait(&g->changed, &g->mutex);
    }
}

void store_gate_enter(struct store_gate *g, struct store_gate_guest *guest)
{
    guest->thread = pthread_self();
    (void)pthread_mutex_lock(&g->mutex);
    for (const struct store_gate_guest *o = g->inside; o != NULL; o = o->next) {
        CHECK(!pthread_equal(o->thread, guest->thread)); /* store.h: one a thread */
    }
    wait_open(g);
    guest->next = g->inside;
    g->inside = guest;
    (void)pthread_mutex_unlock(&g->mutex);
}

void store_gate_leave(struct store_gate *g, const struct store_gate_guest *guest)
{
    (void)pthread_mutex_lock(&g->mutex);
    struct store_gate_guest **link = &g->inside;
    while (*link != guest) {
        CHECK(*link != NULL);
        link = &(*link)->next;
    }
    *link = guest->next;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->mutex);
}

bool store_gate_close(struct store_gate *g, int wait_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + (int64_t)(wait_ms % 1000) * 1000000;
    until.tv_sec += wait_ms / 1000 + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    (void)pthread_mutex_lock(&g->mutex);
    wait_open(g);
    g->closed = true;
    int late = 0;
    while (late == 0 && g->inside != NULL) {
        late = pthread_cond_timedwait(&g->changed, &g->mutex, &until);
    }
    bool alone = g->inside == NULL;
    if (!alone) {
        g->closed = false;
        (void)pthread_cond_broadcast(&g->changed);
    }
    (void)pthread_mutex_unlock(&g->mutex);
    return alone;
}

void store_gate_open(struct store_gate *g)
{
    (void)pthread_mutex_lock(&g->mutex);
    g->closed = false;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->mutex);
}
