/* Folding a log again: a mirror with so many acts is filled by the real road, then nganam-office
 * rebuild (each leaf hashed again, the whole compared with the root, the state folded anew) is
 * timed as a process. Its memory is looked at while it runs, at a quarter of the log and at the
 * whole. */
#include "bench/producer.h"

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
    double private_bytes; /* at most, as seen every 10 ms */
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
        const double now = (double)process_private_bytes(pid);
        ret->private_bytes = now > ret->private_bytes ? now : ret->private_bytes;
        (void)usleep(LOOK_US);
    }
    ret->seconds = (process_now_us() - begin) / 1e6;
    return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool fill(struct town *t, struct producers *p, unsigned acts, uint64_t statements)
{
    struct producer_result result;
    const struct producer_plan plan = {.window = acts > 64 ? 8 : 192,
                                       .acts = acts,
                                       .size = 100,
                                       .statements = statements / t->producers};
    return producers_run(p, &plan, &result) && town_serve_office(t) &&
           town_wait_office(t, CATCH_UP_S) && catch_up(t);
}

static bool measure(const struct bench_options *o, struct town *t, struct producers *p,
                    struct bench_report *r)
{
    const unsigned acts = o->acts > 1 ? o->acts : ACTS_DEFAULT;
    const uint64_t total = o->statements > 0 ? o->statements : TOTAL_DEFAULT / acts;
    struct replay quarter;
    struct bench_samples rate = {0};
    struct bench_samples memory = {0};
    if (!fill(t, p, acts, total / 4)) {
        return false;
    }
    process_stop(&t->office);
    if (!rebuild(t, &quarter) || !fill(t, p, acts, total - total / 4)) {
        return false;
    }
    process_stop(&t->office);
    for (unsigned run = 0; run < o->runs; run++) {
        struct replay whole;
        if (!rebuild(t, &whole)) {
            return false;
        }
        bench_add(&rate, (double)(total * acts) / whole.seconds);
        bench_add(&memory, whole.private_bytes / 1048576);
    }
    bench_report_note_u64(r, "statements", total);
    bench_report_note_u64(r, "acts", acts);
    bench_report_add(r, "acts folded again", "/s", &rate);
    bench_report_one(r, "private memory at a quarter of the log", "MiB",
                     quarter.private_bytes / 1048576);
    bench_report_add(r, "private memory at the whole log", "MiB", &memory);
    return true;
}

bool bench_replay(const struct bench_options *o, struct bench_report *r)
{
    struct town t;
    if (!town_make(PRODUCERS, PRODUCERS, &t)) {
        return false;
    }
    struct producers *p = producers_new(&t);
    const bool good = p != NULL && measure(o, &t, p, r);
    producers_destroy(&p);
    town_destroy(&t);
    return good;
}
