/* Reading while it is written, every unit with answers: boards and explanations made in this
 * process from the office's store, beside the running office that folds what the producers push;
 * and how fast the producers are with and without the reader, in turn. */
#include "bench/producer.h"
#include "bench/watch.h"
#include "office-service/explain.h"
#include "office-service/show_board.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PRODUCERS 4u
#define UNITS_DEFAULT 3321u
#define WINDOW 8u
#define ACTS 16u
#define READINGS_MIN 500u /* in all runs together: fewer say nothing about one in a hundred */
#define FILL_S 120
#define TEXTS 100u /* boards made as JSON, when nothing else goes on */

struct reading {
    struct bench_histogram board, explain, rest, text;
    struct process_memory broker, office;
};

static enum ng_err make_board(struct mirror *m, struct board *ret, struct hash *ret_root)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(m, &v);
    if (err == NG_OK) {
        err = board_make(mirror_view_state(&v), v.sets, TOWN_YEAR, "commune", BASIS_LIVE, ret);
        *ret_root = tree_edge_root(&v.edge);
        mirror_view_end(&v);
    }
    return err;
}

static enum ng_err read_board(struct mirror *m, struct reading *into)
{
    struct board b;
    struct hash root;
    const double begin = process_now_us();
    enum ng_err err = make_board(m, &b, &root);
    if (err == NG_OK) {
        bench_histogram_add(&into->board, process_now_us() - begin);
        board_fini(&b);
    }
    return err;
}

/* At rest: the board alone, and with its JSON document. */
static enum ng_err read_at_rest(const struct town *t, struct reading *into)
{
    struct mirror *m = watch_open(t);
    enum ng_err err = m != NULL ? NG_OK : err_set(NG_ERR_IO, "no state");
    for (unsigned i = 0; i < TEXTS && err == NG_OK; i++) {
        struct board b;
        struct hash root;
        const double begin = process_now_us();
        err = make_board(m, &b, &root);
        if (err == NG_OK) {
            bench_histogram_add(&into->rest, process_now_us() - begin);
            json_t *document = show_board_json(&b, &root);
            char *text = json_dumps(document, JSON_COMPACT);
            bench_histogram_add(&into->text, process_now_us() - begin);
            free(text);
            json_decref(document);
            board_fini(&b);
        }
    }
    mirror_close(&m);
    return err;
}

static enum ng_err read_explanation(struct mirror *m, struct reading *into)
{
    struct mirror_view v;
    struct explain e;
    char unit[17];
    town_unit(1, unit);
    const double begin = process_now_us();
    enum ng_err err = mirror_view_begin(m, &v);
    if (err != NG_OK) {
        return err;
    }
    err = explain_make(mirror_view_state(&v), v.sets, unit, NULL, TOWN_YEAR, BASIS_LIVE, &e);
    mirror_view_end(&v);
    if (err == NG_OK) {
        bench_histogram_add(&into->explain, process_now_us() - begin);
        explain_fini(&e);
    }
    return err;
}

/* Producers push for some seconds, with or without readings beside them. */
static bool push(const struct bench_options *o, struct town *t, struct producers *p,
                 struct reading *into, struct bench_samples *rates)
{
    const struct producer_plan plan = {
        .window = WINDOW, .acts = ACTS, .size = 100, .statements = 1500u * o->seconds};
    struct producer_result result;
    struct mirror *m = into != NULL ? watch_open(t) : NULL;
    enum ng_err err = NG_OK;
    const uint64_t wanted = plan.statements * t->producers;
    bool good = producers_begin(p, &plan);
    while (good && m != NULL && err == NG_OK && producers_delivered(p) < wanted &&
           !producers_failed(p)) {
        err = read_board(m, into);
        if (err == NG_OK) {
            err = read_explanation(m, into);
        }
        process_memory_peak(&into->broker, t->broker.pid);
        process_memory_peak(&into->office, t->office.pid);
        (void)usleep(o->pause_ms * 1000u);
    }
    good = good && producers_wait(p, &result) && (into == NULL || m != NULL);
    mirror_close(&m);
    if (good) {
        bench_add(rates, (double)result.statements * ACTS / result.seconds);
    }
    return err == NG_OK ? good && town_wait_office(t, FILL_S) : bench_failed("board", err);
}

struct found {
    struct bench_samples with, without;
    struct reading all; /* of all runs: one in a hundred needs many */
};

