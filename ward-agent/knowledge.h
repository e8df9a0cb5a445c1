/* What a unit knows: the inbox folded. Its own name and group, the criteria sets of its group, its
 * tasks, the events they wait for, and what became of its reports. A pure core: leaves go in, in
 * order, and questions are answered from memory; no store, no socket, no clock.
 *
 * The leaves were verified before they came into the inbox, and the broker lets nobody but the
 * office write the kinds that teach (17 …), and tasks also departments, so this asks no further who
 * said it. What the office's own fold would refuse (a broken criteria set, an import that misses a
 * part) teaches nothing here either.
 */
#ifndef NGANAM_WARD_AGENT_KNOWLEDGE_H
#define NGANAM_WARD_AGENT_KNOWLEDGE_H

#include "par/criteria.h"
#include "proto/wire_par.h"
#include "ward-agent/tasks.h"

struct knowledge;

/* unit: the own party code. NULL: out of memory. */
struct knowledge *knowledge_new(const char *unit);
void knowledge_destroy(struct knowledge **k);

/* Takes in the next encoded leaf of the inbox (borrowed). A leaf that teaches nothing, or cannot be
 * read, is passed over. NG_ERR_NOMEM only. */
enum ng_err knowledge_apply(struct knowledge *k, struct bytes leaf) NG_MUST_USE;

/* Everything below is borrowed until the next apply. */

/* The newest word about the own unit; NULL: the office has not named it yet. */
const struct wire_unit *knowledge_unit(const struct knowledge *k);

/* Whether the office has named a unit of this code, its own or another. */
bool knowledge_has_unit(const struct knowledge *k, const char *code);

/* The newest set of this year for the own group that was issued before this leaf, or NULL. */
const struct criteria *knowledge_criteria(const struct knowledge *k, uint32_t year,
                                          uint64_t before);
/* The years the own group has a set for, newest first; returns how many were written. */
size_t knowledge_years(const struct knowledge *k, uint32_t *ret_years, size_t years_max);

/* The tasks, and which of them to ask for. */
const struct tasks *knowledge_tasks(const struct knowledge *k, struct tasks_unit *ret_own);

/* The day an event was, by the newest word about it; DAY_NONE: it has none yet. */
int32_t knowledge_event(const struct knowledge *k, const char *code);

/* What the office said about one own leaf, all of it: a verdict that comes in parts is known when
 * the last is here. */
struct knowledge_verdict {
    uint64_t index;    /* of the leaf judged */
    uint64_t seq;      /* its number here */
    uint64_t at_index; /* of the verdict's own leaf, the last one */
    uint64_t at_ms;    /* when the log took the verdict */
    uint32_t accepted;
    const struct wire_finding *findings;
    size_t finding_count;
};
/* NULL: nothing said yet. */
const struct knowledge_verdict *knowledge_verdict(const struct knowledge *k, uint64_t index);
/* In order of the leaf judged; NULL beyond the last. */
const struct knowledge_verdict *knowledge_verdict_at(const struct knowledge *k, size_t place);
/* The finding about one act (from 1, counted through all parts of an import) or about the whole;
 * NULL: it was accepted. */
const struct wire_finding *knowledge_finding(const struct knowledge_verdict *v, uint32_t act);

#endif
