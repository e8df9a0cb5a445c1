/* What the service itself says into the log: verdicts to their authors, and ticks. The fold never
 * writes the outbox; the pump looks at the state and authors what is owed, each once, under a cause
 * that the outbox remembers for ever.
 *
 * A tick brings the end of a day when no other leaf does: it is written ten seconds after local
 * midnight unless a leaf of the new day is in the state already. Every deadline is the end of a
 * day, so that is enough for deadlines too. After a downtime one tick is enough: the fold judges
 * every day that lies between by itself. Should the broker's clock be behind, so that the tick did
 * not turn the day, another one follows each hour.
 *
 * Its pace: a verdict that is owed is written at once, and after that the pump rests, so that the
 * verdicts of all leaves that come meanwhile share one sync here, one at the broker and one at each
 * ward that they are for. */
#ifndef NGANAM_OFFICE_PUMP_H
#define NGANAM_OFFICE_PUMP_H

#include "office-service/mirror.h"

struct pump_place {
    uint64_t index; /* of the leaf judged */
    uint32_t part;  /* of its verdict */
};

struct pump {
    struct pump_place next; /* verdicts owed before it were authored by this process */
    int64_t tick_hour;      /* of the last tick authored by this process, hours since 1970 */
    uint64_t folded;        /* size of the state at its last turn */
    bool asked;             /* there was one */
    bool full;              /* and it left something owed */
    struct mono rest;       /* until then it writes nothing */
    struct mono look;       /* and then it looks again whatever came */
};

#define PUMP_REST_MS 25   /* after it wrote */
#define PUMP_LOOK_MS 1000 /* how often the clock alone makes it look */

/* Authors what is due now; returns how many statements were written. */
enum ng_err pump_turn(struct pump *p, struct mirror *m, struct party *party, int64_t now_ms,
                      size_t *ret_count) NG_MUST_USE;

/* How long until the next turn is due, for a state of this size: 0, now. Pure. */
int64_t pump_wait_ms(const struct pump *p, struct mono now, uint64_t folded);
/* After a turn with that state, which wrote `count` statements. Pure. */
void pump_rest(struct pump *p, struct mono now, uint64_t folded, size_t count);

/* The day whose end a tick should bring, for a state whose newest leaf was received on state_day;
 * DAY_NONE: none now. Pure. */
int32_t pump_tick_day(int32_t state_day, int64_t now_ms);

#endif
