/* Tasks and the days of the events some of them hang on. */
#include "base/day.h"
#include "office-service/deadline.h"
#include "office-service/event_task.h"
#include "office-service/fold_act.h"
#include "office-service/fold_actor.h"
#include "office-service/fold_time.h"
#include "office-service/unit_row.h"

#include <string.h>

static bool same_due(const struct task_due *a, const struct task_due *b)
{
    return a->kind == b->kind && a->day == b->day && strcmp(a->event, b->event) == 0 &&
           a->days == b->days && a->cycle == b->cycle && a->number == b->number;
}

/* Whether the owner has a task of this code that begins in another year and shares one with it. */
static enum ng_err overlaps(const struct kv *kv, const struct task_name *name, uint32_t to,
                            bool *ret)
{
    struct task_walk w;
    char code[STATE_CODE_SIZE];
    uint32_t from;
    struct task_row row;
    enum ng_err err;
    *ret = false;
    task_walk_begin(&w, kv, name->owner, name->code);
    while ((err = task_walk_next(&w, code, &from, &row)) == NG_OK) {
        if (from != name->from && from <= to && name->from <= row.to) {
            *ret = true;
            return NG_OK;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* Refuses what cannot be: a year shared with another task, a unit nobody knows. */
static enum ng_err check_place(struct fold *f, const struct task_name *name, uint32_t to,
                               struct fold_judged *judged)
{
    bool shared;
    enum ng_err err = overlaps(f->kv, name, to, &shared);
    if (err) {
        return err;
    }
    if (shared) {
        return fold_refuse(judged, REASON_BAD_TASK, "year");
    }
    if (name->owner[0] == '@') {
        return NG_OK;
    }
    struct unit_row unit;
    err = unit_row_get(f->kv, name->owner, &unit);
    return err == NG_ERR_NOT_FOUND ? fold_refuse(judged, REASON_UNKNOWN_UNIT, NULL) : err;
}

/* Takes what hangs on the old timing away. A task that stays recurring keeps the occurrences that
 * have passed; another kind of deadline is another deadline, and they go. */
static enum ng_err unhook(struct fold *f, uint64_t index, const struct task_name *name,
                          const struct task_row *old, const struct task_due *now)
{
    struct task_due due = old->due; /* old->said is borrowed, the rest is ours */
    bool stays = due.kind == TASK_EVERY && now->kind == TASK_EVERY;
    enum ng_err err = stays ? NG_OK : fold_time_forget(f, index, name);
    if (!err) {
        err = deadline_set(f->kv, name, DAY_NONE);
    }
    if (!err && due.kind == TASK_EVENT) {
        err = event_task_remove(f->kv, due.event, name);
    }
    return err;
}

/* Rows that are there already may count or not from now on: the group's where the owner is a unit,
 * the passed occurrences where the task is recurring. */
static enum ng_err hook(struct fold *f, uint64_t index, const struct task_name *name,
                        const struct task_row *row, bool had)
{
    bool recheck = name->owner[0] != '@' || (had && row->due.kind == TASK_EVERY);
    enum ng_err err = NG_OK;
    if (row->due.kind == TASK_EVENT) {
        err = event_task_put(f->kv, row->due.event, name);
    }
    if (!err) {
        err = fold_time_schedule(f, name);
    }
    if (!err) {
        err = fold_time_advance(f, index, f->meta.day);
    }
    return err || !recheck ? err : fold_time_recheck(f, index, name);
}

/* The row is as given but for what `said` points to, which is the caller's. */
static enum ng_err replace(struct fold *f, uint64_t index, const struct task_name *name,
                           struct task_row *row)
{
    struct task_row old;
    enum ng_err err = task_row_get(f->kv, name, &old);
    bool had = !err;
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    if (had && old.said.size == row->said.size &&
        memcmp(old.said.data, row->said.data, row->said.size) == 0) {
        return NG_OK; /* the same again changes nothing */
    }
    if (had && old.to == row->to && decimal_compare(old.weight, row->weight) == 0 &&
        same_due(&old.due, &row->due)) {
        row->deadline = old.deadline;
        return task_row_put(f->kv, name, row);
    }
    err = had ? unhook(f, index, name, &old, &row->due) : NG_OK;
    if (!err) {
        err = task_row_put(f->kv, name, row);
    }
    return err ? err : hook(f, index, name, row, had);
}

enum ng_err fold_task_apply(struct fold *f, const struct fold_origin *origin,
                            const struct wire_act *act, struct fold_judged *judged)
{
    const struct wire_task *said = &act->u.task;
    const char *field = "";
    struct task_name name = {.owner = said->unit, .code = said->code};
    struct task_row row = {.deadline = DAY_NONE, .index = origin->index};
    if (origin->by_department && !task_is_assigned(said, origin->author)) {
        return fold_refuse(judged, REASON_NOT_ALLOWED, NULL);
    }
    enum reason reason = task_check(said, &field);
    if (reason) {
        return fold_refuse(judged, reason, field);
    }
    if (task_years_parse(said->year, &name.from, &row.to)) {
        return fold_refuse(judged, REASON_BAD_TASK, "year");
    }
    if (task_due_parse(said->due, &row.due)) {
        return fold_refuse(judged, REASON_BAD_TASK, "due");
    }
    if (task_weight_parse(said->weight, &row.weight)) {
        return fold_refuse(judged, REASON_BAD_TASK, "weight");
    }
    enum ng_err err = check_place(f, &name, row.to, judged);
    if (err || judged->outcome != WIRE_ACCEPTED) {
        return err;
    }
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    err = fold_encode_act(act, &bytes);
    if (!err) {
        row.said = buf_bytes(&bytes);
        err = replace(f, origin->index, &name, &row);
    }
    buf_fini(&bytes);
    return err;
}

/* ---- Events ---- */

/* Every task that hangs on the event: before its day changes, or after. */
static enum ng_err each_task(struct fold *f, uint64_t index, const char *event, bool before)
{
    struct event_task_walk w;
    struct task_ref ref;
    enum ng_err err;
    event_task_walk_begin(&w, f->kv, event);
    while ((err = event_task_walk_next(&w, &ref)) == NG_OK) {
        struct task_name name = task_row_ref_name(&ref);
        err = before ? fold_time_forget(f, index, &name) : fold_time_schedule(f, &name);
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err fold_task_apply_event(struct fold *f, const struct fold_origin *origin,
                                  const struct wire_act *act, struct fold_judged *judged)
{
    const struct wire_event *said = &act->u.event;
    const char *field;
    int32_t day;
    enum reason reason = task_check_event(said, &field);
    if (reason) {
        return fold_refuse(judged, reason, field);
    }
    if (day_parse(said->date, &day)) {
        return fold_refuse(judged, REASON_BAD_DATE, NULL);
    }
    struct state_event old;
    enum ng_err err = state_event_get(f->kv, said->code, &old);
    const struct state_event now = {day, origin->index, origin->actor};
    if (!err && old.day == day) { /* nothing that hangs on it moves */
        return fold_signs_nothing_new(origin->actor, old.actor)
                   ? NG_OK
                   : state_event_put(f->kv, said->code, &now);
    }
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    err = each_task(f, origin->index, said->code, true);
    if (!err) {
        err = state_event_put(f->kv, said->code, &now);
    }
    if (!err) {
        err = each_task(f, origin->index, said->code, false);
    }
    return err ? err : fold_time_advance(f, origin->index, f->meta.day);
}
