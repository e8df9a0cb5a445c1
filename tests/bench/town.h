/* A town for measuring: a real broker, an office set up by its own commands, and producers that are
 * enrolled with nganam-agent. The set of criteria has TOWN_COMPONENTS components of one point. */
#ifndef NGANAM_TESTS_BENCH_TOWN_H
#define NGANAM_TESTS_BENCH_TOWN_H

#include "bench/bench.h"
#include "bench/process.h"
#include "party/identity.h"

#define TOWN_PATH_SIZE 512
#define TOWN_PRODUCERS_MAX 64u
#define TOWN_FIELDS 8u
#define TOWN_COMPONENTS 96u
#define TOWN_YEAR 2026

struct town {
    char folder[256];
    char endpoint[64];
    char broker_log[TOWN_PATH_SIZE];
    char office_log[TOWN_PATH_SIZE];
    struct process broker;
    struct process office;
    unsigned producers;
};

/* units: how many units the office knows (≥ producers); the first `producers` of them are enrolled,
 * in folder/U000001 …; the broker serves, the office does not. */
bool town_make(unsigned producers, uint64_t units, struct town *ret);
bool town_serve_office(struct town *t);
/* Serves anew: the counts of its last line then begin here. */
bool town_restart_broker(struct town *t);
/* Units first + 1 … units enrol and report every component once (town_fill.c); broker and office
 * serve. */
bool town_fill(const struct town *t, uint64_t first, uint64_t units);
/* Until the office has folded all that is in the log now, or not within these seconds. */
bool town_wait_office(struct town *t, double seconds);
void town_destroy(struct town *t);

void town_unit(uint64_t number, char ret_code[17]); /* from 1 */
void town_data(const struct town *t, const char *name, char ret[TOWN_PATH_SIZE]);
/* An office command with --data, --json and its stdout. words: NULL-terminated. */
bool town_office(const struct town *t, const char *const *words, struct buf *out);

/* The payload of one report of `acts` acts of `size` bytes each, about the components in turn;
 * to_seq as the outbox would give it, 0: the outbox will. */
enum ng_err town_report(unsigned acts, unsigned size, uint64_t round, uint64_t to_seq,
                        struct buf *ret_payload) NG_MUST_USE;

#endif
