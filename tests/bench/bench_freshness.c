/* From due at the ward to visible in the standing, everything on disk: wards save into their
 * outboxes, a real agent of each delivers, the broker logs, the office folds, and a reader beside
 * the office sees the leaf in the state. Each ward is a process that saves at its own steady rate.
 *
 * A report's time begins at the moment it was due, not when the ward came to it: a ward that is
 * held up makes the next reports late, and that is counted (else the slowest moments would hide the
 * most reports). Visible is: committed in the office's state, where every other process can read
 * it. The office's store is synced without LMDB's meta page (ADR 0007): a power cut may take the
 * newest batch, which is then read again from the log. */
#include "bench/bare.h"
#include "bench/producer.h"
#include "bench/watch.h"

#include "party/party.h"

#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARDS 4u
#define STAMPS_MAX 65536u
#define LOOK_US 50
#define DRAIN_S 20.0
#define READY_S 60.0
#define KEEPS_UP 0.95 /* of the rate asked for, or it was not measured at that rate */

/* Of one run: each ward's reports by number, from 0. */
struct stamps {
    atomic_uint gate; /* 0 shut, 1 open */
    atomic_uint ready;
    double begin_us; /* before the gate opens */
    atomic_ullong authored[WARDS];
    uint64_t before[WARDS]; /* own statements before this run */
    double due_us[WARDS][STAMPS_MAX];
    double saved_us[WARDS][STAMPS_MAX];
};

static unsigned plan_acts(const struct bench_options *o)
{
    return o->acts > 0 ? o->acts : 1;
}

/* Between two reports of one ward. */
static double interval_us(const struct bench_options *o)
{
    return 1e6 * WARDS * plan_acts(o) / o->rate;
}

/* How many reports of a ward are due within the run; not all wards at one moment. */
static uint64_t due_count(const struct bench_options *o, unsigned ward)
{
    const double room = o->seconds * 1e6 / interval_us(o) - (double)ward / WARDS;
    return room > 0 ? (uint64_t)ceil(room) : 0;
}

bool bench_freshness_may(const struct bench_options *o)
{
    if (due_count(o, 0) <= STAMPS_MAX) {
        return true;
    }
    (void)fprintf(stderr,
                  "nganam-bench: --rate %u for --seconds %u is more than %u reports a ward\n",
                  o->rate, o->seconds, STAMPS_MAX);
    return false;
}

/* ---- A ward that writes ---- */

static enum ng_err author_one(struct party *p, unsigned acts, struct stamps *s, unsigned ward,
                              uint64_t i)
{
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t seq = 0;
    enum ng_err err = town_report(acts, 100, i, 0, &payload);
    const struct party_draft draft = {.kind = WIRE_KIND_REPORT, .payload = buf_bytes(&payload)};
    if (err == NG_OK) {
        err = party_author(p, &draft, 1, 1, &seq);
    }
    if (err == NG_OK && seq != s->before[ward] + i + 1) {
        err = err_set(NG_ERR_CORRUPT, "somebody else writes for this ward");
    }
    if (err == NG_OK) {
        s->saved_us[ward][i] = process_now_us();
        atomic_store(&s->authored[ward], i + 1);
        party_wake(party_folder(p));
    }
    buf_fini(&payload);
    return err;
}

static enum ng_err open_ward(const struct town *t, struct stamps *s, unsigned ward,
                             struct party **ret)
{
    char unit[17];
    char data[TOWN_PATH_SIZE];
    struct party_status status;
    town_unit(ward + 1, unit);
    town_data(t, unit, data);
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = party_open(data, ret);
    }
    if (err == NG_OK) {
        err = party_status(*ret, &status);
    }
    if (err == NG_OK) {
        s->before[ward] = status.authored;
    }
    return err;
}

