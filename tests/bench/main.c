/* The measurements' command line: nganam-bench NAME [--option N]… [--json].
 *
 * Two processes: one measures, this one only watches over it. Whatever ends the measurement (a
 * signal, a fault, itself), the watcher ends what is left of it and removes its folder. */
#include "bench/bench.h"
#include "bench/machine.h"
#include "bench/process.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Options: each with the measurements that take it ---- */

#define LIMITS 1u
#define INGEST 2u
#define FRESHNESS 4u
#define RANK 8u
#define REPLAY 16u
#define BOARD 32u
#define AGENT 64u
#define EVERY 127u
#define UNSET 0u /* the measurement's own default */

#define NUMBER(field)                                                                              \
    .at = offsetof(struct bench_options, field),                                                   \
    .size = sizeof(((struct bench_options *)NULL)->field)

struct option_row {
    const char *name, *unit; /* unit NULL: takes no value */
    const char *preset, *meaning;
    unsigned takers;
    size_t at, size;
    uint64_t least, most;
};

static const struct option_row rows[] = {
    {"runs", "N", "5", "how often each figure is measured; the median is told", EVERY & ~AGENT,
     NUMBER(runs), 1, BENCH_RUNS_MAX},
    {"producers", "N", "8", "processes that push statements", INGEST, NUMBER(producers), 1, 64},
    {"window", "N", "1", "statements on their way, each producer", INGEST, NUMBER(window), 1, 1000},
    {"acts", "N", "1; replay 256", "acts a statement", INGEST | FRESHNESS | REPLAY, NUMBER(acts), 1,
     256},
    {"size", "BYTES", "100", "of one act", INGEST, NUMBER(size), 40, 220},
    {"rate", "ACTS/S", "1000", "acts saved a second, by all wards together", FRESHNESS,
     NUMBER(rate), 1, 1000000},
    {"units", "N", "3321; rank four sizes", "units that are ranked", RANK | BOARD, NUMBER(units), 2,
     1000000},
    {"statements", "N", "as many as --seconds takes; replay 1,000,000 acts",
     "statements pushed in all, each run", INGEST | REPLAY, NUMBER(statements), 8, 100000000},
    {"seconds", "S", "2", "about so long a run; agent: watched for so long",
     INGEST | FRESHNESS | BOARD | AGENT, NUMBER(seconds), 1, 3600},
    {"pause", "MS", "0", "between one reading and the next", BOARD, NUMBER(pause_ms), 0, 10000},
    {"durable-outbox", NULL, NULL, "through the outbox on disk, authoring inside the clock", INGEST,
     NUMBER(durable_outbox), 0, 0},
    {"verify-later", NULL, NULL, "producers verify receipts when the clock has stopped", INGEST,
     NUMBER(verify_later), 0, 0},
    {"json", NULL, NULL, "one JSON document instead of a table", EVERY, NUMBER(json), 0, 0},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool may_ingest(const struct bench_options *o)
{
    if (o->durable_outbox && o->verify_later) {
        (void)fputs("nganam-bench: --verify-later does not go with --durable-outbox: the party's "
                    "own loop verifies each receipt before it leaves the outbox\n",
                    stderr);
        return false;
    }
    return true;
}

static const struct {
    const char *name;
    bench_fn run;
    bool (*may)(const struct bench_options *o); /* NULL: always; false: said on stderr */
    unsigned bit;
    const char *what;
} measurements[] = {
    {"limits", bench_limits, NULL, LIMITS,
     "the disk, LMDB, CURVE, Ed25519, SHA-256 and a bare loop of them"},
    {"ingest", bench_ingest, may_ingest, INGEST,
     "statements through the broker to the verified receipt"},
    {"freshness", bench_freshness, bench_freshness_may, FRESHNESS,
     "from due at the ward to committed in the office's state"},
    {"rank", bench_rank, NULL, RANK, "updates of the standings at N units"},
    {"replay", bench_replay, NULL, REPLAY, "folding a log again"},
    {"board", bench_board, NULL, BOARD, "reading boards and explanations while writing"},
    {"agent", bench_agent, NULL, AGENT, "memory and wake-ups of an agent and a broker at rest"},
};
#define MEASUREMENTS (sizeof(measurements) / sizeof(measurements[0]))

static int usage(FILE *to)
{
    (void)fprintf(to, "nganam-bench NAME [options]: measures beside what the machine can do\n\n");
    for (size_t i = 0; i < MEASUREMENTS; i++) {
        (void)fprintf(to, "  %-10s %s\n", measurements[i].name, measurements[i].what);
    }
    (void)fprintf(to, "\nOptions (default) and the measurements that take them:\n");
    for (size_t i = 0; i < ROWS; i++) {
        char left[40];
        (void)snprintf(left, sizeof(left), "--%s %s", rows[i].name,
                       rows[i].unit != NULL ? rows[i].unit : "");
        (void)fprintf(to, "  %-18s %s", left, rows[i].meaning);
        if (rows[i].preset != NULL) {
            (void)fprintf(to, " (%s)", rows[i].preset);
        }
        (void)fprintf(to, ":");
        for (size_t k = 0; k < MEASUREMENTS && rows[i].takers != EVERY; k++) {
            (void)fprintf(to, "%s%s", (rows[i].takers & measurements[k].bit) != 0 ? " " : "",
                          (rows[i].takers & measurements[k].bit) != 0 ? measurements[k].name : "");
        }
        (void)fprintf(to, "%s\n", rows[i].takers == EVERY ? " all" : "");
    }
    (void)fprintf(to, "\nData lie in a folder of their own under $TMPDIR or /tmp: put it on the "
                      "disk that is meant.\n"
                      "Exit status: 0 measured, 1 it could not be, 2 usage, 128 + N ended by "
                      "signal N.\n");
    return to == stdout ? 0 : 2;
}

/* ---- Reading them ---- */

static bool take_number(const struct option_row *row, const char *text, struct bench_options *o)
{
    char *end = NULL;
    const uint64_t v = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || v < row->least || v > row->most) {
        (void)fprintf(stderr, "nganam-bench: --%s: %s is not a number from %llu to %llu\n",
                      row->name, text, (unsigned long long)row->least,
                      (unsigned long long)row->most);
        return false;
    }
    const unsigned narrow = (unsigned)v;
    uint8_t *field = (uint8_t *)o + row->at;
    if (row->size == sizeof(v)) {
        memcpy(field, &v, sizeof(v));
    } else {
        memcpy(field, &narrow, sizeof(narrow));
    }
    return true;
}

