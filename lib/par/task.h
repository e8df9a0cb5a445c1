/* Tasks (nhiệm vụ) and their deadlines: a date, so many days after an event, recurring, or none. */
#ifndef NGANAM_PAR_TASK_H
#define NGANAM_PAR_TASK_H

#include "par/actlist.h"
#include "par/decimal.h"
#include "par/fault.h"
#include "par/reason.h"

#define TASK_OCCURRENCES_MAX 54u /* weeks of a year */
#define TASK_WEIGHT_MAX INT64_C(1000)

#define TASK_DUE_TEXT_SIZE 64u

enum task_due_kind { TASK_DATE = 1, TASK_EVENT, TASK_EVERY, TASK_CONTINUOUS };
enum task_cycle { TASK_WEEK = 1, TASK_MONTH, TASK_QUARTER, TASK_HALF, TASK_YEAR };

struct task_due {
    enum task_due_kind kind;
    int32_t day;           /* TASK_DATE (base/day.h) */
    char event[33];        /* TASK_EVENT: its code … */
    int32_t days;          /* … and how many days after it, 0 … 3650 */
    enum task_cycle cycle; /* TASK_EVERY … */
    uint32_t number;       /* … day of the cycle's last month (1 … 31, stops at its end), or of
                              the week (1 Monday … 7 Sunday) */
};

/* "2026-11-30" or "30/11/2026", "event:CODE+20d" or "event:CODE", "every:week:5", "every:month:25",
 * "every:quarter:20", "every:half:20", "every:year:14", "continuous". NG_ERR_INPUT. */
enum ng_err task_due_parse(const char *text, struct task_due *ret) NG_MUST_USE;

/* The canonical text, dates as 2026-11-30; reading it gives the same. Returns out. */
char *task_due_format(const struct task_due *due, char out[static TASK_DUE_TEXT_SIZE]);

/* Whether the deadlines of it can be counted; false only for damage, what was parsed is valid. */
bool task_due_is_valid(const struct task_due *due);

/* "2026" or "2021-2025"; NG_ERR_INPUT. */
enum ng_err task_years_parse(const char *text, uint32_t *ret_from, uint32_t *ret_to) NG_MUST_USE;

/* The deadlines that count for this year of a task that runs from … to, in order; returns how many.
 * A date, or an event's day plus its days, counts for its own year, or for the nearest year of the
 * task. event_day: DAY_NONE while the event has not been dated; ignored for the other kinds. */
size_t task_occurrences(const struct task_due *due, uint32_t from, uint32_t to, uint32_t year,
                        int32_t event_day, int32_t days[static TASK_OCCURRENCES_MAX]);

/* "" is 1; else a canonical decimal above 0, at most TASK_WEIGHT_MAX. NG_ERR_INPUT. */
enum ng_err task_weight_parse(const char *text, struct decimal *ret) NG_MUST_USE;

bool task_area_is_valid(const char *area); /* a, b1 … b6, c, d, e, g */

/* Columns code,year,unit,name,area,partners,due,weight,product,source; the first five and due are
 * required. Gives WIRE_ACT_TASK acts with canonical numbers and dates. The key year, code, unit may
 * stand in it once. NG_ERR_INPUT with every fault listed, and then with the acts as far as they
 * read, so that the caller can add what it finds (NULL: not even a table); NG_ERR_NOMEM. */
enum ng_err task_parse_csv(struct bytes file, struct fault_list *faults,
                           struct actlist **ret) NG_MUST_USE;

/* Whether a department that is not the office may say this task: of another unit, by name and not
 * by group, under a code that begins with its own and a dot, so that no two who assign tasks touch
 * each other's. */
bool task_is_assigned(const struct wire_task *task, const char *department);
/* What the fold asks of each from the log; ret_field is the field at fault, static. */
enum reason task_check(const struct wire_task *task, const char **ret_field) NG_MUST_USE;
enum reason task_check_event(const struct wire_event *event, const char **ret_field) NG_MUST_USE;
enum reason task_check_progress(const struct wire_progress *progress,
                                const char **ret_field) NG_MUST_USE;

bool task_equal(const struct wire_task *a, const struct wire_task *b);

#endif
