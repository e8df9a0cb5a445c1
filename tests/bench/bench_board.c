/* Reading while it is written: boards and explanations made in this process from the office's
 * store, beside the running office that folds what the producers push; and how fast the producers
 * are with and without the reader, in turn. */
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
#define PAUSE_US 100000 /* between two readings */
#define FIGURES 8u
#define TEXTS 20 /* boards made as JSON, when nothing else goes on */

struct reading {
    struct bench_histogram board, explain, rest, text;
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
                 struct reading *into, double *ret_rate)
{
    const struct producer_plan plan = {
        .window = WINDOW, .acts = ACTS, .size = 100, .statements = 1500u * o->seconds};
    struct producer_result result;
    struct mirror *m = into != NULL ? watch_open(t) : NULL;
    enum ng_err err = NG_OK;
    const uint64_t wanted = plan.statements * t->producers;
    bool good = producers_begin(p, &plan);
    while (m != NULL && err == NG_OK && producers_delivered(p) < wanted && !producers_failed(p)) {
        err = read_board(m, into);
        if (err == NG_OK) {
            err = read_explanation(m, into);
        }
        (void)usleep(PAUSE_US);
    }
    mirror_close(&m);
    good = producers_wait(p, &result) && good && err == NG_OK;
    *ret_rate = (double)result.statements * ACTS / result.seconds;
    return err == NG_OK ? good : bench_failed("board", err);
}

bool bench_board(const struct bench_options *o, struct bench_report *r)
{
    struct town t;
    struct bench_samples with = {0};
    struct bench_samples without = {0};
    struct bench_samples figures[FIGURES];
    const uint64_t units = o->units > 0 ? o->units : UNITS_DEFAULT;
    memset(figures, 0, sizeof(figures));
    if (!town_make(PRODUCERS, units, &t)) {
        return false;
    }
    struct producers *p = producers_new(&t);
    bool good = p != NULL && town_serve_office(&t);
    for (unsigned run = 0; run < o->runs && good; run++) {
        struct reading reading;
        double rate[2] = {0};
        memset(&reading, 0, sizeof(reading));
        good = push(o, &t, p, NULL, &rate[0]) && town_wait_office(&t, 60) &&
               push(o, &t, p, &reading, &rate[1]) && town_wait_office(&t, 60) &&
               read_at_rest(&t, &reading) == NG_OK;
        bench_add(&without, rate[0]);
        bench_add(&with, rate[1]);
        const struct bench_histogram *kinds[] = {&reading.board, &reading.explain, &reading.rest,
                                                 &reading.text};
        for (size_t i = 0; i < FIGURES; i++) {
            bench_add(&figures[i], bench_histogram_at(kinds[i / 2], i % 2 == 0 ? 0.5 : 0.99));
        }
    }
    static const char *const names[FIGURES] = {
        "board made, p50",          "board made, p99",         "explanation, p50",
        "explanation, p99",         "board made at rest, p50", "board made at rest, p99",
        "board as JSON, rest, p50", "board as JSON, rest, p99"};
    bench_report_note_u64(r, "units", units);
    bench_report_note_u64(r, "acts", ACTS);
    for (size_t i = 0; i < FIGURES; i++) {
        bench_report_add(r, names[i], "us", &figures[i]);
    }
    bench_report_add(r, "acts ingested without a reader", "/s", &without);
    bench_report_add(r, "acts ingested beside a reader", "/s", &with);
    bench_report_ratio(r, "with / without", &with, &without);
    producers_destroy(&p);
    town_destroy(&t);
    return good;
}