static bool take_option(const struct option_row *row, const char *text, struct bench_options *o)
{
    if (row->unit != NULL) {
        return take_number(row, text, o);
    }
    const bool yes = true;
    memcpy((uint8_t *)o + row->at, &yes, sizeof(yes));
    return true;
}

/* Which options were given, as bits; false: one of them is none (said). */
static bool read_options(int argc, char **argv, struct bench_options *o, unsigned *ret_given,
                         bool *ret_help)
{
    struct option list[ROWS + 2];
    memset(list, 0, sizeof(list));
    for (size_t i = 0; i < ROWS; i++) {
        list[i] = (struct option){rows[i].name,
                                  rows[i].unit != NULL ? required_argument : no_argument, NULL, 1};
    }
    list[ROWS] = (struct option){"help", no_argument, NULL, 'h'};
    int place = 0;
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "h", list, &place)) != -1) {
        if (letter == 'h') {
            *ret_help = true;
            return true;
        }
        if (letter != 1 || !take_option(&rows[place], optarg, o)) {
            return false;
        }
        *ret_given |= 1u << (unsigned)place;
    }
    return true;
}

static bool all_taken(size_t which, unsigned given)
{
    for (size_t i = 0; i < ROWS; i++) {
        if ((given >> i & 1u) != 0 && (rows[i].takers & measurements[which].bit) == 0) {
            (void)fprintf(stderr, "nganam-bench: %s does not take --%s\n", measurements[which].name,
                          rows[i].name);
            return false;
        }
    }
    return true;
}

/* ---- Measuring ---- */

struct job {
    size_t which;
    const struct bench_options *options;
};

static bool print(const struct bench_options *o, const struct bench_report *r, json_t *machine)
{
    bool good = true;
    if (o->json) {
        json_t *document = json_pack("{s:i, s:O, s:o}", "schema", 1, "machine", machine, "bench",
                                     bench_report_json(r));
        good = document != NULL &&
               json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
               printf("\n") > 0;
        json_decref(document);
    } else {
        bench_report_print(r);
    }
    good = fflush(stdout) == 0 && ferror(stdout) == 0 && good;
    const int saved = errno;
    if (!good) {
        (void)fprintf(stderr, "nganam-bench: standard output: %s\n", strerror(saved));
        return false;
    }
    return true;
}

static int measure(void *context)
{
    const struct job *job = context;
    json_t *machine = machine_json(process_folder()); /* now: its load is not yet ours */
    struct bench_report *r = bench_report_new(measurements[job->which].name);
    const bool good = measurements[job->which].run(job->options, r) && bench_report_sound(r) &&
                      print(job->options, r, machine);
    json_decref(machine);
    bench_report_destroy(&r);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct bench_options o = {.runs = 5,
                              .producers = 8,
                              .window = 1,
                              .acts = UNSET,
                              .size = 100,
                              .rate = 1000,
                              .seconds = 2};
    unsigned given = 0;
    bool help = false;
    if (!read_options(argc, argv, &o, &given, &help)) {
        return usage(stderr);
    }
    if (help) {
        return usage(stdout);
    }
    for (size_t i = 0; i < MEASUREMENTS && optind == argc - 1; i++) {
        if (strcmp(argv[optind], measurements[i].name) == 0) {
            struct job job = {i, &o};
            const bool may =
                all_taken(i, given) && (measurements[i].may == NULL || measurements[i].may(&o));
            return may ? process_watch_over(measure, &job) : 2;
        }
    }
    return usage(stderr);
}
