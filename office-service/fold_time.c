/* The idea: the deadline index holds the next deadline of each task, so the end of a day touches
 * what falls due on it and nothing else. The happy path: advance, judge the deadline for each unit
 * of the task (fold_due.h), put the task's next deadline in. Moving a deadline forgets what was
 * judged and judges anew. What may fail: storage only. */
#include "office-service/fold_time.h"

#include "base/day.h"
#include "base/lang.h"
#include "office-service/deadline.h"
#include "office-service/fold_due.h"
#include "office-service/member_row.h"
#include "office-service/task_time.h"
#include "office-service/unit_row.h"

#include <stdio.h>

/* ---- The units a task is for ---- */

struct task_units {
    struct unit_walk walk;
    bool of_group;
    bool given; /* the one owner */
    const char *owner;
};

static void units_begin(struct task_units *u, const struct kv *kv, const char *owner)
{
    *u = (struct task_units){.of_group = owner[0] == '@', .owner = owner};
    if (u->of_group) {
        unit_walk_begin(&u->walk, kv, owner + 1);
    }
}

static enum ng_err units_next(struct task_units *u, char ret_unit[STATE_UNIT_SIZE])
{
    if (u->of_group) {
        return unit_walk_next(&u->walk, ret_unit);
    }
    if (u->given) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    u->given = true;
    (void)snprintf(ret_unit, STATE_UNIT_SIZE, "%.*s", (int)TEXT_UNIT_CODE_MAX, u->owner);
    return NG_OK;
}

/* ---- Time passes ---- */

static enum ng_err fall_due(struct fold *f, uint64_t index, const struct task_name *name,
                            int32_t day)
{
    struct task_row task;
    enum ng_err err = task_row_get(f->kv, name, &task);
    if (!err && task.deadline != day) { /* the index would never move on */
        err = err_set(NG_ERR_CORRUPT, _("state: a deadline is not its task's; run rebuild"));
    }
    if (err) {
        return err;
    }
    struct fold_deadline d = {.name = name,
                              .task = &task,
                              .day = day,
                              .year = task_time_board_year(name, &task, day),
                              .previous = DAY_NONE};
    int32_t next = DAY_NONE;
    if (!task_time_is_once(&task)) {
        d.previous = task_time_before(name, &task, day);
        next = task_time_after(name, &task, day);
    }
    struct task_units units;
    char unit[STATE_UNIT_SIZE];
    units_begin(&units, f->kv, name->owner);
    while (!err) {
        err = units_next(&units, unit);
        if (!err) {
            err = fold_due_judge(f, index, unit, &d);
        }
    }
    return err == NG_ERR_NOT_FOUND ? deadline_set(f->kv, name, next) : err;
}

enum ng_err fold_time_advance(struct fold *f, uint64_t index, int32_t day)
{
    for (;;) {
        int32_t first;
        struct task_ref ref;
        enum ng_err err = deadline_first(f->kv, &first, &ref);
        if (err == NG_ERR_NOT_FOUND || (!err && first >= day)) {
            break;
        }
        struct task_name name = task_row_ref_name(&ref);
        if (!err) {
            err = fall_due(f, index, &name, first);
        }
        if (err) {
            return err;
        }
    }
    if (day > f->meta.day) {
        f->meta.day = day;
    }
    return NG_OK;
}

/* ---- Moving a deadline ---- */

enum ng_err fold_time_schedule(struct fold *f, const struct task_name *name)
{
    struct task_row task;
    enum ng_err err = task_row_get(f->kv, name, &task);
    if (err) {
        return err;
    }
    int32_t day = DAY_NONE;
    if (task_time_is_once(&task)) {
        err = task_time_once_day(f->kv, &task, &day);
    } else if (task.due.kind == TASK_EVERY) {
        day = task_time_after(name, &task, f->meta.day - 1);
    }
    return err ? err : deadline_set(f->kv, name, day);
}

/* ---- Following a change ---- */

enum ng_err fold_time_forget(struct fold *f, uint64_t index, const struct task_name *name)
{
    struct task_units units;
    char unit[STATE_UNIT_SIZE];
    enum ng_err err;
    units_begin(&units, f->kv, name->owner);
    while ((err = units_next(&units, unit)) == NG_OK) {
        err = fold_due_forget(f, index, unit, name);
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err fold_time_recheck(struct fold *f, uint64_t index, const struct task_name *name)
{
    struct task_units units;
    char unit[STATE_UNIT_SIZE];
    enum ng_err err;
    units_begin(&units, f->kv, name->owner);
    while ((err = units_next(&units, unit)) == NG_OK) {
        err = fold_due_recheck(f, index, unit, name->code);
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* Judges the passed deadline of a task that is due once. */
static enum ng_err judge_once(struct fold *f, uint64_t index, const char *unit,
                              const struct task_name *name, const struct task_row *task)
{
    struct fold_deadline d = {.name = name, .task = task, .day = DAY_NONE, .previous = DAY_NONE};
    enum ng_err err = NG_OK;
    if (task_time_is_once(task)) {
        err = task_time_once_day(f->kv, task, &d.day);
    }
    if (err || d.day == DAY_NONE || d.day >= f->meta.day) {
        return err;
    }
    d.year = task_time_board_year(name, task, d.day);
    return fold_due_judge(f, index, unit, &d);
}

static enum ng_err judge_owner(struct fold *f, uint64_t index, const char *unit, const char *owner)
{
    struct task_walk w;
    char code[STATE_CODE_SIZE];
    struct task_row task;
    struct task_name name = {.owner = owner, .code = code};
    enum ng_err err;
    task_walk_begin(&w, f->kv, owner, NULL);
    while ((err = task_walk_next(&w, code, &name.from, &task)) == NG_OK) {
        err = judge_once(f, index, unit, &name, &task);
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* What is there may have to go; what is not may have to come: of every group it is in, for a period
 * that was cut or extended is not the newest one. */
enum ng_err fold_time_follow(struct fold *f, uint64_t index, const char *unit)
{
    struct member_walk w;
    struct member_row period;
    enum ng_err err = fold_due_recheck(f, index, unit, NULL);
    if (!err) {
        err = judge_owner(f, index, unit, unit);
    }
    member_walk_begin(&w, f->kv, unit);
    while (!err) {
        char owner[STATE_OWNER_SIZE];
        err = member_walk_next(&w, &period);
        if (!err) {
            task_owner_of_group(period.group, owner);
            err = judge_owner(f, index, unit, owner);
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}
