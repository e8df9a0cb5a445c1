#include "office-service/task_time.h"

#include "base/day.h"
#include "office-service/member_row.h"

#include <string.h>

bool task_time_is_once(const struct task_row *task)
{
    return task->due.kind == TASK_DATE || task->due.kind == TASK_EVENT;
}

enum ng_err task_time_once_day(const struct kv *kv, const struct task_row *task, int32_t *ret)
{
    if (task->due.kind != TASK_EVENT) {
        *ret = task->due.day;
        return NG_OK;
    }
    struct state_event event;
    enum ng_err err = state_event_get(kv, task->due.event, &event);
    *ret = err ? DAY_NONE : event.day + task->due.days;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static uint32_t year_of(int32_t day)
{
    int year;
    int month;
    int day_of_month;
    day_to_date(day, &year, &month, &day_of_month);
    return (uint32_t)year;
}

uint32_t task_time_board_year(const struct task_name *name, const struct task_row *task,
                              int32_t day)
{
    uint32_t year = year_of(day);
    if (year < name->from) {
        return name->from;
    }
    return year > task->to ? task->to : year;
}

static size_t days_of(const struct task_name *name, const struct task_row *task, uint32_t year,
                      int32_t days[static TASK_OCCURRENCES_MAX])
{
    return task_occurrences(&task->due, name->from, task->to, year, DAY_NONE, days);
}

int32_t task_time_after(const struct task_name *name, const struct task_row *task, int32_t day)
{
    uint32_t year = year_of(day);
    for (year = year < name->from ? name->from : year; year <= task->to; year++) {
        int32_t days[TASK_OCCURRENCES_MAX];
        size_t count = days_of(name, task, year, days);
        for (size_t i = 0; i < count; i++) {
            if (days[i] > day) {
                return days[i];
            }
        }
    }
    return DAY_NONE;
}

int32_t task_time_before(const struct task_name *name, const struct task_row *task, int32_t day)
{
    uint32_t year = year_of(day);
    for (year = year > task->to ? task->to : year; year >= name->from; year--) {
        int32_t days[TASK_OCCURRENCES_MAX];
        for (size_t i = days_of(name, task, year, days); i > 0; i--) {
            if (days[i - 1] < day) {
                return days[i - 1];
            }
        }
    }
    return DAY_NONE;
}

enum ng_err task_time_is_theirs(const struct kv *kv, const char *owner, const char *unit,
                                int32_t day, bool *ret)
{
    struct member_row period;
    enum ng_err err = member_row_on(kv, unit, day, &period);
    *ret = !err && (owner[0] != '@' || strcmp(period.group, owner + 1) == 0);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err is_theirs_in(const struct kv *kv, const char *owner, const char *unit,
                                uint32_t year, bool *ret)
{
    struct member_row period;
    enum ng_err err = member_row_in(kv, unit, year, &period);
    *ret = !err && (owner[0] != '@' || strcmp(period.group, owner + 1) == 0);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* The days in the year, or -1: none, it stands open all the year. */
static enum ng_err days_in(const struct kv *kv, const struct task_name *name,
                           const struct task_row *task, uint32_t year,
                           int32_t days[static TASK_OCCURRENCES_MAX], int *ret_count)
{
    *ret_count = -1;
    if (task->due.kind == TASK_EVERY) {
        *ret_count = (int)days_of(name, task, year, days);
        return NG_OK;
    }
    if (task->due.kind == TASK_CONTINUOUS) {
        return NG_OK;
    }
    enum ng_err err = task_time_once_day(kv, task, &days[0]);
    if (!err && days[0] != DAY_NONE && task_time_board_year(name, task, days[0]) == year) {
        *ret_count = 1;
    }
    return err;
}

enum ng_err task_time_open(const struct kv *kv, const struct task_name *name,
                           const struct task_row *task, const char *unit, uint32_t year,
                           int32_t today, uint32_t *ret)
{
    int32_t days[TASK_OCCURRENCES_MAX];
    int count;
    bool theirs = true;
    enum ng_err err = days_in(kv, name, task, year, days, &count);
    *ret = 0;
    if (!err && count < 0) {
        err = unit ? is_theirs_in(kv, name->owner, unit, year, &theirs) : NG_OK;
        *ret = theirs;
    }
    for (int i = 0; i < count && !err; i++) {
        if (days[i] >= today) {
            err = unit ? task_time_is_theirs(kv, name->owner, unit, days[i], &theirs) : NG_OK;
            *ret += theirs;
        }
    }
    return err;
}
