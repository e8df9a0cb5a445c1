/* Inside the fold: time and deadlines. A deadline is the end of its day at UTC+7. When a leaf comes
 * in that was received later, the deadlines before its day are judged first, one by one, so that
 * what a unit says afterwards finds them decided; the office's tick is such a leaf on a silent
 * night.
 *
 * Done on time:
 *
 * A date, or so many days after an event: the unit's last accepted statement says 100 %, and the
 * present run of 100 % began before the deadline ended. Saying 100 % again changes nothing; taking
 * it back after the deadline makes the task late. A date that has passed already when the task is
 * entered, or when its event gets its day, is judged at once.
 *
 * Recurring: each occurrence is due on its day and is judged once: on time if the unit's last
 * statement then says 100 % and was received after the occurrence before. Occurrences from before
 * the task was known do not count.
 *
 * Continuous: never due. An event that has no day yet: not due yet.
 *
 * A deadline counts for the board of its own calendar year, or the nearest year of its task. A
 * group's task falls due for the units that belong to the group, and are valid, on that day. */
#ifndef NGANAM_OFFICE_FOLD_TIME_H
#define NGANAM_OFFICE_FOLD_TIME_H

#include "office-service/fold_act.h"
#include "office-service/task_row.h"

/* Judges every deadline before `day`. index: of the leaf that brings the time. */
enum ng_err fold_time_advance(struct fold *f, uint64_t index, int32_t day) NG_MUST_USE;

/* Puts the task's next deadline into the index, replacing what was there. */
enum ng_err fold_time_schedule(struct fold *f, const struct task_name *name) NG_MUST_USE;

/* Undoes the judgement of a task that is due once, before its deadline is moved. */
enum ng_err fold_time_forget(struct fold *f, uint64_t index,
                             const struct task_name *name) NG_MUST_USE;

/* A unit said something about a task: judges its passed deadline anew if it is due once. */
enum ng_err fold_time_rejudge(struct fold *f, uint64_t index, const char *unit,
                              const struct task_name *name) NG_MUST_USE;

#endif
