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
 * the task was known do not count, nor do those from before the unit was known to be concerned.
 * Other rules or another weight hold for the occurrences to come; those that have passed keep their
 * judgement and their weight while the task is recurring.
 *
 * Continuous: never due. An event that has no day yet: not due yet.
 *
 * A deadline counts for the board of its own calendar year, or the nearest year of its task. A
 * group's task falls due for the units that belong to the group on that day, a unit's own if the
 * unit is valid on it; where a unit has a task of its own, the group's of the same code does not
 * count in the years its own covers. */
#ifndef NGANAM_OFFICE_FOLD_TIME_H
#define NGANAM_OFFICE_FOLD_TIME_H

#include "office-service/fold_act.h"
#include "office-service/task_row.h"

/* Judges every deadline before `day`. index: of the leaf that brings the time. */
enum ng_err fold_time_advance(struct fold *f, uint64_t index, int32_t day) NG_MUST_USE;

/* Puts the task's next deadline into the index, replacing what was there. */
enum ng_err fold_time_schedule(struct fold *f, const struct task_name *name) NG_MUST_USE;

/* Undoes the judgements of a task, before its deadline is moved. */
enum ng_err fold_time_forget(struct fold *f, uint64_t index,
                             const struct task_name *name) NG_MUST_USE;

/* A task came or its years changed: it may hide others, or not any more. */
enum ng_err fold_time_recheck(struct fold *f, uint64_t index,
                              const struct task_name *name) NG_MUST_USE;

/* A unit's periods have changed: its passed deadlines follow them. */
enum ng_err fold_time_follow(struct fold *f, uint64_t index, const char *unit) NG_MUST_USE;

#endif
