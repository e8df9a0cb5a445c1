/* The idea: a producer is a forked process with its identity, its number and chain kept in shared
 * memory from run to run. It gets all ready that may be ready before the clock runs, says so, waits
 * for the gate, and delivers (producer_line.c, producer_durable.c). */
#include "bench/producer.h"

#include "bench/producer_state.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MS 600000 /* a million statements are signed in less */

/* ---- One producer ---- */

void producer_rest_until_gate(const struct producers *all)
{
    while (atomic_load(&all->gate) == 0) {
        (void)usleep(PRODUCER_REST_US);
    }
}

void producer_wait_for_gate(struct maker *m)
{
    atomic_fetch_add(&m->all->ready, 1);
    producer_rest_until_gate(m->all);
}

static enum ng_err work(struct maker *m, const char *folder)
{
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = identity_load(folder, &m->id);
    }
    if (err != NG_OK) {
        return err;
    }
    return m->plan->durable ? producer_durable_push(m, folder) : producer_line_push(m, folder);
}

static void run_producer(struct producers *all, unsigned number, const struct producer_plan *plan)
{
    char unit[17];
    char folder[TOWN_PATH_SIZE];
    struct maker m = {.all = all, .shared = &all->each[number], .plan = plan};
    buf_init(&m.frame, WIRE_FRAME_MAX);
    buf_init(&m.kept, (size_t)4 << 30);
    town_unit(number + 1, unit);
    town_data(all->town, unit, folder);
    const enum ng_err err = work(&m, folder);
    m.shared->good = err == NG_OK;
    if (err != NG_OK) {
        (void)bench_failed(unit, err);
        atomic_store(&all->failed, true);
        atomic_fetch_add(&all->ready, 1);
    }
}

/* ---- All of them ---- */

struct producers *producers_new(const struct town *t)
{
    struct producers *p =
        mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }
    p->town = t;
    return p;
}

void producers_destroy(struct producers **p)
{
    if (*p != NULL) {
        (void)munmap(*p, sizeof(**p));
        *p = NULL;
    }
}

/* Until all stand at the gate; one that ended without reaching it, or a bound, ends the wait. */
static bool wait_ready(const struct producers *p)
{
    const double until = process_now_us() + READY_MS * 1e3;
    while (atomic_load(&p->ready) < p->town->producers) {
        for (unsigned i = 0; i < p->town->producers; i++) {
            if (p->pids[i] <= 0 || (process_ended(p->pids[i]) && !p->each[i].good) ||
                process_now_us() > until) {
                return bench_failed("producers", err_set(NG_ERR_PEER, "%u was never ready", i + 1));
            }
        }
        (void)usleep(1000);
    }
    return true;
}

bool producers_begin(struct producers *p, const struct producer_plan *plan)
{
    atomic_store(&p->gate, 0);
    atomic_store(&p->ready, 0);
    atomic_store(&p->delivered, 0);
    for (unsigned i = 0; i < p->town->producers; i++) {
        struct shared_producer *s = &p->each[i];
        s->statements = 0;
        s->bytes = 0;
        s->good = false;
        memset(&s->latency, 0, sizeof(s->latency));
        const pid_t pid = fork();
        if (pid == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            run_producer(p, i, plan);
            _exit(0);
        }
        p->pids[i] = pid; /* shared memory: the child must not write it */
    }
    if (!wait_ready(p)) {
        return false;
    }
    p->begin_us = process_now_us();
    atomic_store(&p->gate, 1);
    return true;
}

bool producers_running(const struct producers *p)
{
    bool running = false;
    for (unsigned i = 0; i < p->town->producers; i++) {
        running = running || !process_ended(p->pids[i]);
    }
    return running;
}

bool producers_wait(struct producers *p, struct producer_result *ret)
{
    bool good = true;
    double end = p->begin_us;
    memset(ret, 0, sizeof(*ret));
    for (unsigned i = 0; i < p->town->producers; i++) {
        const struct shared_producer *s = &p->each[i];
        int status = 0;
        (void)waitpid(p->pids[i], &status, 0);
        if (status != 0) {
            (void)fprintf(stderr, "nganam-bench: producer %u ended with status %d\n", i + 1,
                          status);
        }
        good = good && status == 0 && s->good;
        end = s->end_us > end ? s->end_us : end;
        ret->statements += s->statements;
        ret->bytes += s->bytes;
        bench_histogram_merge(&ret->latency, &s->latency);
    }
    ret->seconds = (end - p->begin_us) / 1e6;
    return good;
}

bool producers_run(struct producers *p, const struct producer_plan *plan,
                   struct producer_result *ret)
{
    return producers_begin(p, plan) && producers_wait(p, ret);
}

uint64_t producers_delivered(const struct producers *p)
{
    return atomic_load(&p->delivered);
}

bool producers_failed(const struct producers *p)
{
    return atomic_load(&p->failed);
}
