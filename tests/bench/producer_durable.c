/* One producer through the outbox on disk, as at a ward: one process saves, each report in a synced
 * transaction of its own, and another, the holder of the uplink, delivers. What they have in common
 * is in shared memory. The one that saves is at most `window` reports ahead of what was delivered.
 */
#include "bench/producer_state.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DELIVER_MS 600000
#define WINDOW_MAX 1000u

struct durable {
    atomic_ullong authored, delivered; /* since the gate */
    double due_us[WINDOW_MAX];         /* when its saving began, by number modulo the window */
};

struct delivery {
    struct maker *m;
    struct party *party;
    struct durable *shared;
    uint64_t before; /* delivered before the gate */
    pid_t author;
};

static enum ng_err author_one(struct maker *m, struct party *party, struct durable *d, uint64_t i)
{
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t seq = 0;
    d->due_us[i % m->plan->window] = process_now_us();
    enum ng_err err = town_report(m->plan->acts, m->plan->size, i, 0, &payload);
    const struct party_draft draft = {.kind = 16, .payload = buf_bytes(&payload)};
    if (err == NG_OK) {
        err = party_author(party, &draft, 1, 1, &seq);
    }
    if (err == NG_OK) {
        m->shared->bytes += payload.size;
        atomic_store(&d->authored, i + 1);
        party_wake(party_folder(party));
    }
    buf_fini(&payload);
    return err;
}

static enum ng_err author_all(struct maker *m, const char *folder, struct durable *d)
{
    struct party *party = NULL;
    enum ng_err err = party_open(folder, &party);
    producer_rest_until_gate(m->all);
    for (uint64_t i = 0; i < m->plan->statements && err == NG_OK; i++) {
        while (i - atomic_load(&d->delivered) >= m->plan->window) {
            (void)usleep(PRODUCER_REST_US);
        }
        err = author_one(m, party, d, i);
    }
    party_close(&party);
    return err;
}

static pid_t start_author(struct maker *m, const char *folder, struct durable *d)
{
    const pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        const enum ng_err err = author_all(m, folder, d);
        _exit(err == NG_OK || bench_failed("author", err) ? 0 : 1);
    }
    return pid;
}

/* After each turn of the uplink: what has a verified receipt now had none before the turn. */
static bool take_delivered(void *context)
{
    struct delivery *d = context;
    struct party_status status;
    const bool author_ended = process_ended(d->author);
    if (party_status(d->party, &status) != NG_OK) {
        return true;
    }
    const double now = process_now_us();
    const uint64_t delivered = status.delivered - d->before;
    for (uint64_t i = atomic_load(&d->shared->delivered); i < delivered; i++) {
        bench_histogram_add(&d->m->shared->latency,
                            now - d->shared->due_us[i % d->m->plan->window]);
        atomic_fetch_add(&d->m->all->delivered, 1);
    }
    atomic_store(&d->shared->delivered, delivered);
    return delivered >= d->m->plan->statements ||
           (author_ended && atomic_load(&d->shared->authored) < d->m->plan->statements);
}

static enum ng_err deliver(struct delivery *d)
{
    struct party_status status;
    enum ng_err err = party_status(d->party, &status);
    if (err == NG_OK) {
        const struct party_run run = {
            .timeout_ms = DELIVER_MS, .stop_fd = -1, .done = take_delivered, .done_context = d};
        d->before = status.delivered;
        producer_wait_for_gate(d->m);
        err = party_run(d->party, &run);
    }
    d->m->shared->end_us = process_now_us();
    d->m->shared->statements = atomic_load(&d->shared->delivered);
    return err == NG_OK && d->m->shared->statements < d->m->plan->statements
               ? err_set(NG_ERR_PEER, "the author ended early")
               : err;
}

enum ng_err producer_durable_push(struct maker *m, const char *folder)
{
    struct durable *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return err_set_errno(errno, "mmap");
    }
    struct delivery d = {.m = m, .shared = shared, .author = start_author(m, folder, shared)};
    enum ng_err err = d.author > 0 ? party_open(folder, &d.party) : err_set_errno(errno, "fork");
    if (err == NG_OK) {
        err = deliver(&d);
    }
    party_close(&d.party);
    if (d.author > 0) {
        (void)kill(d.author, SIGKILL);
        (void)waitpid(d.author, NULL, 0);
    }
    (void)munmap(shared, sizeof(*shared));
    return err;
}
