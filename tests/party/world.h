/* A small world for tests: a broker, several parties with real stores and exchanges, a
 * network that can drop, double, delay, alter, cut and swallow, and one virtual clock that every
 * party's own wall clock may differ from. Everything that happens follows from one seed. */
#ifndef NGANAM_TESTS_PARTY_WORLD_H
#define NGANAM_TESTS_PARTY_WORLD_H

#include "backend.h"
#include "model.h"

#define WORLD_PARTIES 4 /* of world_new */
#define WORLD_PARTIES_MAX 16
#define WORLD_PACKETS_MAX 512
#define WORLD_WALL_START 1795000000000 /* November 2026 */

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
    const struct party_reader *reader; /* of the next world_start; NULL: reads the inbox */
    bool parted;      /* the line swallows all, both ways, and neither end is told */
    int64_t clock_ms; /* how far its wall clock is off */
};

/* Shown every frame the broker gives to the network, whatever becomes of it there. true: `instead`
 * (empty before) goes on its way in its place. */
typedef bool (*world_watch_fn)(void *context, size_t party, struct bytes frame,
                               struct buf *instead);

struct world {
    struct backend broker;
    struct model *model; /* the same, when it is the model: to be told to lie */
    struct world_party parties[WORLD_PARTIES_MAX];
    size_t party_count;
    world_watch_fn watch; /* may be NULL */
    void *watch_context;
    int64_t broker_clock_ms; /* how far the broker's wall clock is off */
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
    uint64_t frames_dropped, frames_doubled, frames_swallowed;
};

/* Party 0 is the office; each has epoch 1. Takes the broker. */
struct world *world_new(const char *folder, uint64_t seed, struct backend broker);
/* The same with these parties; none of them runs yet. */
struct world *world_new_with(const char *folder, uint64_t seed, struct backend broker,
                             const char *const *codes, size_t count);
struct world *world_new_model(const char *folder, uint64_t seed);
void world_destroy(struct world **w);

void world_start(struct world *w, size_t party); /* opens the folder and an exchange */
void world_kill(struct world *w, size_t party);  /* without a word; the connection breaks */
/* Another machine with this copy of a party's folder; it does not run yet. Gives its number. */
size_t world_add_copy(struct world *w, size_t of, const char *folder);
void world_cut(struct world *w, size_t party); /* the line breaks, both ends notice */
/* The store may have grown: something was authored past world_author. */
void world_look(struct world *w, size_t party);
/* What the clock on this party's wall says; w->party_count: the broker's. */
struct exchange_time world_time(const struct world *w, size_t party);
/* One statement of this party, to "" (the office), "*" or a party. */
enum ng_err world_author(struct world *w, size_t party, const char *to, const char *text);
/* Moves the clock on, doing all that is due. */
void world_pass(struct world *w, int64_t ms);
/* Until every running party has delivered all, at most ms; false when it did not come to it. */
bool world_settle(struct world *w, int64_t ms);

struct party_status world_status(struct world *w, size_t party);

#endif
