/* What this machine can do at all. */
#include "bench/bare.h"
#include "bench/bench.h"
#include "bench/process.h"

#include <sodium.h>
#include <stdio.h>

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

bool bench_limits(const struct bench_options *o, struct bench_report *r)
{
    char folder[256];
    struct bench_samples sync = {0};
    struct bench_samples commits[BATCHES] = {{0}};
    struct bench_samples line[LINES] = {{0}};
    struct bench_samples sign = {0};
    struct bench_samples verify = {0};
    struct bench_samples hash = {0};
    if (sodium_init() < 0 || !process_make_folder(folder, sizeof(folder))) {
        return bench_failed("limits", err_set(NG_ERR_IO, "no folder"));
    }
    for (unsigned run = 0; run < o->runs; run++) {
        bench_add(&sync, bare_sync_us(folder, SECONDS));
        for (size_t i = 0; i < BATCHES; i++) {
            bench_add(&commits[i], bare_commits(folder, batches[i], SECONDS));
        }
        for (size_t i = 0; i < LINES; i++) {
            bench_add(&line[i], bare_loop(folder, &lines[i]));
        }
        bench_add(&sign, bare_sign(SECONDS));
        bench_add(&verify, bare_verify(SECONDS));
        bench_add(&hash, bare_hash(SECONDS));
    }
    process_remove_folder(folder);
    bench_report_add(r, "fdatasync after a 4 KiB append", "us", &sync);
    for (size_t i = 0; i < BATCHES; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "LMDB full sync, batch %u: entries", batches[i]);
        bench_report_add(r, name, "/s", &commits[i]);
    }
    for (size_t i = 0; i < LINES; i++) {
        bench_report_add(r, line_names[i], "/s", &line[i]);
    }
    bench_report_add(r, "Ed25519 sign", "/s", &sign);
    bench_report_add(r, "Ed25519 verify", "/s", &verify);
    bench_report_add(r, "SHA-256 of 256 bytes", "/s", &hash);
    return true;
}
