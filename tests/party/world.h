/* A small world for tests: a broker, several parties with real stores and exchanges, a
 * network that can drop, double, delay and cut, and one virtual clock. Everything that happens
 * follows from one seed. */
#ifndef NGANAM_TESTS_PARTY_WORLD_H
#define NGANAM_TESTS_PARTY_WORLD_H

#include "backend.h"
#include "model.h"

#define WORLD_PARTIES 4
#define WORLD_PACKETS_MAX 512

struct world_packet {
    int64_t due;
    uint64_t order; /* of sending, for equal due */
    size_t party;
    uint32_t connection;
    bool to_broker;
    struct buf frame;
};

struct world_party {
    char folder[300];
    char code[PARTY_CODE_MAX + 1];
    struct party *party;
    struct exchange *exchange; /* NULL: the process is not running */
    uint32_t connection;       /* number of the one at hand; 0 none */
    int64_t connected_at;      /* handshake done then; −1: it was told */
    uint32_t connections;
    uint64_t authored; /* counted outside; the enrol statement of a real log included */
};

struct world {
    struct backend broker;
    struct model *model; /* the same, when it is the model: to be told to lie */
    struct world_party parties[WORLD_PARTIES];
    struct world_packet packets[WORLD_PACKETS_MAX];
    size_t packet_count;
    uint64_t packet_order;
    int64_t now;
    struct rng rng;
    bool broker_down;
    /* of 1000 */
    unsigned drop, twice;
    int64_t delay_max;
    bool reorder;       /* delays differ within a connection */
    enum ng_err failed; /* of an exchange: nothing the network or the broker does may cause one */
    uint64_t frames_dropped, frames_doubled;
};

/* Party 0 is the office; each has epoch 1. Takes the broker. */
struct world *world_new(const char *folder, uint64_t seed, struct backend broker);
struct world *world_new_model(const char *folder, uint64_t seed);
void world_destroy(struct world **w);

void world_start(struct world *w, size_t party); /* opens the folder and an exchange */
void world_kill(struct world *w, size_t party);  /* without a word; the connection breaks */
void world_cut(struct world *w, size_t party);   /* the line breaks, both ends notice */
/* One statement of this party, to "" (the office), "*" or a party. */
enum ng_err world_author(struct world *w, size_t party, const char *to, const char *text);
/* Moves the clock on, doing all that is due. */
void world_pass(struct world *w, int64_t ms);
/* Until every running party has delivered all, at most ms; false when it did not come to it. */
bool world_settle(struct world *w, int64_t ms);

struct party_status world_status(struct world *w, size_t party);

#endif
