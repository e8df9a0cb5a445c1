/* Views only: nothing here is kept. A unit's list is made of its own tasks and those of its groups;
 * what became of each comes from its due rows, what is to come from its deadline. */
#include "office-service/task_list.h"

#include "base/day.h"
#include "base/lang.h"
#include "office-service/due_row.h"
#include "office-service/member_row.h"
#include "office-service/progress_row.h"
#include "office-service/task_list_state.h"
#include "office-service/task_time.h"
#include "proto/wire_par.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 100000u /* tasks of one unit and year */

static const struct {
    const char *name;
    const char *text;
} statuses[] = {
    [TASK_LIST_OPEN] = {"open", N_("to come")},
    [TASK_LIST_NO_DEADLINE] = {"no_deadline", N_("no deadline this year")},
    [TASK_LIST_WAITING] = {"waiting", N_("its event has no date yet")},
    [TASK_LIST_ON_TIME] = {"on_time", N_("on time")},
    [TASK_LIST_LATE] = {"late", N_("late")},
};

const char *task_list_status_name(enum task_status status)
{
    return statuses[status].name;
}

const char *task_list_status_text(enum task_status status)
{
    return _(statuses[status].text);
}

/* ---- One unit's list ---- */

static struct task_item *add_item(struct task_list *list)
{
    if (list->count >= LIST_MAX) {
        return NULL;
    }
    if ((list->count & (list->count + 1)) == 0) { /* full at 0, 1, 3, 7 … */
        struct task_item *more = realloc(list->items, (2 * list->count + 1) * sizeof *more);
        if (!more) {
            return NULL;
        }
        list->items = more;
    }
    struct task_item *item = &list->items[list->count++];
    memset(item, 0, sizeof *item);
    item->deadline = DAY_NONE;
    return item;
}

void task_list_fini(struct task_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        wire_acts_destroy(&list->items[i].said);
        wire_acts_destroy(&list->items[i].progress);
    }
    free(list->items);
    *list = (struct task_list){0};
}

