/* The measurements' command line: nganam-bench NAME [--option N]… [--json]. */
#include "bench/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bench_fn run;
    const char *what;
} measurements[] = {
    {"limits", bench_limits, "the disk, LMDB, CURVE, Ed25519, SHA-256 and a bare loop of them"},
    {"ingest", bench_ingest,
     "statements through the broker to the verified receipt "
     "(--producers --window --acts --size --seconds --durable-outbox --verify-later)"},
    {"freshness", bench_freshness,
     "from saved at the agent to visible in the standing (--rate --seconds)"},
    {"rank", bench_rank, "updates of the standings at N units (--units)"},
    {"replay", bench_replay, "folding a log again (--statements --acts)"},
    {"board", bench_board, "reading boards and explanations while writing (--units)"},
    {"agent", bench_agent, "memory and wake-ups of an agent and a broker at rest (--seconds)"},
};
#define MEASUREMENTS (sizeof(measurements) / sizeof(measurements[0]))

static const struct option options[] = {
    {"runs", required_argument, NULL, 'r'},    {"producers", required_argument, NULL, 'p'},
    {"window", required_argument, NULL, 'w'},  {"acts", required_argument, NULL, 'a'},
    {"size", required_argument, NULL, 'b'},    {"rate", required_argument, NULL, 'R'},
    {"units", required_argument, NULL, 'u'},   {"statements", required_argument, NULL, 's'},
    {"seconds", required_argument, NULL, 'S'}, {"durable-outbox", no_argument, NULL, 'd'},
    {"verify-later", no_argument, NULL, 'l'},  {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};

static int usage(FILE *to)
{
    (void)fprintf(to,
                  "nganam-bench NAME [options]: measures beside what the machine can do; medians "
                  "of --runs (5)\n\n");
    for (size_t i = 0; i < MEASUREMENTS; i++) {
        (void)fprintf(to, "  %-10s %s\n", measurements[i].name, measurements[i].what);
    }
    (void)fprintf(to, "\n  --json     one JSON document instead of a table\n");
    return to == stdout ? 0 : 2;
}

/* A number within bounds; ends the program with 2 otherwise. */
static uint64_t number(const char *name, const char *text, uint64_t least, uint64_t most)
{
    char *end = NULL;
    const uint64_t v = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || v < least || v > most) {
        (void)fprintf(stderr, "nganam-bench: --%s: %s is not a number from %llu to %llu\n", name,
                      text, (unsigned long long)least, (unsigned long long)most);
        exit(2);
    }
    return v;
}

static bool take_option(int letter, const char *name, struct bench_options *o)
{
    switch (letter) {
    case 'r':
        o->runs = (unsigned)number(name, optarg, 1, BENCH_RUNS_MAX);
        return true;
    case 'p':
        o->producers = (unsigned)number(name, optarg, 1, 64);
        return true;
    case 'w':
        o->window = (unsigned)number(name, optarg, 1, 1000);
        return true;
    case 'a':
        o->acts = (unsigned)number(name, optarg, 1, 256);
        return true;
    case 'b':
        o->size = (unsigned)number(name, optarg, 40, 220);
        return true;
    case 'R':
        o->rate = (unsigned)number(name, optarg, 1, 1000000);
        return true;
    case 'u':
        o->units = number(name, optarg, 2, 1000000);
        return true;
    case 's':
        o->statements = number(name, optarg, 1, 100000000);
        return true;
    case 'S':
        o->seconds = (unsigned)number(name, optarg, 1, 3600);
        return true;
    case 'd':
        o->durable_outbox = true;
        return true;
    case 'l':
        o->verify_later = true;
        return true;
    case 'j':
        o->json = true;
        return true;
    default:
        return false;
    }
}

static int measure(size_t which, const struct bench_options *o)
{
    struct bench_report *r = bench_report_new(measurements[which].name);
    const bool good = measurements[which].run(o, r);
    if (good && o->json) {
        json_t *document = json_pack("{s:i, s:o}", "schema", 1, "bench", bench_report_json(r));
        (void)json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        (void)printf("\n");
        json_decref(document);
    } else if (good) {
        bench_report_print(r);
    }
    bench_report_destroy(&r);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct bench_options o = {
        .runs = 5, .producers = 8, .window = 1, .acts = 1, .size = 100, .rate = 1000, .seconds = 2};
    int place = 0;
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "h", options, &place)) != -1) {
        if (letter == 'h') {
            return usage(stdout);
        }
        if (!take_option(letter, options[place].name, &o)) {
            return usage(stderr);
        }
    }
    for (size_t i = 0; i < MEASUREMENTS && optind == argc - 1; i++) {
        if (strcmp(argv[optind], measurements[i].name) == 0) {
            return measure(i, &o);
        }
    }
    return usage(stderr);
}
