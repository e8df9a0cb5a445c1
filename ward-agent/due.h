/* When a unit's task is due: the same arithmetic as the office's (par/task.h), asked as of a day. A
 * deadline is the end of its day at UTC+7. Pure. */
#ifndef NGANAM_WARD_AGENT_DUE_H
#define NGANAM_WARD_AGENT_DUE_H

#include "base/day.h"
#include "par/task.h"
#include "ward-agent/tasks.h"

/* A recurring task's last deadline before this day; DAY_NONE: none, or it does not recur. */
int32_t due_before(const struct tasks_task *task, int32_t day);

/* A recurring task's first deadline from this day on. Of a task that is due once its only day, even
 * if it has passed; event_day is when its event was, DAY_NONE if that is not known. DAY_NONE: none
 * (any more, or yet). */
int32_t due_next(const struct tasks_task *task, int32_t event_day, int32_t day);

/* The event the task waits for, into 33 bytes; false: it waits for none. */
bool due_event(const struct tasks_task *task, char ret_code[static 33]);

#endif
