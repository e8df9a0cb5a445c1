/* From saved at the ward to visible in the standing, everything on disk: wards author into their
 * outboxes, a real agent of each delivers, the broker logs, the office folds, and a reader beside
 * the office sees the leaf in the state. Each ward is a process with a clock of its own rate. */
#include "bench/bare.h"
#include "bench/producer.h"
#include "bench/watch.h"

#include "party/party.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARDS 4u
#define STAMPS_MAX 65536u
#define LOOK_US 50
#define DRAIN_S 20.0

struct stamps {
    atomic_uint gate;
    atomic_uint ready;
    double saved_us[WARDS][STAMPS_MAX]; /* by seq */
    atomic_ullong last_seq[WARDS];
};

/* ---- A ward that writes ---- */

static enum ng_err author_one(struct party *p, unsigned acts, uint64_t round, struct stamps *s,
                              unsigned ward)
{
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t seq = 0;
    enum ng_err err = town_report(acts, 100, round, 0, &payload);
    const struct party_draft draft = {.kind = WIRE_KIND_REPORT, .payload = buf_bytes(&payload)};
    if (err == NG_OK) {
        err = party_author(p, &draft, 1, 1, &seq);
    }
    if (err == NG_OK && seq < STAMPS_MAX) {
        s->saved_us[ward][seq] = process_now_us();
        atomic_store(&s->last_seq[ward], seq);
        party_wake(party_folder(p));
    }
    buf_fini(&payload);
    return err;
}

static enum ng_err write_reports(const struct town *t, const struct bench_options *o,
                                 struct stamps *s, unsigned ward)
{
    char unit[17];
    char data[TOWN_PATH_SIZE];
    struct party *p = NULL;
    const double each_us = 1e6 * WARDS * o->acts / o->rate;
    town_unit(ward + 1, unit);
    town_data(t, unit, data);
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = party_open(data, &p);
    }
    atomic_fetch_add(&s->ready, 1);
    while (atomic_load(&s->gate) == 0) {
        (void)usleep(LOOK_US);
    }
    const double begin = process_now_us() + each_us * ward / WARDS; /* not all at one moment */
    for (uint64_t i = 0; err == NG_OK && atomic_load(&s->gate) == 1; i++) {
        const double wait = begin + each_us * (double)i - process_now_us();
        if (wait > 0) {
            (void)usleep((useconds_t)wait);
        }
        err = author_one(p, o->acts, i, s, ward);
    }
    party_close(&p);
    return err;
}

static pid_t start_writer(const struct town *t, const struct bench_options *o, struct stamps *s,
                          unsigned ward)
{
    const pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        const enum ng_err err = write_reports(t, o, s, ward);
        _exit(err == NG_OK || bench_failed("ward", err) ? 0 : 1);
    }
    return pid;
}

/* ---- The reader ---- */

struct reader {
    struct mirror *mirror;
    uint64_t next;
    uint64_t seen[WARDS]; /* newest seq */
    struct bench_histogram fresh;
};

static void take_leaf(struct reader *r, const struct stamps *s, struct bytes encoded, double now)
{
    struct leaf leaf;
    struct statement st;
    if (leaf_decode(encoded, &leaf) != NG_OK || statement_decode(leaf.statement, &st) != NG_OK ||
        st.kind != WIRE_KIND_REPORT) {
        return;
    }
    const unsigned ward = (unsigned)strtoul(st.author.text + 1, NULL, 10) - 1;
    if (ward < WARDS && st.seq < STAMPS_MAX && s->saved_us[ward][st.seq] > 0) {
        bench_histogram_add(&r->fresh, now - s->saved_us[ward][st.seq]);
        r->seen[ward] = st.seq;
    }
}

static enum ng_err look(struct reader *r, const struct stamps *s)
{
    struct mirror_view v;
    struct state_meta meta;
    enum ng_err err = mirror_view_begin(r->mirror, &v);
    if (err != NG_OK) {
        return err;
    }
    err = state_meta_get(mirror_view_state(&v), &meta);
    const double now = process_now_us();
    for (; err == NG_OK && r->next < meta.applied; r->next++) {
        struct bytes leaf;
        struct hash hash;
        err = mirror_view_leaf(&v, r->next, &leaf, &hash);
        if (err == NG_OK) {
            take_leaf(r, s, leaf, now);
        }
    }
    mirror_view_end(&v);
    return err;
}

