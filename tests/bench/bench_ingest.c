/* Statements from producers through the broker to the verified receipt.
 *
 * Beside it, in the same run: with one statement on its way a producer the bare loop (bare.h), with
 * more the rate at which one core verifies signatures. */
#include "bench/bare.h"
#include "bench/producer.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_SECONDS 1.0

struct ingest {
    struct bench_samples statements, acts, p50, p99, cpu, limit, disk, size;
    uint64_t logged; /* statements */
    uint64_t acts_logged;
    uint64_t commits;
    double private_bytes;
};

/* About `seconds` of work, from what such a machine does. */
static uint64_t statements_of(const struct bench_options *o)
{
    if (o->statements > 0) {
        return o->statements / o->producers + 1;
    }
    const double rate = o->window == 1 ? 5000 : 20000;
    const double acts = o->acts > 20 ? rate * 20 / o->acts : rate;
    return (uint64_t)(acts * o->seconds / o->producers) + 1;
}

static double limit(const struct bench_options *o, const struct town *t, size_t statement_size)
{
    if (o->window > 1) {
        return bare_verify(LIMIT_SECONDS);
    }
    const struct bare_loop how = {.clients = o->producers,
                                  .window = o->window,
                                  .size = statement_size + 64,
                                  .loop = true,
                                  .seconds = LIMIT_SECONDS};
    return bare_loop(t->folder, &how);
}

static bool measure(const struct bench_options *o, struct town *t, struct producers *p,
                    const struct producer_plan *plan, struct ingest *in)
{
    struct producer_result result;
    char log[TOWN_PATH_SIZE];
    town_data(t, "broker/log", log);
    const uint64_t cpu = process_cpu_us(t->broker.pid);
    const uint64_t disk = process_disk_bytes(log);
    if (!producers_run(p, plan, &result)) {
        return false;
    }
    const double n = (double)result.statements;
    const double acts = n * o->acts;
    bench_add(&in->statements, n / result.seconds);
    bench_add(&in->acts, acts / result.seconds);
    bench_add(&in->p50, bench_histogram_at(&result.latency, 0.5));
    bench_add(&in->p99, bench_histogram_at(&result.latency, 0.99));
    bench_add(&in->cpu, (double)(process_cpu_us(t->broker.pid) - cpu) / acts);
    bench_add(&in->disk, (double)(process_disk_bytes(log) - disk) / n);
    bench_add(&in->size, (double)result.bytes / n);
    in->logged += result.statements;
    in->acts_logged += result.statements * o->acts;
    in->private_bytes = (double)process_private_bytes(t->broker.pid);
    bench_add(&in->limit, limit(o, t, 160 + (size_t)((double)result.bytes / n)));
    return true;
}

static void report(const struct bench_options *o, const struct ingest *in, struct bench_report *r)
{
    const bool one = o->window == 1;
    bench_report_note_u64(r, "producers", o->producers);
    bench_report_note_u64(r, "window", o->window);
    bench_report_note_u64(r, "acts", o->acts);
    bench_report_note_u64(r, "act_bytes", o->size);
    bench_report_note(r, "outbox", o->durable_outbox ? "disk" : "memory");
    bench_report_note(r, "sync", "full");
    bench_report_add(r, "statements", "/s", &in->statements);
    bench_report_add(r, "acts", "/s", &in->acts);
    bench_report_add(r, one ? "limit: bare loop" : "limit: Ed25519 verify, one core", "/s",
                     &in->limit);
    bench_report_ratio(r, "statements / limit", &in->statements, &in->limit);
    if (!o->durable_outbox) {
        const bool later = o->verify_later;
        bench_report_note(r, "receipts verified", later ? "when the clock has stopped" : "at once");
        bench_report_add(r, later ? "to the receipt, p50" : "to the verified receipt, p50", "us",
                         &in->p50);
        bench_report_add(r, later ? "to the receipt, p99" : "to the verified receipt, p99", "us",
                         &in->p99);
    }
    bench_report_add(r, "broker CPU an act", "us", &in->cpu);
    bench_report_add(r, "payload a statement", "bytes", &in->size);
    bench_report_add(r, "disk a statement", "bytes", &in->disk);
    bench_report_one(r, "statements a sync", "",
                     in->commits > 0 ? (double)in->logged / (double)in->commits : 0);
    bench_report_one(r, "broker private memory at the end", "MiB", in->private_bytes / 1048576);
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
                                       .acts = o->acts,
                                       .size = o->size,
                                       .statements = statements_of(o),
                                       .durable = o->durable_outbox,
                                       .later = o->verify_later};
    struct producers *p = producers_new(&t);
    bool good = p != NULL;
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
