/* Figures and how they are shown. */
#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench_report {
    json_t *figures; /* array */
    json_t *notes;   /* object */
    bool broken;
    char name[64];
};

/* ---- Samples ---- */

void bench_add(struct bench_samples *s, double value)
{
    if (s->count < BENCH_RUNS_MAX) {
        s->values[s->count++] = value;
    }
}

bool bench_take(struct bench_samples *s, const char *what, enum ng_err err, double value)
{
    if (err != NG_OK) {
        return bench_failed(what, err);
    }
    bench_add(s, value);
    return true;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

double bench_median(const struct bench_samples *s)
{
    struct bench_samples sorted = *s;
    if (s->count == 0) {
        return 0;
    }
    qsort(sorted.values, s->count, sizeof(double), by_value);
    const unsigned middle = s->count / 2;
    return s->count % 2 == 1 ? sorted.values[middle]
                             : (sorted.values[middle - 1] + sorted.values[middle]) / 2;
}

double bench_least(const struct bench_samples *s)
{
    double least = s->count > 0 ? s->values[0] : 0;
    for (unsigned i = 1; i < s->count; i++) {
        least = s->values[i] < least ? s->values[i] : least;
    }
    return least;
}

double bench_most(const struct bench_samples *s)
{
    double most = s->count > 0 ? s->values[0] : 0;
    for (unsigned i = 1; i < s->count; i++) {
        most = s->values[i] > most ? s->values[i] : most;
    }
    return most;
}

/* ---- Reports ---- */

struct bench_report *bench_report_new(const char *name)
{
    struct bench_report *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        abort();
    }
    (void)snprintf(r->name, sizeof(r->name), "%s", name);
    r->figures = json_array();
    r->notes = json_object();
    return r;
}

void bench_report_destroy(struct bench_report **r)
{
    if (*r != NULL) {
        json_decref((*r)->figures);
        json_decref((*r)->notes);
        free(*r);
        *r = NULL;
    }
}

static void break_report(struct bench_report *r, const char *figure, const char *why)
{
    (void)fprintf(stderr, "nganam-bench: %s: %s: %s\n", r->name, figure, why);
    r->broken = true;
}

bool bench_report_sound(const struct bench_report *r)
{
    return !r->broken;
}

static void add(struct bench_report *r, const char *figure, const char *unit, unsigned runs,
                double median, double least, double most)
{
    json_t *row = json_pack("{s:s, s:s, s:i, s:f, s:f, s:f}", "figure", figure, "unit", unit,
                            "runs", (int)runs, "median", median, "min", least, "max", most);
    if (runs == 0 || row == NULL || json_array_append(r->figures, row) != 0) {
        break_report(r, figure, "nothing was measured");
    }
    json_decref(row);
}

void bench_report_add(struct bench_report *r, const char *figure, const char *unit,
                      const struct bench_samples *s)
{
    add(r, figure, unit, s->count, bench_median(s), bench_least(s), bench_most(s));
}

void bench_report_ratio(struct bench_report *r, const char *figure, const struct bench_samples *a,
                        const struct bench_samples *b)
{
    struct bench_samples ratios = {0};
    for (unsigned i = 0; i < a->count && i < b->count && b->values[i] > 0; i++) {
        bench_add(&ratios, a->values[i] / b->values[i]);
    }
    if (ratios.count != a->count || ratios.count != b->count) {
        break_report(r, figure, "a run has nothing to be compared with");
        return;
    }
    bench_report_add(r, figure, "x", &ratios);
}

void bench_report_one(struct bench_report *r, const char *figure, const char *unit, double value)
{
    add(r, figure, unit, 1, value, value, value);
}

void bench_report_note(struct bench_report *r, const char *name, const char *value)
{
    (void)json_object_set_new(r->notes, name, json_string(value));
}

void bench_report_note_u64(struct bench_report *r, const char *name, uint64_t value)
{
    (void)json_object_set_new(r->notes, name, json_integer((json_int_t)value));
}

json_t *bench_report_json(const struct bench_report *r)
{
    return json_pack("{s:s, s:O, s:O}", "measurement", r->name, "conditions", r->notes, "figures",
                     r->figures);
}

static void print_number(double v)
{
    const double size = fabs(v);
    (void)printf(" %14.*f", size >= 1000 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 3 : 6, v);
}

void bench_report_print(const struct bench_report *r)
{
    size_t i = 0;
    json_t *figure = NULL;
    const char *name = NULL;
    json_t *value = NULL;
    (void)printf("%s", r->name);
    json_object_foreach(r->notes, name, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        (void)printf("  %s=%s", name, text != NULL ? text : "?");
        free(text);
    }
    (void)printf("\n  %-44s %6s %14s %14s %14s\n", "figure", "unit", "median", "min", "max");
    json_array_foreach(r->figures, i, figure)
    {
        (void)printf("  %-44s %6s", json_string_value(json_object_get(figure, "figure")),
                     json_string_value(json_object_get(figure, "unit")));
        print_number(json_real_value(json_object_get(figure, "median")));
        print_number(json_real_value(json_object_get(figure, "min")));
        print_number(json_real_value(json_object_get(figure, "max")));
        (void)printf("\n");
    }
    (void)fflush(stdout);
}

/* ---- Percentiles ---- */

void bench_histogram_add(struct bench_histogram *h, double us)
{
    const double place = us > 1 ? log2(us) * BENCH_OCTAVE : 0;
    const unsigned bucket = place < BENCH_BUCKETS - 1 ? (unsigned)place : BENCH_BUCKETS - 1;
    h->buckets[bucket]++;
    h->count++;
}

void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from)
{
    for (unsigned i = 0; i < BENCH_BUCKETS; i++) {
        into->buckets[i] += from->buckets[i];
    }
    into->count += from->count;
}

double bench_histogram_at(const struct bench_histogram *h, double p)
{
    const double wanted = p * (double)h->count;
    double seen = 0;
    for (unsigned i = 0; i < BENCH_BUCKETS; i++) {
        seen += h->buckets[i];
        if (h->buckets[i] > 0 && seen >= wanted) {
            return exp2((i + 0.5) / BENCH_OCTAVE);
        }
    }
    return 0;
}

bool bench_failed(const char *what, enum ng_err err)
{
    (void)fprintf(stderr, "nganam-bench: %s: %s\n", what, err_explain(err));
    return false;
}
