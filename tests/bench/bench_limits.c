/* What this machine can do at all. */
#include "bench/bare.h"
#include "bench/bench.h"
#include "bench/process.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SECONDS 0.5

static const unsigned batches[] = {1, 8, 64, 512, 4096};
#define BATCHES (sizeof(batches) / sizeof(batches[0]))
static const struct bare_loop lines[] = {
    {.clients = 1, .window = 1, .size = 424, .seconds = SECONDS},
    {.clients = 1, .window = 1000, .size = 424, .seconds = SECONDS},
    {.clients = 8, .window = 1, .size = 424, .loop = true, .seconds = SECONDS},
};
static const char *const line_names[] = {"curve echo, window 1", "curve echo, window 1000",
                                         "loop 8x1 (curve, verify, LMDB)"};
#define LINES (sizeof(lines) / sizeof(lines[0]))

struct limits {
    struct bench_samples sync, commits[BATCHES], line[LINES], sign, verify, hash;
};

static bool measure(const char *folder, struct limits *l)
{
    double v = 0;
    enum ng_err err = bare_sync_us(folder, SECONDS, &v);
    bool good = bench_take(&l->sync, "fdatasync", err, v);
    for (size_t i = 0; i < BATCHES && good; i++) {
        err = bare_commits(folder, batches[i], SECONDS, &v);
        good = bench_take(&l->commits[i], "LMDB", err, v);
    }
    for (size_t i = 0; i < LINES && good; i++) {
        err = bare_loop(folder, &lines[i], &v);
        good = bench_take(&l->line[i], line_names[i], err, v);
    }
    if (good) {
        err = bare_sign(SECONDS, &v);
        good = bench_take(&l->sign, "sign", err, v);
    }
    if (good) {
        err = bare_verify(SECONDS, &v);
        good = bench_take(&l->verify, "verify", err, v);
    }
    if (good) {
        err = bare_hash(SECONDS, &v);
        good = bench_take(&l->hash, "hash", err, v);
    }
    return good;
}

static void report(const struct limits *l, struct bench_report *r)
{
    bench_report_note(r, "sync", BENCH_SYNC_FULL);
    bench_report_add(r, "fdatasync after a 4 KiB append", "us", &l->sync);
    for (size_t i = 0; i < BATCHES; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "LMDB full sync, batch %u: entries", batches[i]);
        bench_report_add(r, name, "/s", &l->commits[i]);
    }
    for (size_t i = 0; i < LINES; i++) {
        bench_report_add(r, line_names[i], "/s", &l->line[i]);
    }
    bench_report_add(r, "Ed25519 sign", "/s", &l->sign);
    bench_report_add(r, "Ed25519 verify", "/s", &l->verify);
    bench_report_add(r, "SHA-256 of 256 bytes", "/s", &l->hash);
}

bool bench_limits(const struct bench_options *o, struct bench_report *r)
{
    struct limits l;
    memset(&l, 0, sizeof(l));
    bool good = sodium_init() >= 0;
    for (unsigned run = 0; run < o->runs && good; run++) {
        good = measure(process_folder(), &l);
    }
    if (good) {
        report(&l, r);
    }
    return good;
}
