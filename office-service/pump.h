/* What the service itself says into the log: verdicts to their authors, and ticks. The fold never
 * writes the outbox; the pump looks at the state and authors what is owed, each once, under a cause
 * that the outbox remembers for ever.
 *
 * A tick brings the end of a day when no other leaf does: it is written ten seconds after local
 * midnight unless a leaf of the new day is in the state already. Every deadline is the end of a
 * day, so that is enough for deadlines too. After a downtime one tick is enough: the fold judges
 * every day that lies between by itself. Should the broker's clock be behind, so that the tick did
 * not turn the day, another one follows each hour. */
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
};

/* Authors what is due now; returns how many statements were written. */
enum ng_err pump_turn(struct pump *p, struct mirror *m, struct party *party, int64_t now_ms,
                      size_t *ret_count) NG_MUST_USE;

/* The day whose end a tick should bring, for a state whose newest leaf was received on state_day;
 * DAY_NONE: none now. Pure. */
int32_t pump_tick_day(int32_t state_day, int64_t now_ms);

#endif
