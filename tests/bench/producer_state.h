/* Shared by producer.c (all of them), producer_line.c (one that submits by itself) and
 * producer_durable.c (one with its outbox on disk); nobody else. */
#ifndef NGANAM_TESTS_BENCH_PRODUCER_STATE_H
#define NGANAM_TESTS_BENCH_PRODUCER_STATE_H

#include "bench/producer.h"
#include "net/net_client.h"
#include "party/party.h"
#include "party/witness.h"

#include <stdatomic.h>

enum { PRODUCER_REST_US = 50 };

struct shared_producer {
    uint64_t seq; /* the last logged */
    uint64_t to_seq;
    struct hash prev;
    uint64_t statements, bytes;
    double end_us;
    bool good;
    struct bench_histogram latency;
};

struct producers {
    const struct town *town;
    pid_t pids[TOWN_PRODUCERS_MAX];
    atomic_uint ready;
    atomic_uint gate; /* 0 shut, 1 open */
    atomic_bool failed;
    atomic_ullong delivered;
    double begin_us;
    struct shared_producer each[TOWN_PRODUCERS_MAX];
};

struct own_statement {
    struct bytes statement;
    uint8_t signature[KEY_SIGNATURE_SIZE];
    double sent_us;
};

struct maker {
    struct producers *all;
    struct shared_producer *shared;
    const struct producer_plan *plan;
    struct identity id;
    struct witness witness;
    struct net_client *client;
    struct buf bytes; /* all statements, one behind the other */
    struct own_statement *own;
    uint64_t count;
    uint64_t sent, answered;
    uint64_t next_id;
    unsigned frames; /* unanswered */
    struct buf frame;
    struct buf kept; /* plan->later: the answers as they came, each behind its size */
};

/* producer.c: says that this one is ready, and waits until all are let go. */
void producer_wait_for_gate(struct maker *m);
/* Until all are let go. */
void producer_rest_until_gate(const struct producers *all);

/* Each gets ready, waits at the gate, delivers all that is planned, and fills m->shared: the folder
 * is the party's, whose identity has been loaded. */
enum ng_err producer_line_push(struct maker *m, const char *folder) NG_MUST_USE;
enum ng_err producer_durable_push(struct maker *m, const char *folder) NG_MUST_USE;

#endif