/* Whichever is second meets a longer log: they take turns at being it. */
static bool measure(const struct bench_options *o, struct town *t, struct producers *p,
                    struct found *f)
{
    bool good = true;
    for (unsigned run = 0; run < o->runs && good; run++) {
        for (unsigned half = 0; half < 2 && good; half++) {
            const bool reading = (run + half) % 2 == 1;
            good = push(o, t, p, reading ? &f->all : NULL, reading ? &f->with : &f->without);
        }
        const enum ng_err err = good ? read_at_rest(t, &f->all) : NG_OK;
        good = good && (err == NG_OK || bench_failed("board at rest", err));
    }
    return good;
}

static void add_kind(struct bench_report *r, const char *name, const struct bench_histogram *h)
{
    char figure[64];
    (void)snprintf(figure, sizeof(figure), "%s, readings", name);
    bench_report_one(r, figure, "", (double)h->count);
    (void)snprintf(figure, sizeof(figure), "%s, p50", name);
    bench_report_one(r, figure, "us", bench_histogram_at(h, 0.5));
    if (h->count >= READINGS_MIN) {
        (void)snprintf(figure, sizeof(figure), "%s, p99", name);
        bench_report_one(r, figure, "us", bench_histogram_at(h, 0.99));
    }
}

static void add_memory(struct bench_report *r, const char *name, const struct process_memory *m)
{
    char figure[64];
    (void)snprintf(figure, sizeof(figure), "%s private dirty memory, peak", name);
    bench_report_one(r, figure, "MiB", m->dirty / 1048576);
    (void)snprintf(figure, sizeof(figure), "%s private clean memory, peak", name);
    bench_report_one(r, figure, "MiB", m->clean / 1048576);
}

static void report(const struct bench_options *o, uint64_t units, const struct found *f,
                   struct bench_report *r)
{
    bench_report_note_u64(r, "units", units);
    bench_report_note_u64(r, "answers_a_unit", TOWN_COMPONENTS);
    bench_report_note_u64(r, "acts", ACTS);
    bench_report_note_u64(r, "pause_ms", o->pause_ms);
    bench_report_note(r, "sync", BENCH_SYNC_OFFICE);
    add_kind(r, "board made", &f->all.board);
    add_kind(r, "explanation", &f->all.explain);
    add_kind(r, "board made at rest", &f->all.rest);
    add_kind(r, "board as JSON, rest", &f->all.text);
    bench_report_add(r, "acts ingested without a reader", "/s", &f->without);
    bench_report_add(r, "acts ingested beside a reader", "/s", &f->with);
    bench_report_ratio(r, "with / without", &f->with, &f->without);
    add_memory(r, "broker", &f->all.broker);
    add_memory(r, "office", &f->all.office);
}

/* Each unit has reported, or it is not the board that was meant. */
static enum ng_err check_filled(const struct town *t, uint64_t units)
{
    struct mirror *m = watch_open(t);
    struct board b;
    struct hash root;
    uint64_t filled = 0;
    enum ng_err err = m != NULL ? make_board(m, &b, &root) : err_set(NG_ERR_IO, "no state");
    if (err == NG_OK) {
        for (size_t i = 0; i < b.row_count; i++) {
            filled += b.rows[i].has_points ? 1 : 0;
        }
        board_fini(&b);
    }
    mirror_close(&m);
    return err == NG_OK && filled != units
               ? err_set(NG_ERR_CORRUPT, "%llu of %llu units have points",
                         (unsigned long long)filled, (unsigned long long)units)
               : err;
}

/* The producers' own units report with a first push, all others by enrolling. */
static bool fill(struct town *t, struct producers *p, uint64_t units)
{
    const struct producer_plan plan = {
        .window = 1, .acts = TOWN_COMPONENTS, .size = 100, .statements = 1};
    struct producer_result result;
    if (!town_fill(t, t->producers, units) || !producers_run(p, &plan, &result) ||
        !town_wait_office(t, FILL_S)) {
        return false;
    }
    const enum ng_err err = check_filled(t, units);
    return err == NG_OK || bench_failed("board", err);
}

bool bench_board(const struct bench_options *o, struct bench_report *r)
{
    struct town t;
    const uint64_t asked = o->units > 0 ? o->units : UNITS_DEFAULT;
    const uint64_t units = asked > PRODUCERS ? asked : PRODUCERS;
    struct found *f = calloc(1, sizeof(*f));
    if (f == NULL || !town_make(PRODUCERS, units, &t)) {
        free(f);
        return false;
    }
    struct producers *p = producers_new(&t);
    const bool good =
        p != NULL && town_serve_office(&t) && fill(&t, p, units) && measure(o, &t, p, f);
    if (good) {
        report(o, units, f, r);
    }
    free(f);
    producers_destroy(&p);
    town_destroy(&t);
    return good;
}
