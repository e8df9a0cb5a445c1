/* An officer's desk: the open data directory, what the inbox taught and what this unit has said so
 * far. What nearly every command begins with. */
#ifndef NGANAM_WARD_AGENT_DESK_H
#define NGANAM_WARD_AGENT_DESK_H

#include "party/party.h"
#include "ward-agent/knowledge.h"
#include "ward-agent/own.h"

struct desk {
    struct party *party;
    struct knowledge *knowledge;
    struct own *own;
};

/* Opens the folder alone; the rest is read by desk_read. Errors of party_open, told to a person:
 * NG_ERR_NOT_FOUND says how to enrol. */
enum ng_err desk_open(const char *folder, struct desk *ret) NG_MUST_USE;

/* Reads the inbox and the own statements, again if it was called before. Works offline. */
enum ng_err desk_read(struct desk *d) NG_MUST_USE;

/* NULL members are fine, and a zeroed desk. */
void desk_close(struct desk *d);

/* The unit's name as the office gave it, else its code. Borrowed. */
const char *desk_unit_name(const struct desk *d);

/* The criteria in force for the own group in this year; NULL: none known. A set is never changed
 * once an answer to it was accepted, so the one the first accepted own answer met stands; until
 * then the newest. */
const struct criteria *desk_criteria(const struct desk *d, uint32_t year);

/* due_next of a task, as of this day, with what is known of its event. */
int32_t desk_due_next(const struct desk *d, const struct tasks_task *task, int32_t day);

/* Whether the unit is asked for what falls due on this day: not after its last day, and a group's
 * task not before it came into the group. */
bool desk_is_asked(const struct desk *d, const struct tasks_task *task, int32_t due);

/* A recurring task is done anew each time: what was said before its last deadline, as of this
 * moment, says nothing about the next one. */
bool desk_is_stale(const struct tasks_task *task, const struct own_statement *said, int64_t now_ms);

/* How many of the newest own answers the office refused. */
size_t desk_refused(const struct desk *d);

/* The verdict that speaks of one own act, and the number it calls the act by; NULL: nothing said
 * yet. */
const struct knowledge_verdict *desk_verdict(const struct desk *d, const struct own_said *said,
                                             uint32_t *ret_act);

/* What the office said about one own act; NULL: accepted, or nothing said yet. */
const struct wire_finding *desk_finding(const struct desk *d, const struct own_said *said);

#endif
