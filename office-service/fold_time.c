/* The idea: the deadline index holds the next deadline of each task, so the end of a day touches
 * what falls due on it and nothing else. A deadline that has passed leaves a due row for each unit
 * concerned; the unit's counts of the year are sums over those rows, kept by differences, and the
 * components scored from tasks follow the counts by the difference of two scores. The happy path:
 * advance, judge each unit of the task, put the task's next deadline in. Moving a deadline takes
 * its due rows out first (forget) and judges anew. What may fail: storage only. */
#include "office-service/fold_time.h"

#include "base/day.h"
#include "office-service/deadline.h"
#include "office-service/due_row.h"
#include "office-service/fold_board.h"
#include "office-service/progress_row.h"
#include "office-service/tally_row.h"
#include "office-service/task_time.h"
#include "office-service/unit_row.h"

#include <stdio.h>
#include <string.h>

/* ---- A unit's counts ---- */

static struct tally_row tally_with(struct tally_row t, const struct due_row *row, bool adding)
{
    if (adding) {
        t.due++;
        t.due_weight = decimal_add(t.due_weight, row->weight);
        if (row->on_time) {
            t.on_time++;
            t.on_time_weight = decimal_add(t.on_time_weight, row->weight);
        }
        return t;
    }
    t.due--;
    t.due_weight = decimal_subtract(t.due_weight, row->weight);
    if (row->on_time) {
        t.on_time--;
        t.on_time_weight = decimal_subtract(t.on_time_weight, row->weight);
    }
    return t;
}

/* The components that are scored from tasks follow the counts. */
static enum ng_err rescore(struct fold *f, uint64_t index, const struct score_place *at,
                           const struct tally_row *before, const struct tally_row *after)
{
    struct standing *s;
    const struct criteria *set;
    enum ng_err err = fold_board_open(f, at, &s, &set);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err; /* on no board of that year */
    }
    for (uint32_t node = 0; node < criteria_count(set); node++) {
        const struct criteria_node *n = criteria_node(set, node);
        if (n->children == 0 && n->method.kind == METHOD_TASKS) {
            struct score old_score =
                score_tasks(set, node, before->on_time_weight, before->due_weight);
            struct score new_score =
                score_tasks(set, node, after->on_time_weight, after->due_weight);
            standing_change(s, set, STANDING_BOTH, node, &old_score, &new_score);
        }
    }
    fold_board_touch(f, index); /* the tasks stand beside the points on the board */
    return NG_OK;
}

/* Takes a due row out of the counts, puts one in, or both; either may be NULL. */
static enum ng_err change_counts(struct fold *f, uint64_t index, const char *unit, uint32_t year,
                                 const struct due_row *out, const struct due_row *in)
{
    struct tally_row before;
    struct unit_row row;
    enum ng_err err = tally_row_get(f->kv, unit, year, &before);
    if (err) {
        return err;
    }
    struct tally_row after = out ? tally_with(before, out, false) : before;
    after = in ? tally_with(after, in, true) : after;
    err = tally_row_put(f->kv, unit, year, &after);
    if (!err) {
        err = unit_row_get(f->kv, unit, &row);
    }
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    struct score_place at = {year, row.group, unit};
    return rescore(f, index, &at, &before, &after);
}

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

/* ---- Judging ---- */

struct deadline {
    const struct task_name *name;
    const struct task_row *task;
    int32_t day;
    uint32_t year;    /* of the board */
    int32_t previous; /* occurrence of a recurring task; DAY_NONE */
};

static enum ng_err judge(const struct kv *kv, const struct deadline *d, const char *unit,
                         struct due_row *ret)
{
    *ret = (struct due_row){
        .from = d->name->from, .of_group = d->name->owner[0] == '@', .weight = d->task->weight};
    struct progress_row p;
    enum ng_err err = progress_row_get(kv, unit, d->name->code, d->name->from, &p);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    ret->index = p.index;
    if (p.percent != 100) {
        return NG_OK;
    }
    if (task_time_is_once(d->task)) {
        ret->index = p.done_index;
        ret->on_time = (int64_t)p.done_at < day_start_ms(d->day + 1);
    } else {
        ret->on_time =
            d->previous == DAY_NONE || (int64_t)p.received_at >= day_start_ms(d->previous + 1);
    }
    return NG_OK;
}

