/* Producers: processes that sign reports, push them through the broker and verify each receipt as a
 * ward does (lib/party's witness). What they send is signed before the clock runs. */
#ifndef NGANAM_TESTS_BENCH_PRODUCER_H
#define NGANAM_TESTS_BENCH_PRODUCER_H

#include "bench/town.h"

struct producer_plan {
    unsigned window; /* statements on their way, each producer */
    unsigned acts, size;
    uint64_t statements; /* each producer */
    bool durable; /* saved into the outbox on disk within the clock, delivered by party_run */
    bool later;   /* receipts are verified when the clock has stopped, all of them */
};

/* What they have in common with whoever started them, in shared memory. */
struct producers;
struct producers *producers_new(const struct town *t);
void producers_destroy(struct producers **p);

struct producer_result {
    double seconds;      /* from the start to the last verified receipt */
    uint64_t statements; /* delivered */
    uint64_t bytes;      /* of their payloads */
    /* From sent, or durable: from before it was saved, to the verified receipt (later: to the
     * receipt). */
    struct bench_histogram latency;
};
/* Starts all, lets them go at once, waits for the end. */
bool producers_run(struct producers *p, const struct producer_plan *plan,
                   struct producer_result *ret);
/* The same in two halves, to do something beside them. */
bool producers_begin(struct producers *p, const struct producer_plan *plan);
bool producers_running(const struct producers *p); /* one of them at least has not ended */
bool producers_wait(struct producers *p, struct producer_result *ret);
uint64_t producers_delivered(const struct producers *p); /* so far */
bool producers_failed(const struct producers *p);        /* one of them gave up */

#endif
