/* What this unit itself has said from this machine: its own statements in the order they were
 * written, of all its keys, and the newest answer of each component and task among them, delivered
 * or still waiting. A pure core. */
#ifndef NGANAM_WARD_AGENT_OWN_H
#define NGANAM_WARD_AGENT_OWN_H

#include "base/buf.h"
#include "proto/wire_par.h"

struct own;

struct own_statement {
    uint32_t epoch; /* of the key that signed it */
    uint64_t seq;   /* from 1 in each epoch */
    uint32_t kind;
    uint64_t authored_at; /* ms, this machine's clock */
    bool delivered;
    bool lost;                    /* of an earlier key and not in the log: it says nothing */
    uint64_t index;               /* delivered: its receipt's number */
    uint64_t received_at;         /* delivered: ms, the broker's clock */
    const struct wire_acts *acts; /* NULL: of the registry, or not readable */
    size_t place;                 /* in own_at */
};

/* One act of one of them. */
struct own_said {
    const struct own_statement *statement;
    const struct wire_act *act;
    uint32_t number; /* its place in the statement, from 1 */
};

struct own *own_new(void); /* NULL: out of memory */
void own_destroy(struct own **o);

/* Takes in the next own statement, in order of epoch and seq; its bytes are borrowed for the call.
 * `known` has what the statement does not say itself: epoch, seq, delivered, lost, index,
 * received_at. NG_ERR_NOMEM. */
enum ng_err own_add(struct own *o, const struct own_statement *known,
                    struct bytes statement) NG_MUST_USE;

/* All borrowed. */
size_t own_count(const struct own *o);
const struct own_statement *own_at(const struct own *o, size_t place); /* NULL behind the last */
/* By its number, by its receipt's; NULL: not there. */
const struct own_statement *own_find(const struct own *o, uint32_t epoch, uint64_t seq);
const struct own_statement *own_received(const struct own *o, uint64_t index);

/* The newest word about a component or a task; false: nothing said. */
bool own_report(const struct own *o, uint32_t year, const char *code, struct own_said *ret);
bool own_progress(const struct own *o, uint32_t year, const char *code, struct own_said *ret);

/* The newest word about a task that this department assigned; year: the first it runs in. */
bool own_assigned(const struct own *o, uint32_t year, const char *code, const char *unit,
                  struct own_said *ret);

/* Every newest word one by one, reports first, then tasks, then those assigned, by year and code:
 * start with *place = 0; false at the end. */
bool own_next(const struct own *o, size_t *place, struct own_said *ret);

/* Which own statement's verdict speaks of this act, and by which number: of an import in parts only
 * the last is judged, and acts count through all parts. NULL: that statement is not there. */
const struct own_statement *own_judged_with(const struct own *o, const struct own_said *said,
                                            uint32_t *ret_act);

/* The act a verdict on this statement calls by that number, likewise; NULL: none. */
const struct wire_act *own_act(const struct own *o, const struct own_statement *judged,
                               uint32_t act);

/* Same answer, so that saying it again changes nothing. */
bool own_report_equal(const struct wire_report *a, const struct wire_report *b);
bool own_progress_equal(const struct wire_progress *a, const struct wire_progress *b);

#endif
