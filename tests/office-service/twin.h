/* Goal: what the fold should give, told by somebody who takes his time. The twin keeps what was
 * said in plain arrays and counts everything anew, day by day where a day matters. Nothing here is
 * clever, and nothing is shared with the fold but the arithmetic of scores. */
#ifndef NGANAM_TESTS_OFFICE_TWIN_H
#define NGANAM_TESTS_OFFICE_TWIN_H

#include "kit.h"

#include "par/criteria.h"
#include "par/tally.h"

#define TWIN_UNITS 4u
#define TWIN_GROUPS 2u
#define TWIN_YEARS 2u /* KIT_YEAR and the next */
#define TWIN_CODES 4u
#define TWIN_EVENTS 2u
#define TWIN_NODES_MAX 32u
#define TWIN_PERIODS_MAX 400u
#define TWIN_TASKS_MAX 200u
#define TWIN_RECORDS_MAX 4000u
#define TWIN_SAID_MAX 4000u
#define TWIN_NOBODY TWIN_GROUPS /* in place of a group: not valid */

struct twin_period {
    int32_t from, to; /* DAY_NONE: open */
    size_t group;
};

struct twin_unit {
    bool known;
    size_t group; /* as it was said last */
    int32_t from, to;
    struct twin_period periods[TWIN_PERIODS_MAX]; /* oldest first */
    size_t period_count;
};

enum twin_due { TWIN_DATE, TWIN_EVENT, TWIN_MONTHLY, TWIN_NEVER };

struct twin_task {
    bool of_group;
    size_t owner; /* a group, or a unit */
    size_t code;
    uint32_t from, to;
    enum twin_due due;
    int32_t day;     /* of a date */
    size_t event;    /* the deadline is `days` after it */
    int32_t days;    /* likewise */
    uint32_t number; /* day of the month, 1 … 28 */
    int64_t weight;
};

/* An occurrence of a monthly task that was judged. */
struct twin_record {
    size_t task, unit;
    int32_t day;
    int64_t weight;
    bool on_time;
};

struct twin_said {
    size_t unit, code;
    uint32_t from; /* first year of the task it is about */
    uint32_t percent;
    int64_t at;
};

struct twin {
    int32_t today;
    struct criteria *sets[TWIN_GROUPS]; /* the same every year */
    struct twin_unit units[TWIN_UNITS];
    struct score last[TWIN_YEARS][TWIN_GROUPS][TWIN_UNITS][TWIN_NODES_MAX];
    bool has[TWIN_YEARS][TWIN_GROUPS][TWIN_UNITS][TWIN_NODES_MAX];
    int32_t events[TWIN_EVENTS]; /* DAY_NONE: not dated yet */
    struct twin_task tasks[TWIN_TASKS_MAX];
    size_t task_count;
    struct twin_record records[TWIN_RECORDS_MAX];
    size_t record_count;
    struct twin_said said[TWIN_SAID_MAX];
    size_t said_count;
};

struct twin_counts {
    uint32_t due, on_time, total;
    struct decimal due_weight, on_time_weight;
};

struct twin_row {
    size_t unit;
    bool missing;
    uint32_t answered;
    struct fraction total;
    struct twin_counts tasks;
};

/* The day of the next thing said: what fell due before it is judged. */
void twin_day(struct twin *t, int32_t today);

void twin_unit_says(struct twin *t, size_t unit, size_t group, int32_t from, int32_t to);
/* The group on a day; on the board of a year, the last one. TWIN_NOBODY: not valid. */
size_t twin_group_on(const struct twin *t, size_t unit, int32_t day);
size_t twin_group_in(const struct twin *t, size_t unit, uint32_t year);

/* Whether another task of that owner and code shares a year; then it is refused. */
bool twin_task_clashes(const struct twin *t, const struct twin_task *task);
void twin_task_says(struct twin *t, const struct twin_task *task);

/* False: there is no such task for the unit. */
bool twin_progress_says(struct twin *t, size_t unit, size_t code, uint32_t year, uint32_t percent,
                        int64_t at);

struct twin_counts twin_count_tasks(const struct twin *t, size_t unit, uint32_t year);
struct twin_row twin_recount(const struct twin *t, size_t unit, uint32_t year, enum basis basis);

/* Negative: a stands before b; 0: equal. */
int twin_compare_rows(const struct twin_row *a, const struct twin_row *b);

#endif
