/* Counting for a board what each of its units has to come. A board of many units reads the group's
 * tasks once and each unit's own beside them; a unit that comes, leaves or changes its group has
 * its list made. */
#include "base/day.h"
#include "office-service/member_row.h"
#include "office-service/task_list_state.h"
#include "office-service/task_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct task_group {
    uint32_t year;
    int32_t today;
    char group[STATE_CODE_SIZE];
    struct task_list list; /* codes and `open` only */
    bool none;             /* nobody has any task at all */
    /* No owner between these two has a task (after asking for `asked`); `next` "": none behind. */
    char asked[STATE_OWNER_SIZE], next[STATE_OWNER_SIZE];
};

/* `open` of each; unit NULL: for a unit that is in the group all the time. */
static enum ng_err count_open(const struct kv *kv, const struct task_group *g, const char *unit,
                              struct task_list *list)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < list->count && !err; i++) {
        struct task_row row;
        struct task_name name = task_row_ref_name(&list->items[i].ref);
        err = task_row_get(kv, &name, &row);
        if (!err) {
            err = task_time_open(kv, &name, &row, unit, g->year, g->today, &list->items[i].open);
        }
    }
    return err;
}

enum ng_err task_list_group_new(const struct kv *kv, const char *group, uint32_t year,
                                int32_t today, struct task_group **ret)
{
    char owner[STATE_OWNER_SIZE];
    struct task_group *g = calloc(1, sizeof *g);
    if (!g) {
        return err_plain(NG_ERR_NOMEM);
    }
    g->year = year;
    g->today = today;
    (void)snprintf(g->group, sizeof g->group, "%s", group);
    task_owner_of_group(group, owner);
    enum ng_err err = task_owner_next(kv, "", g->next);
    g->none = !g->next[0];
    if (!err) {
        err = task_list_add_owner(kv, owner, year, NULL, &g->list);
    }
    if (!err) {
        err = count_open(kv, g, NULL, &g->list);
    }
    if (err) {
        task_list_group_destroy(&g);
        return err;
    }
    *ret = g;
    return NG_OK;
}

void task_list_group_destroy(struct task_group **g)
{
    if (!g || !*g) {
        return;
    }
    task_list_fini(&(*g)->list);
    free(*g);
    *g = NULL;
}

static int code_and_item(const void *code, const void *item)
{
    return strcmp(code, ((const struct task_item *)item)->ref.code);
}

/* Codes come out of the state in order, so the group's list is sorted. */
static uint32_t open_in_group(const struct task_group *g, const char *code)
{
    const struct task_item *found = g->list.count ? bsearch(code, g->list.items, g->list.count,
                                                            sizeof *g->list.items, code_and_item)
                                                  : NULL;
    return found ? found->open : 0;
}

/* One that is in the group today and stays, so that all there is to come is its own to do. */
static enum ng_err is_settled(const struct kv *kv, const struct task_group *g, const char *unit,
                              bool *ret)
{
    struct member_row newest;
    enum ng_err err = member_row_begun(kv, unit, MEMBER_DAY_LAST, &newest);
    *ret = !err && newest.to == DAY_NONE && newest.from <= g->today &&
           strcmp(newest.group, g->group) == 0;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* For any other unit. */
static enum ng_err open_of_list(const struct kv *kv, const struct task_group *g, const char *unit,
                                uint32_t *ret)
{
    struct task_list list = {0};
    enum ng_err err = task_list_add_all(kv, unit, g->year, &list);
    if (!err) {
        err = count_open(kv, g, unit, &list);
    }
    *ret = 0;
    for (size_t i = 0; i < list.count && !err; i++) {
        *ret += list.items[i].open;
    }
    task_list_fini(&list);
    return err;
}

/* Whether a unit has tasks of its own; units asked for in their order cost one look-up for each
 * that has some. */
static enum ng_err has_own(const struct kv *kv, struct task_group *g, const char *unit, bool *ret)
{
    enum ng_err err = NG_OK;
    const bool known = strcmp(g->asked, unit) <= 0 && (!g->next[0] || strcmp(unit, g->next) <= 0);
    if (!known) {
        err = task_owner_next(kv, unit, g->next);
        state_copy_code(g->asked, unit, sizeof g->asked);
    }
    *ret = strcmp(unit, g->next) == 0;
    return err;
}

/* Its own tasks, and what of the group's of the same codes they take the place of. */
static enum ng_err add_own(const struct kv *kv, const struct task_group *g, const char *unit,
                           uint32_t *open)
{
    struct task_walk w;
    char code[STATE_CODE_SIZE];
    uint32_t from;
    struct task_row row;
    enum ng_err err;
    task_walk_begin(&w, kv, unit, NULL);
    while ((err = task_walk_next(&w, code, &from, &row)) == NG_OK) {
        uint32_t own = 0;
        if (g->year < from || g->year > row.to) {
            continue;
        }
        struct task_name name = {unit, code, from};
        err = task_time_open(kv, &name, &row, unit, g->year, g->today, &own);
        if (err) {
            return err;
        }
        *open += own;
        *open -= open_in_group(g, code);
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* The group's tasks, and its own where there are such. */
static enum ng_err open_in_place(const struct kv *kv, struct task_group *g, const char *unit,
                                 uint32_t *ret)
{
    bool own;
    *ret = 0;
    for (size_t i = 0; i < g->list.count; i++) {
        *ret += g->list.items[i].open;
    }
    enum ng_err err = has_own(kv, g, unit, &own);
    return err || !own ? err : add_own(kv, g, unit, ret);
}

enum ng_err task_list_open(const struct kv *kv, struct task_group *g, const char *unit,
                           uint32_t *ret)
{
    bool settled;
    *ret = 0;
    if (g->none) {
        return NG_OK;
    }
    enum ng_err err = is_settled(kv, g, unit, &settled);
    if (err) {
        return err;
    }
    return settled ? open_in_place(kv, g, unit, ret) : open_of_list(kv, g, unit, ret);
}
