/* Statements from producers through the broker to the verified receipt.
 *
 * Beside it, after each run: one fdatasync, the rate at which one core verifies signatures, and the
 * bare loop (bare.h) with as many clients, as much on their way and messages of the same size. */
#include "bench/bare.h"
#include "bench/producer.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_SECONDS 0.7
#define LOOK_US 50000

struct ingest {
    struct bench_samples statements, acts, p50, p99, cpu, disk, size;
    struct bench_samples sync, verify, loop;
    uint64_t logged; /* statements */
    uint64_t acts_logged;
    uint64_t commits;
    struct process_memory peak;
};

static unsigned plan_acts(const struct bench_options *o)
{
    return o->acts > 0 ? o->acts : 1;
}

/* About `seconds` of work, from what such a machine does. */
static uint64_t statements_of(const struct bench_options *o)
{
    if (o->statements > 0) {
        return o->statements / o->producers + 1;
    }
    const double rate = o->window == 1 ? 5000 : 20000;
    const double acts = plan_acts(o) > 20 ? rate * 20 / plan_acts(o) : rate;
    return (uint64_t)(acts * o->seconds / o->producers) + 1;
}

static bool limits(const struct bench_options *o, struct town *t, size_t statement_size,
                   struct ingest *in)
{
    const struct bare_loop how = {.clients = o->producers,
                                  .window = o->window,
                                  .size = statement_size + 64,
                                  .loop = true,
                                  .seconds = LIMIT_SECONDS};
    double v = 0;
    enum ng_err err = bare_sync_us(t->folder, LIMIT_SECONDS, &v);
    bool good = bench_take(&in->sync, "limit: fdatasync", err, v);
    if (good) {
        err = bare_verify(LIMIT_SECONDS, &v);
        good = bench_take(&in->verify, "limit: verify", err, v);
    }
    if (good) {
        err = bare_loop(t->folder, &how, &v);
        good = bench_take(&in->loop, "limit: bare loop", err, v);
    }
    return good;
}

static bool measure(const struct bench_options *o, struct town *t, struct producers *p,
                    const struct producer_plan *plan, struct ingest *in)
{
    struct producer_result result;
    char log[TOWN_PATH_SIZE];
    town_data(t, "broker/log", log);
    const uint64_t cpu = process_cpu_us(t->broker.pid);
    const uint64_t disk = process_disk_bytes(log);
    bool good = producers_begin(p, plan);
    while (good && producers_running(p)) {
        process_memory_peak(&in->peak, t->broker.pid);
        (void)usleep(LOOK_US);
    }
    good = good && producers_wait(p, &result);
    if (!good) {
        return false;
    }
    const double n = (double)result.statements;
    const double acts = n * plan->acts;
    bench_add(&in->statements, n / result.seconds);
    bench_add(&in->acts, acts / result.seconds);
    bench_add(&in->p50, bench_histogram_at(&result.latency, 0.5));
    bench_add(&in->p99, bench_histogram_at(&result.latency, 0.99));
    bench_add(&in->cpu, (double)(process_cpu_us(t->broker.pid) - cpu) / acts);
    bench_add(&in->disk, (double)(process_disk_bytes(log) - disk) / n);
    bench_add(&in->size, (double)result.bytes / n);
    in->logged += result.statements;
    in->acts_logged += result.statements * plan->acts;
    return limits(o, t, 160 + (size_t)((double)result.bytes / n), in);
}

static void report_conditions(const struct bench_options *o, struct bench_report *r)
{
    bench_report_note_u64(r, "producers", o->producers);
    bench_report_note_u64(r, "window", o->window);
    bench_report_note_u64(r, "acts", plan_acts(o));
    bench_report_note_u64(r, "act_bytes", o->size);
    bench_report_note(r, "outbox", o->durable_outbox ? "disk" : "memory");
    bench_report_note(r, "receipts verified",
                      o->verify_later ? "when the clock has stopped" : "at once");
    bench_report_note(r, "sync", BENCH_SYNC_FULL);
}

static void report(const struct bench_options *o, const struct ingest *in, struct bench_report *r)
{
    static const char *const ways[3][2] = {
        {"to the verified receipt, p50", "to the verified receipt, p99"},
        {"to the receipt, p50", "to the receipt, p99"},
        {"saved to the verified receipt, p50", "saved to the verified receipt, p99"},
    };
    const unsigned way = o->durable_outbox ? 2 : o->verify_later ? 1 : 0;
    report_conditions(o, r);
    bench_report_add(r, "statements", "/s", &in->statements);
    bench_report_add(r, "acts", "/s", &in->acts);
    bench_report_add(r, "limit: bare loop", "/s", &in->loop);
    bench_report_add(r, "limit: Ed25519 verify, one core", "/s", &in->verify);
    bench_report_add(r, "limit: fdatasync", "us", &in->sync);
    if (!o->durable_outbox) { /* the limits save nothing at the author's side */
        bench_report_ratio(r, "statements / bare loop", &in->statements, &in->loop);
        bench_report_ratio(r, "statements / verify, one core", &in->statements, &in->verify);
    }
    bench_report_add(r, ways[way][0], "us", &in->p50);
    bench_report_add(r, ways[way][1], "us", &in->p99);
    bench_report_add(r, "broker CPU an act", "us", &in->cpu);
    bench_report_add(r, "payload a statement", "bytes", &in->size);
    bench_report_add(r, "disk a statement", "bytes", &in->disk);
    bench_report_one(r, "statements a commit", "",
                     in->commits > 0 ? (double)in->logged / (double)in->commits : 0);
    bench_report_one(r, "broker private dirty memory, peak", "MiB", in->peak.dirty / 1048576);
    bench_report_one(r, "broker private clean memory, peak", "MiB", in->peak.clean / 1048576);
    bench_report_one(r, "acts logged by then", "", (double)in->acts_logged);
}

bool bench_ingest(const struct bench_options *o, struct bench_report *r)
{
    struct town t;
    struct ingest in = {.logged = 0};
    if (sodium_init() < 0 || !town_make(o->producers, o->producers, &t)) {
        return false;
    }
    const struct producer_plan plan = {.window = o->window,
                                       .acts = plan_acts(o),
                                       .size = o->size,
                                       .statements = statements_of(o),
                                       .durable = o->durable_outbox,
                                       .later = o->verify_later};
    struct producers *p = producers_new(&t);
    bool good = p != NULL && town_restart_broker(&t); /* its counts are without the enrolments */
    for (unsigned run = 0; run < o->runs && good; run++) {
        good = measure(o, &t, p, &plan, &in);
    }
    process_stop(&t.broker); /* its last line has the counts */
    in.commits = process_logged(t.broker_log, "commits");
    if (good) {
        report(o, &in, r);
    }
    producers_destroy(&p);
    town_destroy(&t);
    return good;
}
