/* The tasks of one unit in one year, as a view: its own, and those of the groups it belongs to on
 * their days that it has no task of its own in place of. */
#ifndef NGANAM_OFFICE_TASK_LIST_H
#define NGANAM_OFFICE_TASK_LIST_H

#include "office-service/task_row.h"
#include "proto/wire_par.h"

enum task_status {
    TASK_LIST_OPEN = 0,    /* the deadline is to come */
    TASK_LIST_NO_DEADLINE, /* continuous, or not due in this year */
    TASK_LIST_WAITING,     /* its event has no day yet */
    TASK_LIST_ON_TIME,     /* the last deadline that passed was kept */
    TASK_LIST_LATE         /* it was not */
};

/* One word for JSON, and words for a person. */
const char *task_list_status_name(enum task_status status);
const char *task_list_status_text(enum task_status status);

struct task_item {
    struct task_ref ref;
    struct wire_acts *said; /* the task act, decoded; owned */
    const struct wire_task *task;
    struct decimal weight;
    uint64_t index; /* of the leaf that set the task */
    enum task_status status;
    int32_t deadline;      /* the next one, or the one that passed; DAY_NONE */
    uint32_t due, on_time; /* deadlines of this year that passed, and were kept */
    uint32_t open;         /* still to come */
    struct {
        int32_t day;    /* that it hangs on; DAY_NONE: it hangs on none, or that has no day yet */
        uint64_t index; /* of the leaf that said so */
        char actor[WIRE_ACTOR_ID_MAX + 1]; /* the person of the office who signed it; "": nobody */
    } event;
    bool has_progress;
    uint32_t percent;
    uint64_t progress_index; /* of the unit's last statement */
    uint64_t progress_at;
    struct wire_acts *progress; /* that statement's act, decoded; owned; NULL without */
};

struct task_list {
    struct task_item *items;
    size_t count;
};

enum ng_err task_list_make(const struct kv *kv, const char *unit, uint32_t year,
                           struct task_list *ret) NG_MUST_USE;
void task_list_fini(struct task_list *list);

/* What a group's tasks of a year are, kept while a board counts what each of its units has to come.
 */
struct task_group;
enum ng_err task_list_group_new(const struct kv *kv, const char *group, uint32_t year,
                                int32_t today, struct task_group **ret) NG_MUST_USE;
void task_list_group_destroy(struct task_group **g);
/* Deadlines to come for this unit, which stands on the group's board of the year: its own tasks
 * included, and those of a group it will be in by then. Cheapest for units in order of code. */
enum ng_err task_list_open(const struct kv *kv, struct task_group *g, const char *unit,
                           uint32_t *ret) NG_MUST_USE;

#endif
