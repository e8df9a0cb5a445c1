/* When a task is due: its days, as far as the state knows them. */
#ifndef NGANAM_OFFICE_TASK_TIME_H
#define NGANAM_OFFICE_TASK_TIME_H

#include "office-service/task_row.h"

/* Due once (a date, or an event's day plus so many), not again and again. */
bool task_time_is_once(const struct task_row *task);

/* The day of a task that is due once; DAY_NONE while its event has none. */
enum ng_err task_time_once_day(const struct kv *kv, const struct task_row *task,
                               int32_t *ret) NG_MUST_USE;

/* The year whose board a deadline counts for: its own, or the nearest of the task. */
uint32_t task_time_board_year(const struct task_name *name, const struct task_row *task,
                              int32_t day);

/* A recurring task's first occurrence after `day`, or its last one before it; DAY_NONE. */
int32_t task_time_after(const struct task_name *name, const struct task_row *task, int32_t day);
int32_t task_time_before(const struct task_name *name, const struct task_row *task, int32_t day);

/* Whether what is due on that day is the unit's to do: it belongs to the owner, a group, on that
 * day, or is the owner and valid on it. */
enum ng_err task_time_is_theirs(const struct kv *kv, const char *owner, const char *unit,
                                int32_t day, bool *ret) NG_MUST_USE;

/* How many times a task that covers the year is still to come in it, seen on `today`: occurrences
 * that have not passed; 1 for a task that is not due in that year or not due at all. For a unit:
 * those that are its own to do; without a day, if it stands on the owner's board of the year. unit
 * NULL: whatever the unit. */
enum ng_err task_time_open(const struct kv *kv, const struct task_name *name,
                           const struct task_row *task, const char *unit, uint32_t year,
                           int32_t today, uint32_t *ret) NG_MUST_USE;

#endif