static bool all_seen(const struct reader *r, struct stamps *s)
{
    bool all = true;
    for (unsigned i = 0; i < WARDS; i++) {
        all = all && r->seen[i] >= atomic_load(&s->last_seq[i]);
    }
    return all;
}

/* Looks every 50 us for as long as they write, and until the last is visible. */
static enum ng_err follow(const struct bench_options *o, struct stamps *s, struct reader *r)
{
    enum ng_err err = watch_applied(r->mirror, &r->next);
    const double begin = process_now_us();
    double now = begin;
    atomic_store(&s->gate, 1);
    while (err == NG_OK && now - begin < o->seconds * 1e6) {
        err = look(r, s);
        (void)usleep(LOOK_US);
        now = process_now_us();
    }
    atomic_store(&s->gate, 2);
    while (err == NG_OK && !all_seen(r, s) && process_now_us() - now < DRAIN_S * 1e6) {
        err = look(r, s);
        (void)usleep(LOOK_US);
    }
    return err == NG_OK && !all_seen(r, s) ? err_set(NG_ERR_PEER, "the office does not keep up")
                                           : err;
}

/* ---- One run ---- */

static bool run_once(const struct town *t, const struct bench_options *o, struct stamps *s,
                     struct reader *r)
{
    pid_t pids[WARDS];
    atomic_store(&s->gate, 0);
    atomic_store(&s->ready, 0);
    for (unsigned i = 0; i < WARDS; i++) {
        pids[i] = start_writer(t, o, s, i);
    }
    while (atomic_load(&s->ready) < WARDS) {
        (void)usleep(1000);
    }
    memset(&r->fresh, 0, sizeof(r->fresh));
    r->mirror = watch_open(t);
    enum ng_err err = r->mirror != NULL ? follow(o, s, r) : err_set(NG_ERR_IO, "no state");
    mirror_close(&r->mirror);
    bool good = err == NG_OK || bench_failed("freshness", err);
    atomic_store(&s->gate, 2);
    for (unsigned i = 0; i < WARDS; i++) {
        int status = 0;
        good = waitpid(pids[i], &status, 0) == pids[i] && status == 0 && good;
    }
    return good;
}

static bool start_agents(const struct town *t, struct process agents[WARDS])
{
    bool good = true;
    char path[4096];
    process_program("agent", path);
    for (unsigned i = 0; i < WARDS && good; i++) {
        char unit[17];
        char data[TOWN_PATH_SIZE];
        char log[TOWN_PATH_SIZE + 8];
        town_unit(i + 1, unit);
        town_data(t, unit, data);
        (void)snprintf(log, sizeof(log), "%s.log", data);
        const char *argv[] = {path, "serve", "--data", data, NULL};
        good = process_start(argv, log, &agents[i]);
    }
    return good;
}

static bool measure(const struct town *t, const struct bench_options *o, struct stamps *s,
                    struct bench_report *r)
{
    struct bench_samples p50 = {0};
    struct bench_samples p99 = {0};
    struct bench_samples sync = {0};
    struct reader reader = {.next = 0};
    bool good = true;
    for (unsigned run = 0; run < o->runs && good; run++) {
        bench_add(&sync, bare_sync_us(t->folder, 1.0));
        good = run_once(t, o, s, &reader);
        bench_add(&p50, bench_histogram_at(&reader.fresh, 0.5));
        bench_add(&p99, bench_histogram_at(&reader.fresh, 0.99));
    }
    bench_report_note_u64(r, "acts_a_second", o->rate);
    bench_report_note_u64(r, "acts_a_statement", o->acts);
    bench_report_note_u64(r, "wards", WARDS);
    bench_report_add(r, "one fdatasync", "us", &sync);
    bench_report_add(r, "saved to visible, p50", "us", &p50);
    bench_report_add(r, "saved to visible, p99", "us", &p99);
    bench_report_ratio(r, "p50 / fdatasync", &p50, &sync);
    bench_report_ratio(r, "p99 / fdatasync", &p99, &sync);
    return good;
}

bool bench_freshness(const struct bench_options *o, struct bench_report *r)
{
    struct town t;
    struct process agents[WARDS] = {{0}};
    if (!town_make(WARDS, WARDS, &t)) {
        return false;
    }
    struct stamps *s =
        mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const bool good = s != MAP_FAILED && town_serve_office(&t) && start_agents(&t, agents) &&
                      measure(&t, o, s, r);
    for (unsigned i = 0; i < WARDS; i++) {
        process_stop(&agents[i]);
    }
    town_destroy(&t);
    return good;
}
