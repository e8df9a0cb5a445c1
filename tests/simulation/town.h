/* A whole town in one process and one virtual time: ten wards and departments with their stores and
 * uplinks, the broker's desk on its ledger, the office with mirror, fold and pump. It lives in the
 * world of tests/party; what the office adds to that is here, and an outsider's book. */
#ifndef NGANAM_TESTS_SIMULATION_TOWN_H
#define NGANAM_TESTS_SIMULATION_TOWN_H

#include "book.h"
#include "office-service/mirror.h"
#include "office-service/pump.h"
#include "world.h"

#define TOWN_UNITS 10
#define TOWN_COPIES 3 /* machines that come up with an old copy of a unit's folder */
#define TOWN_COMPONENTS 4
#define TOWN_YEAR 2026
#define TOWN_GROUP "ward"

extern const char *const town_components[TOWN_COMPONENTS];

struct town {
    char folder[200];
    struct world *w;
    struct book book;
    struct rng rng;
    /* the office, party 0 of the world */
    struct mirror *mirror; /* NULL: it does not run */
    struct pump pump;
    struct party_reader reader; /* the mirror's, with the power cut behind a batch */
    uint64_t cut_after_batches; /* 0: none planned */
    bool office_dark;           /* it happened; the process is to be taken away */
    unsigned generation;        /* of copied folders */
    char kept_state[300];       /* an older copy of its state; "": none */
    uint64_t base_size, accepted_base, refused_base; /* leaves and acts before the first report */
    /* the broker */
    int64_t broker_back_at; /* 0: it runs */
    int64_t behind_ms;      /* the clock at the worst start, 0 or below */
    uint64_t times_checked; /* leaves whose received_at was looked at */
    /* units, parties 1 … */
    bool copied[WORLD_PARTIES_MAX]; /* the unit of this machine has more than one folder in use */
    char backup[WORLD_PARTIES_MAX][300];
    unsigned bend; /* of 1000 answers to a Submit: one bit of a proof is turned */
    bool was_bent[WORLD_PARTIES_MAX];
    unsigned wrong; /* seen on the way */
    /* what happened, for the line that is printed */
    struct town_events {
        unsigned cuts, office_cuts, rollbacks, copies, restores, jumps, partitions, bent;
        unsigned copy_reports; /* written on a machine that came up with a copy */
    } seen;
};

/* Enrolled, the units and the criteria folded; nothing bad has happened yet. */
struct town *town_new(uint64_t seed);
void town_destroy(struct town **t); /* removes its folder */

/* Time, and all that is due in it; the office's pump and the broker's return from the dark too. */
void town_pass(struct town *t, int64_t ms);
/* Until nothing moves any more: all delivered, read, folded and judged, but for parties that are
 * muted for a reason. At most ms; false when it did not come to it. */
bool town_settle(struct town *t, int64_t ms);

/* One report of this machine; nothing when it is off or muted. */
void town_report(struct town *t, size_t n);

/* What can happen. */
void town_cut_broker(struct town *t, uint64_t answers); /* power, after so many answers */
void town_stop_broker(struct town *t);                  /* cleanly */
void town_start_broker(struct town *t);
void town_cut_office(struct town *t, uint64_t batches); /* power, behind the mirror's commit */
void town_restart_office(struct town *t, bool old_state);
void town_keep_state(struct town *t);
void town_back_up(struct town *t, size_t n);
void town_restore(struct town *t, size_t n);  /* from its backup, if there is one */
void town_add_copy(struct town *t, size_t n); /* its backup comes up on another machine */

bool town_is_muted(const struct town *t, size_t n);

#endif
