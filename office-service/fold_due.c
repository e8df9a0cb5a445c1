/* The idea: whatever happened, the row that should be there is made and compared with the row that
 * is; the difference goes into the unit's counts, and the components scored from tasks follow by
 * the difference of two scores. So nothing has to know what changed, only whose rows it may touch.
 * What may fail: storage only. */
#include "office-service/fold_due.h"

#include "base/day.h"
#include "office-service/fold_board.h"
#include "office-service/member_row.h"
#include "office-service/progress_row.h"
#include "office-service/tally_row.h"
#include "office-service/task_time.h"

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
    struct member_row member;
    enum ng_err err = tally_row_get(f->kv, unit, year, &before);
    if (err) {
        return err;
    }
    struct tally_row after = out ? tally_with(before, out, false) : before;
    after = in ? tally_with(after, in, true) : after;
    err = tally_row_put(f->kv, unit, year, &after);
    if (!err) {
        err = member_row_in(f->kv, unit, year, &member);
    }
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    struct score_place at = {year, member.group, unit};
    return rescore(f, index, &at, &before, &after);
}

/* ---- One row ---- */

static bool same_row(const struct due_row *a, const struct due_row *b)
{
    return a->counts == b->counts && a->on_time == b->on_time && a->index == b->index &&
           decimal_compare(a->weight, b->weight) == 0;
}

/* The only place where a row is written or removed; either may be NULL. */
static enum ng_err replace_row(struct fold *f, uint64_t index, const struct due_name *name,
                               const struct due_row *old, const struct due_row *row)
{
    if (row ? old && same_row(old, row) : !old) {
        return NG_OK;
    }
    enum ng_err err = row ? due_row_put(f->kv, name, row) : due_row_remove(f->kv, name);
    const struct due_row *out = old && old->counts ? old : NULL;
    const struct due_row *in = row && row->counts ? row : NULL;
    if (err || (!out && !in)) {
        return err;
    }
    return change_counts(f, index, name->unit, name->year, out, in);
}

/* A deadline that is the unit's on its day: in the counts, unless the task does not cover the year
 * any more or the unit has one of its own in its place. */
static enum ng_err is_counted(const struct kv *kv, const char *unit, const struct fold_deadline *d,
                              bool *ret)
{
    struct task_row own;
    uint32_t from;
    *ret = d->name->from <= d->year && d->year <= d->task->to;
    if (!*ret || d->name->owner[0] != '@') {
        return NG_OK;
    }
    enum ng_err err = task_row_find(kv, unit, d->name->code, d->year, &from, &own);
    *ret = err == NG_ERR_NOT_FOUND;
    return *ret ? NG_OK : err;
}

/* Whether it was kept, from the unit's statements. */
static enum ng_err judge(const struct kv *kv, const char *unit, const struct fold_deadline *d,
                         struct due_row *ret)
{
    *ret = (struct due_row){.weight = d->task->weight};
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

enum ng_err fold_due_judge(struct fold *f, uint64_t index, const char *unit,
                           const struct fold_deadline *d)
{
    const struct due_name name = {unit, *d->name, d->year, d->day};
    struct due_row old;
    struct due_row row;
    bool theirs;
    enum ng_err err = due_row_get(f->kv, &name, &old);
    bool had = !err;
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    err = task_time_is_theirs(f->kv, d->name->owner, unit, d->day, &theirs);
    if (!err && theirs) {
        err = judge(f->kv, unit, d, &row);
        err = err ? err : is_counted(f->kv, unit, d, &row.counts);
    }
    return err ? err : replace_row(f, index, &name, had ? &old : NULL, theirs ? &row : NULL);
}

/* ---- Rows that are there ---- */

enum ng_err fold_due_forget(struct fold *f, uint64_t index, const char *unit,
                            const struct task_name *name)
{
    struct due_walk w;
    struct due_ref ref;
    struct due_row row;
    enum ng_err err;
    due_walk_begin(&w, f->kv, unit, name->code);
    while ((err = due_walk_next(&w, &ref, &row)) == NG_OK) {
        const struct due_name at = due_row_ref_name(unit, &ref);
        if (at.task.from != name->from || strcmp(at.task.owner, name->owner) != 0) {
            continue;
        }
        err = replace_row(f, index, &at, &row, NULL);
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* An occurrence keeps its judgement. */
static enum ng_err recheck_occurrence(struct fold *f, uint64_t index, const struct due_name *at,
                                      const struct fold_deadline *d, const struct due_row *old)
{
    struct due_row row = *old;
    bool known = true;
    enum ng_err err = NG_OK;
    if (d->name->owner[0] == '@') {
        err = member_row_has(f->kv, at->unit, d->name->owner + 1, &known);
    }
    if (!err) {
        err = task_time_is_theirs(f->kv, d->name->owner, at->unit, d->day, &row.counts);
    }
    if (!err && row.counts) {
        err = is_counted(f->kv, at->unit, d, &row.counts);
    }
    return err ? err : replace_row(f, index, at, old, known ? &row : NULL);
}

/* What follows for each row of the unit, occurrences or only what is due once. */
static enum ng_err each_row(struct fold *f, uint64_t index, const char *unit, const char *code,
                            bool occurrences)
{
    struct due_walk w;
    struct due_ref ref;
    struct due_row row;
    due_walk_begin(&w, f->kv, unit, code);
    for (;;) {
        struct task_row task;
        enum ng_err err = due_walk_next(&w, &ref, &row);
        if (err) {
            return err == NG_ERR_NOT_FOUND ? NG_OK : err;
        }
        const struct due_name at = due_row_ref_name(unit, &ref);
        const struct fold_deadline d = {&at.task, &task, ref.year, ref.day, DAY_NONE};
        err = task_row_get(f->kv, &at.task, &task);
        if (!err && task_time_is_once(&task)) {
            err = fold_due_judge(f, index, unit, &d);
        } else if (!err && occurrences) {
            err = recheck_occurrence(f, index, &at, &d, &row);
        }
        if (err) {
            return err;
        }
    }
}

enum ng_err fold_due_recheck(struct fold *f, uint64_t index, const char *unit, const char *code)
{
    return each_row(f, index, unit, code, true);
}

enum ng_err fold_due_rejudge(struct fold *f, uint64_t index, const char *unit, const char *code)
{
    return each_row(f, index, unit, code, false);
}