/* False: the unit is not concerned: not valid that day, or it has a task of its own in its place.
 */
static enum ng_err concerns(const struct kv *kv, const struct deadline *d, const char *unit,
                            bool *ret)
{
    struct unit_row row;
    struct task_row own;
    uint32_t from;
    enum ng_err err = unit_row_get(kv, unit, &row);
    *ret = !err && unit_row_valid_on(&row, d->day);
    if (err || !*ret || d->name->owner[0] != '@') {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    err = task_row_find(kv, unit, d->name->code, d->year, &from, &own);
    *ret = err == NG_ERR_NOT_FOUND;
    return *ret ? NG_OK : err;
}

static enum ng_err judge_unit(struct fold *f, uint64_t index, const struct deadline *d,
                              const char *unit)
{
    bool concerned;
    struct due_row row;
    enum ng_err err = concerns(f->kv, d, unit, &concerned);
    if (err || !concerned) {
        return err;
    }
    err = judge(f->kv, d, unit, &row);
    if (!err) {
        err = due_row_put(f->kv, unit, d->year, d->name->code, d->day, &row);
    }
    if (!err) {
        err = change_counts(f, index, unit, d->year, NULL, &row);
    }
    return err;
}

static enum ng_err fall_due(struct fold *f, uint64_t index, const struct task_name *name,
                            int32_t day)
{
    struct task_row task;
    enum ng_err err = task_row_get(f->kv, name, &task);
    if (err) {
        return err;
    }
    struct deadline d = {.name = name,
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
            err = judge_unit(f, index, &d, unit);
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

enum ng_err fold_time_forget(struct fold *f, uint64_t index, const struct task_name *name)
{
    struct task_row task;
    int32_t day = DAY_NONE;
    enum ng_err err = task_row_get(f->kv, name, &task);
    if (!err && task_time_is_once(&task)) {
        err = task_time_once_day(f->kv, &task, &day);
    }
    if (err || day == DAY_NONE) {
        return err;
    }
    uint32_t year = task_time_board_year(name, &task, day);
    struct task_units units;
    char unit[STATE_UNIT_SIZE];
    units_begin(&units, f->kv, name->owner);
    while ((err = units_next(&units, unit)) == NG_OK) {
        struct due_row row;
        err = due_row_get(f->kv, unit, year, name->code, day, &row);
        bool ours = !err && row.from == name->from && row.of_group == units.of_group;
        if (ours) {
            err = due_row_remove(f->kv, unit, year, name->code, day);
        }
        if (ours && !err) {
            err = change_counts(f, index, unit, year, &row, NULL);
        }
        if (err && err != NG_ERR_NOT_FOUND) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err fold_time_rejudge(struct fold *f, uint64_t index, const char *unit,
                              const struct task_name *name)
{
    struct task_row task;
    int32_t day = DAY_NONE;
    enum ng_err err = task_row_get(f->kv, name, &task);
    if (!err && task_time_is_once(&task)) {
        err = task_time_once_day(f->kv, &task, &day);
    }
    if (err || day == DAY_NONE) {
        return err;
    }
    struct deadline d = {.name = name,
                         .task = &task,
                         .day = day,
                         .year = task_time_board_year(name, &task, day),
                         .previous = DAY_NONE};
    struct due_row before;
    struct due_row after;
    err = due_row_get(f->kv, unit, d.year, name->code, day, &before);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err; /* not due yet */
    }
    err = judge(f->kv, &d, unit, &after);
    after.weight = before.weight;
    if (err || (after.on_time == before.on_time && after.index == before.index)) {
        return err;
    }
    err = due_row_put(f->kv, unit, d.year, name->code, day, &after);
    if (!err) {
        err = change_counts(f, index, unit, d.year, &before, &after);
    }
    return err;
}