/* The deadlines of this year that have passed. */
static enum ng_err add_due(const struct kv *kv, const char *unit, uint32_t year,
                           struct task_item *item)
{
    struct due_walk w;
    struct due_ref ref;
    struct due_row row;
    enum ng_err err;
    due_walk_begin(&w, kv, unit, item->ref.code);
    while ((err = due_walk_next(&w, &ref, &row)) == NG_OK) {
        if (!row.counts || ref.year != year || ref.task.from != item->ref.from ||
            strcmp(ref.task.owner, item->ref.owner) != 0) {
            continue;
        }
        item->due++;
        item->on_time += row.on_time;
        item->deadline = ref.day;
        item->status = row.on_time ? TASK_LIST_ON_TIME : TASK_LIST_LATE;
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err add_progress(const struct kv *kv, const char *unit, struct task_item *item)
{
    struct progress_row row;
    enum ng_err err = progress_row_get(kv, unit, item->ref.code, item->ref.from, &row);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    item->has_progress = true;
    item->percent = row.percent;
    item->progress_index = row.index;
    item->progress_at = row.received_at;
    return wire_acts_decode(row.said, &item->progress);
}

/* What is to come; a task that is not due again keeps what became of it. */
static enum ng_err add_coming(const struct kv *kv, const struct task_row *row, const char *unit,
                              uint32_t year, int32_t today, struct task_item *item)
{
    struct task_name name = task_row_ref_name(&item->ref);
    enum ng_err err = task_time_open(kv, &name, row, unit, year, today, &item->open);
    if (err) {
        return err;
    }
    if (item->open == 0) {
        item->status = item->due ? item->status : TASK_LIST_NO_DEADLINE;
        return NG_OK;
    }
    if (row->deadline != DAY_NONE && task_time_board_year(&name, row, row->deadline) == year) {
        if (item->due == 0) {
            item->status = TASK_LIST_OPEN;
            item->deadline = row->deadline;
        }
        return NG_OK;
    }
    if (item->due == 0) {
        bool waiting = row->due.kind == TASK_EVENT && row->deadline == DAY_NONE;
        item->status = waiting ? TASK_LIST_WAITING : TASK_LIST_NO_DEADLINE;
    }
    return NG_OK;
}

static enum ng_err add_event(const struct kv *kv, const struct task_row *row,
                             struct task_item *item)
{
    struct state_event event;
    item->event.day = DAY_NONE;
    if (row->due.kind != TASK_EVENT) {
        return NG_OK;
    }
    const enum ng_err err = state_event_get(kv, row->due.event, &event);
    if (!err) {
        item->event.day = event.day;
        item->event.index = event.index;
        (void)snprintf(item->event.actor, sizeof item->event.actor, "%s", event.actor);
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err fill_item(const struct kv *kv, const char *unit, uint32_t year, int32_t today,
                             struct task_item *item)
{
    struct task_row row;
    struct task_name name = task_row_ref_name(&item->ref);
    enum ng_err err = task_row_get(kv, &name, &row);
    if (!err) {
        err = wire_acts_decode(row.said, &item->said);
    }
    if (!err && (item->said->count != 1 || item->said->acts[0].kind != WIRE_ACT_TASK)) {
        err = err_set(NG_ERR_CORRUPT, _("state: task %s does not parse; run rebuild"),
                      item->ref.code);
    }
    if (err) {
        return err;
    }
    item->task = &item->said->acts[0].u.task;
    item->weight = row.weight;
    item->index = row.index;
    err = add_event(kv, &row, item);
    if (err) {
        return err;
    }
    err = add_due(kv, unit, year, item);
    if (!err) {
        err = add_coming(kv, &row, unit, year, today, item);
    }
    return err ? err : add_progress(kv, unit, item);
}

enum ng_err task_list_add_owner(const struct kv *kv, const char *owner, uint32_t year,
                                const char *hidden_by, struct task_list *list)
{
    struct task_walk w;
    char code[STATE_CODE_SIZE];
    uint32_t from;
    struct task_row row;
    enum ng_err err;
    task_walk_begin(&w, kv, owner, NULL);
    while ((err = task_walk_next(&w, code, &from, &row)) == NG_OK) {
        if (year < from || year > row.to) {
            continue;
        }
        if (hidden_by) {
            struct task_row own;
            uint32_t own_from;
            err = task_row_find(kv, hidden_by, code, year, &own_from, &own);
            if (!err) {
                continue;
            }
            if (err != NG_ERR_NOT_FOUND) {
                return err;
            }
        }
        struct task_item *item = add_item(list);
        if (!item) {
            return err_plain(NG_ERR_NOMEM);
        }
        (void)snprintf(item->ref.owner, sizeof item->ref.owner, "%s", owner);
        (void)snprintf(item->ref.code, sizeof item->ref.code, "%s", code);
        item->ref.from = from;
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static int by_code(const void *a, const void *b)
{
    const struct task_item *x = a;
    const struct task_item *y = b;
    int order = strcmp(x->ref.code, y->ref.code);
    return order ? order : strcmp(x->ref.owner, y->ref.owner);
}

/* Whether the group has been met in a newer period of the unit. */
static enum ng_err is_newer(const struct kv *kv, const char *unit, const struct member_row *period,
                            bool *ret)
{
    struct member_walk w;
    struct member_row row;
    enum ng_err err;
    *ret = false;
    member_walk_begin(&w, kv, unit);
    while ((err = member_walk_next(&w, &row)) == NG_OK && row.from != period->from) {
        *ret = *ret || strcmp(row.group, period->group) == 0;
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err task_list_add_all(const struct kv *kv, const char *unit, uint32_t year,
                              struct task_list *list)
{
    struct member_walk w;
    struct member_row period;
    enum ng_err err = task_list_add_owner(kv, unit, year, NULL, list);
    member_walk_begin(&w, kv, unit);
    while (!err) {
        bool seen;
        char owner[STATE_OWNER_SIZE];
        err = member_walk_next(&w, &period);
        if (!err) {
            err = is_newer(kv, unit, &period, &seen);
        }
        if (!err && !seen) {
            task_owner_of_group(period.group, owner);
            err = task_list_add_owner(kv, owner, year, unit, list);
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* Leaves out the groups' tasks that were not the unit's to do on their days, nor will be. */
static void leave_out(struct task_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct task_item *item = &list->items[i];
        if (item->ref.owner[0] == '@' && item->due == 0 && item->open == 0) {
            wire_acts_destroy(&item->said);
            wire_acts_destroy(&item->progress);
        } else {
            list->items[kept++] = *item;
        }
    }
    list->count = kept;
}

enum ng_err task_list_make(const struct kv *kv, const char *unit, uint32_t year,
                           struct task_list *ret)
{
    struct state_meta meta;
    struct task_list list = {0};
    enum ng_err err = state_meta_get(kv, &meta);
    if (!err) {
        err = task_list_add_all(kv, unit, year, &list);
    }
    for (size_t i = 0; i < list.count && !err; i++) {
        err = fill_item(kv, unit, year, meta.day, &list.items[i]);
    }
    if (err) {
        task_list_fini(&list);
        return err;
    }
    leave_out(&list);
    if (list.count > 1) {
        qsort(list.items, list.count, sizeof *list.items, by_code);
    }
    *ret = list;
    return NG_OK;
}
