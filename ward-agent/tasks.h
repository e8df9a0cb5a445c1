/* The tasks a unit may be asked about: those given to it and those given to a group ("@group").
 * Part of what a unit knows (knowledge.h); pure. */
#ifndef NGANAM_WARD_AGENT_TASKS_H
#define NGANAM_WARD_AGENT_TASKS_H

#include "base/err.h"
#include "proto/wire_par.h"

struct tasks;

struct tasks_task {
    const char *code, *name, *area, *due, *product, *source;
    const char *owner; /* a unit, or "@group" */
    uint32_t from, to; /* years, both included */
};

/* Whose tasks are asked for. group: NULL while it is not known. */
struct tasks_unit {
    const char *code, *group;
};

struct tasks *tasks_new(void); /* NULL: out of memory */
void tasks_destroy(struct tasks **t);

/* Takes in the newest word about a task: of one owner and code, tasks are told from each other by
 * the year they begin in. What the office's fold refuses is passed over. NG_ERR_NOMEM. */
enum ng_err tasks_learn(struct tasks *t, const struct wire_task *said) NG_MUST_USE;

/* The unit's tasks one by one, without those of its group that tasks of its own with the same code
 * take the place of in every year, ordered by first year and code: start with *place = 0; NULL at
 * the end. Borrowed until the next learn, as all that follows. */
const struct tasks_task *tasks_next(const struct tasks *t, const struct tasks_unit *unit,
                                    size_t *place);

/* The unit's task with this code that runs in this year; one given to the unit itself goes before
 * one given to its group. NULL: none. */
const struct tasks_task *tasks_find(const struct tasks *t, const struct tasks_unit *unit,
                                    const char *code, uint32_t year);

/* Up to `max` codes of the unit's tasks most like this one, the likest first; returns how many. */
size_t tasks_nearest(const struct tasks *t, const struct tasks_unit *unit, const char *code,
                     const char **ret_codes, size_t max);

#endif
