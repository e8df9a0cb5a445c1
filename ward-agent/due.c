#include "ward-agent/due.h"

#include <string.h>

static uint32_t year_of(int32_t day)
{
    int year = 0;
    int month = 0;
    int of_month = 0;
    day_to_date(day, &year, &month, &of_month);
    return (uint32_t)year;
}

/* Tasks are checked before they are learned; one that cannot be read is never due. */
static bool read_due(const struct tasks_task *task, struct task_due *ret)
{
    return task_due_parse(task->due, ret) == NG_OK;
}

int32_t due_before(const struct tasks_task *task, int32_t day)
{
    struct task_due due;
    if (!read_due(task, &due) || due.kind != TASK_EVERY) {
        return DAY_NONE;
    }
    uint32_t year = year_of(day);
    for (year = year > task->to ? task->to : year; year >= task->from; year--) {
        int32_t days[TASK_OCCURRENCES_MAX];
        for (size_t i = task_occurrences(&due, task->from, task->to, year, DAY_NONE, days); i > 0;
             i--) {
            if (days[i - 1] < day) {
                return days[i - 1];
            }
        }
    }
    return DAY_NONE;
}

static int32_t next_occurrence(const struct tasks_task *task, const struct task_due *due,
                               int32_t day)
{
    uint32_t year = year_of(day);
    for (year = year < task->from ? task->from : year; year <= task->to; year++) {
        int32_t days[TASK_OCCURRENCES_MAX];
        size_t count = task_occurrences(due, task->from, task->to, year, DAY_NONE, days);
        for (size_t i = 0; i < count; i++) {
            if (days[i] >= day) {
                return days[i];
            }
        }
    }
    return DAY_NONE;
}

int32_t due_next(const struct tasks_task *task, int32_t event_day, int32_t day)
{
    struct task_due due;
    if (!read_due(task, &due)) {
        return DAY_NONE;
    }
    switch (due.kind) {
    case TASK_DATE:
        return due.day;
    case TASK_EVENT:
        return event_day != DAY_NONE ? event_day + due.days : DAY_NONE;
    case TASK_EVERY:
        return next_occurrence(task, &due, day);
    case TASK_CONTINUOUS:
        break;
    }
    return DAY_NONE;
}

bool due_event(const struct tasks_task *task, char ret_code[static 33])
{
    struct task_due due;
    if (!read_due(task, &due) || due.kind != TASK_EVENT) {
        return false;
    }
    memcpy(ret_code, due.event, sizeof(due.event));
    return true;
}
