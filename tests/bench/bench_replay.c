/* Folding a log again: a mirror with so many acts is filled by the real road, then nganam-office
 * rebuild (each leaf hashed again, the whole compared with the root, the state folded anew) is
 * timed as a process. How many were logged is what the broker's log says. Its memory is looked at
 * while it runs, at a quarter of the log and at the whole. */
#include "bench/bare.h"
#include "bench/producer.h"
#include "bench/watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PRODUCERS 8u
#define ACTS_DEFAULT 256u
#define TOTAL_DEFAULT 1000000u
#define CATCH_UP_S 600.0
#define LOOK_US 10000
#define HASH_S 0.5

/* Waits until the office's copy is folded to the log's size. */
static bool catch_up(struct town *t)
{
    const char *words[] = {"status", NULL};
    struct buf out = BUF_INIT(65536);
    bool good = town_office(t, words, &out); /* without a service: reads the log to its head */
    buf_fini(&out);
    return good;
}

struct replay {
    double seconds;
    struct process_memory peak; /* as seen every 10 ms */
};

static bool rebuild(const struct town *t, struct replay *ret)
{
    char path[4096];
    char data[TOWN_PATH_SIZE];
    process_program("office", path);
    town_data(t, "office", data);
    const char *argv[] = {path, "rebuild", "--data", data, NULL};
    *ret = (struct replay){0};
    const double begin = process_now_us();
    const pid_t pid = process_spawn(argv);
    int status = 0;
    pid_t ended = 0;
    while (pid > 0 && (ended = waitpid(pid, &status, WNOHANG)) == 0) {
        process_memory_peak(&ret->peak, pid);
        (void)usleep(LOOK_US);
    }
    ret->seconds = (process_now_us() - begin) / 1e6;
    return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The log grows by about so many reports, exactly *ret, and the office folds them. */
static bool fill(struct town *t, struct producers *p, unsigned acts, uint64_t statements,
                 uint64_t *ret)
{
    struct producer_result result;
    uint64_t before = 0;
    uint64_t after = 0;
    const struct producer_plan plan = {.window = acts > 64 ? 8 : 192,
                                       .acts = acts,
                                       .size = 100,
                                       .statements = statements / t->producers + 1};
    const bool good =
        watch_log_size(t, &before) && producers_run(p, &plan, &result) && watch_log_size(t, &after);
    *ret += after - before;
    if (good && after - before != result.statements) {
        return bench_failed("replay", err_set(NG_ERR_CORRUPT, "the log has other reports too"));
    }
    return good && town_serve_office(t) && town_wait_office(t, CATCH_UP_S) && catch_up(t);
}

struct found {
    struct replay quarter;
    uint64_t reports, leaves;
    struct bench_samples acts, folded, dirty, clean, hash;
};

static bool measure(const struct bench_options *o, struct town *t, struct producers *p,
                    unsigned acts, struct found *f)
{
    const uint64_t total = o->statements > 0 ? o->statements : TOTAL_DEFAULT / acts;
    bool good = fill(t, p, acts, total / 4, &f->reports);
    process_stop(&t->office);
    good = good && rebuild(t, &f->quarter) && fill(t, p, acts, total - total / 4, &f->reports);
    process_stop(&t->office);
    good = good && watch_log_size(t, &f->leaves);
    for (unsigned run = 0; run < o->runs && good; run++) {
        struct replay whole;
        double hash = 0;
        const enum ng_err err = bare_hash(HASH_S, &hash);
        good = bench_take(&f->hash, "limit: SHA-256", err, hash) && rebuild(t, &whole);
        bench_add(&f->acts, (double)(f->reports * acts) / whole.seconds);
        bench_add(&f->folded, (double)f->leaves / whole.seconds);
        bench_add(&f->dirty, whole.peak.dirty / 1048576);
        bench_add(&f->clean, whole.peak.clean / 1048576);
    }
    return good;
}

static void report(unsigned acts, const struct found *f, struct bench_report *r)
{
    bench_report_note_u64(r, "reports", f->reports);
    bench_report_note_u64(r, "acts_a_report", acts);
    bench_report_note_u64(r, "leaves", f->leaves);
    bench_report_note(r, "sync", BENCH_SYNC_OFFICE);
    bench_report_add(r, "acts folded again", "/s", &f->acts);
    bench_report_add(r, "leaves folded again", "/s", &f->folded);
    bench_report_add(r, "limit: SHA-256 of 256 bytes", "/s", &f->hash);
    bench_report_one(r, "private dirty memory at a quarter of the log, peak", "MiB",
                     f->quarter.peak.dirty / 1048576);
    bench_report_add(r, "private dirty memory at the whole log, peak", "MiB", &f->dirty);
    bench_report_one(r, "private clean memory at a quarter of the log, peak", "MiB",
                     f->quarter.peak.clean / 1048576);
    bench_report_add(r, "private clean memory at the whole log, peak", "MiB", &f->clean);
}

bool bench_replay(const struct bench_options *o, struct bench_report *r)
{
    struct town t;
    struct found found;
    memset(&found, 0, sizeof(found));
    if (!town_make(PRODUCERS, PRODUCERS, &t)) {
        return false;
    }
    const unsigned acts = o->acts > 0 ? o->acts : ACTS_DEFAULT;
    struct producers *p = producers_new(&t);
    const bool good = p != NULL && measure(o, &t, p, acts, &found);
    if (good) {
        report(acts, &found, r);
    }
    producers_destroy(&p);
    town_destroy(&t);
    return good;
}