static enum ng_err write_reports(const struct town *t, const struct bench_options *o,
                                 struct stamps *s, unsigned ward)
{
    struct party *p = NULL;
    const double each_us = interval_us(o);
    enum ng_err err = open_ward(t, s, ward, &p);
    if (err == NG_OK) {
        atomic_fetch_add(&s->ready, 1);
    }
    while (err == NG_OK && atomic_load(&s->gate) == 0) {
        (void)usleep(LOOK_US);
    }
    for (uint64_t i = 0; err == NG_OK && i < due_count(o, ward); i++) {
        const double due = s->begin_us + each_us * ((double)i + (double)ward / WARDS);
        const double wait = due - process_now_us();
        if (wait > 0) {
            (void)usleep((useconds_t)wait);
        }
        s->due_us[ward][i] = due;
        err = author_one(p, plan_acts(o), s, ward, i);
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
    uint64_t seen[WARDS];
    uint64_t unstamped; /* reports nobody here says to have saved */
    struct bench_histogram due, saved;
    double rate; /* acts a second that were saved while the run lasted */
};

static void take_leaf(struct reader *r, const struct stamps *s, struct bytes encoded, double now)
{
    struct leaf leaf;
    struct statement st;
    if (leaf_decode(encoded, &leaf) != NG_OK || statement_decode(leaf.statement, &st) != NG_OK ||
        st.kind != WIRE_KIND_REPORT) {
        return;
    }
    const unsigned long ward = strtoul(st.author.text + 1, NULL, 10) - 1;
    const uint64_t i = ward < WARDS ? st.seq - s->before[ward] - 1 : STAMPS_MAX;
    if (i >= STAMPS_MAX || s->due_us[ward][i] <= 0) {
        r->unstamped++;
        return;
    }
    const double saved = s->saved_us[ward][i]; /* 0: on its way before its author went on */
    bench_histogram_add(&r->due, now - s->due_us[ward][i]);
    bench_histogram_add(&r->saved, saved > 0 ? now - saved : 0);
    r->seen[ward]++;
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

static bool all_seen(const struct bench_options *o, const struct reader *r)
{
    bool all = true;
    for (unsigned i = 0; i < WARDS; i++) {
        all = all && r->seen[i] >= due_count(o, i);
    }
    return all;
}

static enum ng_err judge(const struct bench_options *o, const struct reader *r)
{
    if (!all_seen(o, r)) {
        return err_set(NG_ERR_PEER, "not all was visible %.0f s after the end", DRAIN_S);
    }
    if (r->unstamped > 0) {
        return err_set(NG_ERR_CORRUPT, "%llu reports without a stamp",
                       (unsigned long long)r->unstamped);
    }
    return r->rate < KEEPS_UP * o->rate
               ? err_set(NG_ERR_PEER, "the wards saved %.0f acts a second of %u", r->rate, o->rate)
               : NG_OK;
}

/* Looks every 50 us for as long as they write, and until the last is visible. */
static enum ng_err follow(const struct bench_options *o, struct stamps *s, struct reader *r)
{
    enum ng_err err = watch_applied(r->mirror, &r->next);
    double now = process_now_us();
    const double end = now + o->seconds * 1e6;
    uint64_t authored = 0;
    s->begin_us = now;
    atomic_store(&s->gate, 1);
    while (err == NG_OK && now < end) {
        err = look(r, s);
        (void)usleep(LOOK_US);
        now = process_now_us();
    }
    for (unsigned i = 0; i < WARDS; i++) {
        authored += atomic_load(&s->authored[i]);
    }
    r->rate = (double)(authored * plan_acts(o)) / ((now - s->begin_us) / 1e6);
    while (err == NG_OK && !all_seen(o, r) && process_now_us() - now < DRAIN_S * 1e6) {
        err = look(r, s);
        (void)usleep(LOOK_US);
    }
    return err == NG_OK ? judge(o, r) : err;
}

/* ---- One run ---- */

static enum ng_err wait_ready(const struct stamps *s, const pid_t pids[WARDS])
{
    const double until = process_now_us() + READY_S * 1e6;
    while (atomic_load(&s->ready) < WARDS) {
        for (unsigned i = 0; i < WARDS; i++) {
            if (pids[i] <= 0 || process_ended(pids[i]) || process_now_us() > until) {
                return err_set(NG_ERR_PEER, "ward %u was never ready", i + 1);
            }
        }
        (void)usleep(1000);
    }
    return NG_OK;
}

static bool run_once(const struct town *t, const struct bench_options *o, struct stamps *s,
                     struct reader *r)
{
    pid_t pids[WARDS];
    memset(s, 0, sizeof(*s));
    memset(r, 0, sizeof(*r));
    for (unsigned i = 0; i < WARDS; i++) {
        pids[i] = start_writer(t, o, s, i);
    }
    enum ng_err err = wait_ready(s, pids);
    if (err == NG_OK) {
        r->mirror = watch_open(t);
        err = r->mirror != NULL ? follow(o, s, r) : err_set(NG_ERR_IO, "no state");
    }
    mirror_close(&r->mirror);
    bool good = err == NG_OK || bench_failed("freshness", err);
    for (unsigned i = 0; i < WARDS; i++) {
        int status = 0;
        if (!good && pids[i] > 0) {
            (void)kill(pids[i], SIGKILL); /* it may stand at the gate */
        }
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

struct found {
    struct bench_samples p50, p99, saved50, saved99, sync, rate;
};

static bool measure(const struct town *t, const struct bench_options *o, struct stamps *s,
                    struct found *f)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    bool good = reader != NULL;
    for (unsigned run = 0; run < o->runs && good; run++) {
        double sync = 0;
        const enum ng_err err = bare_sync_us(t->folder, 1.0, &sync);
        good = bench_take(&f->sync, "limit: fdatasync", err, sync) && run_once(t, o, s, reader);
        bench_add(&f->p50, bench_histogram_at(&reader->due, 0.5));
        bench_add(&f->p99, bench_histogram_at(&reader->due, 0.99));
        bench_add(&f->saved50, bench_histogram_at(&reader->saved, 0.5));
        bench_add(&f->saved99, bench_histogram_at(&reader->saved, 0.99));
        bench_add(&f->rate, reader->rate);
    }
    free(reader);
    return good;
}

static void report(const struct bench_options *o, const struct found *f, struct bench_report *r)
{
    bench_report_note_u64(r, "acts_a_second", o->rate);
    bench_report_note_u64(r, "acts_a_statement", plan_acts(o));
    bench_report_note_u64(r, "wards", WARDS);
    bench_report_note(r, "visible", "committed in the office's state");
    bench_report_note(r, "sync", BENCH_SYNC_OFFICE);
    bench_report_add(r, "acts really saved", "/s", &f->rate);
    bench_report_add(r, "limit: fdatasync", "us", &f->sync);
    bench_report_add(r, "due to visible, p50", "us", &f->p50);
    bench_report_add(r, "due to visible, p99", "us", &f->p99);
    bench_report_ratio(r, "p50 / fdatasync", &f->p50, &f->sync);
    bench_report_ratio(r, "p99 / fdatasync", &f->p99, &f->sync);
    bench_report_add(r, "saved to visible, p50", "us", &f->saved50);
    bench_report_add(r, "saved to visible, p99", "us", &f->saved99);
    bench_report_ratio(r, "from saved: p50 / fdatasync", &f->saved50, &f->sync);
    bench_report_ratio(r, "from saved: p99 / fdatasync", &f->saved99, &f->sync);
}

bool bench_freshness(const struct bench_options *o, struct bench_report *r)
{
    struct town t;
    struct process agents[WARDS] = {{0}};
    struct found found;
    memset(&found, 0, sizeof(found));
    if (!town_make(WARDS, WARDS, &t)) {
        return false;
    }
    struct stamps *s =
        mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const bool good = s != MAP_FAILED && town_serve_office(&t) && start_agents(&t, agents) &&
                      measure(&t, o, s, &found);
    if (good) {
        report(o, &found, r);
    }
    for (unsigned i = 0; i < WARDS; i++) {
        process_stop(&agents[i]);
    }
    town_destroy(&t);
    return good;
}
