/* nganam-bench: how fast and how small it is, beside what this machine can do, from one run.
 *
 * Each measurement is a table of figures; a figure is measured `runs` times (five) and reported as
 * its median with minimum and maximum. What is compared is measured in turn within the same run:
 * the machines are shared and their speed drifts, so a ratio is taken pair by pair. */
#ifndef NGANAM_TESTS_BENCH_BENCH_H
#define NGANAM_TESTS_BENCH_BENCH_H

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct bench_options {
    unsigned runs;
    unsigned producers;
    unsigned window; /* statements on their way, each producer */
    unsigned acts;   /* a statement; 0: the measurement's own default */
    unsigned size;   /* bytes of one act */
    unsigned rate;   /* acts a second */
    uint64_t units;
    uint64_t statements;
    unsigned seconds;  /* of one run */
    unsigned pause_ms; /* between readings */
    bool durable_outbox;
    bool verify_later;
    bool json;
};

/* ---- Figures (bench_report.c) ---- */

#define BENCH_RUNS_MAX 25u

struct bench_samples {
    unsigned count;
    double values[BENCH_RUNS_MAX];
};

void bench_add(struct bench_samples *s, double value);
/* Adds what was measured, or says on stderr why it could not be and gives false. */
bool bench_take(struct bench_samples *s, const char *what, enum ng_err err, double value);
double bench_median(const struct bench_samples *s); /* 0 without samples */
double bench_least(const struct bench_samples *s);
double bench_most(const struct bench_samples *s);

struct bench_report;
struct bench_report *bench_report_new(const char *name);
void bench_report_destroy(struct bench_report **r);
/* unit: "/s", "us", "MiB", "x" (a ratio) … */
void bench_report_add(struct bench_report *r, const char *figure, const char *unit,
                      const struct bench_samples *s);
/* `a` over `b` run by run, under the name given. A run without its `b` makes the report unsound. */
void bench_report_ratio(struct bench_report *r, const char *figure, const struct bench_samples *a,
                        const struct bench_samples *b);
/* One number that was counted, not measured several times. */
void bench_report_one(struct bench_report *r, const char *figure, const char *unit, double value);
/* A condition it was measured under ("producers", "8"). */
void bench_report_note(struct bench_report *r, const char *name, const char *value);
void bench_report_note_u64(struct bench_report *r, const char *name, uint64_t value);
bool bench_report_sound(const struct bench_report *r); /* false: said on stderr when it came up */
/* The sync settings there are, said with each measurement. */
#define BENCH_SYNC_FULL "full (fdatasync; LMDB with its meta page)"
#define BENCH_SYNC_OFFICE "the office's state without LMDB's meta page (ADR 0007), all else full"
json_t *bench_report_json(const struct bench_report *r); /* a new reference */
void bench_report_print(const struct bench_report *r);

/* ---- Percentiles: buckets of 1/64 octave (1.1 % wide), from 1 us to hours; memory does not grow
 * ---- */

#define BENCH_OCTAVE 64u
#define BENCH_BUCKETS (34u * BENCH_OCTAVE)
struct bench_histogram {
    uint64_t count;
    uint32_t buckets[BENCH_BUCKETS];
};
void bench_histogram_add(struct bench_histogram *h, double us);
void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from);
/* p: 0 … 1; us. */
double bench_histogram_at(const struct bench_histogram *h, double p);

/* ---- The measurements: each fills its report; false: it could not be made, said on stderr ---- */

typedef bool (*bench_fn)(const struct bench_options *o, struct bench_report *r);
bool bench_limits(const struct bench_options *o, struct bench_report *r);
bool bench_ingest(const struct bench_options *o, struct bench_report *r);
bool bench_freshness(const struct bench_options *o, struct bench_report *r);
/* False: more reports than it has room for (said on stderr). */
bool bench_freshness_may(const struct bench_options *o);
bool bench_rank(const struct bench_options *o, struct bench_report *r);
bool bench_replay(const struct bench_options *o, struct bench_report *r);
bool bench_board(const struct bench_options *o, struct bench_report *r);
bool bench_agent(const struct bench_options *o, struct bench_report *r);

/* Prints "nganam-bench: …" with the error's detail and gives false. */
bool bench_failed(const char *what, enum ng_err err);

#endif
