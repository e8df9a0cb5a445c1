#include "office-service/fold_board.h"

#include "base/lang.h"
#include "office-service/member_row.h"
#include "office-service/unit_row.h"

#include <stdio.h>
#include <string.h>

static bool is_open(const struct fold *f, const struct score_place *at)
{
    return f->board_open && f->board.year == at->year && strcmp(f->board.group, at->group) == 0 &&
           strcmp(f->board.unit, at->unit) == 0;
}

enum ng_err fold_board_close(struct fold *f)
{
    if (!f->board_open) {
        return NG_OK;
    }
    enum ng_err err = NG_OK;
    if (f->board_changed) {
        const struct criteria *set;
        err = set_cache_get(f->sets, f->kv, f->board.group, f->board.year, &set);
        if (!err) {
            err = standing_put(f->kv, set, &f->board);
        } else if (err == NG_ERR_NOT_FOUND) {
            err = err_set(NG_ERR_CORRUPT, _("state: a board of %s without its set; run rebuild"),
                          f->board.group);
        }
    }
    standing_fini(&f->board);
    f->board_open = false;
    f->board_changed = false;
    return err;
}

enum ng_err fold_board_open(struct fold *f, const struct score_place *at, struct standing **ret,
                            const struct criteria **ret_set)
{
    enum ng_err err = NG_OK;
    if (!is_open(f, at)) {
        err = fold_board_close(f);
        if (!err) {
            err = standing_get(f->kv, at, &f->board);
        }
        if (err) {
            return err;
        }
        f->board_open = true;
    }
    err = set_cache_get(f->sets, f->kv, at->group, at->year, ret_set);
    if (!err) {
        err = standing_check(&f->board, *ret_set);
    }
    if (!err) {
        *ret = &f->board;
    }
    return err;
}

void fold_board_touch(struct fold *f, uint64_t index)
{
    f->board.updated_index = index;
    f->board_changed = true;
}

static enum ng_err put_on(struct fold *f, const struct score_place *at)
{
    const struct criteria *set;
    struct standing s;
    enum ng_err err = set_cache_get(f->sets, f->kv, at->group, at->year, &set);
    if (!err) {
        err = standing_build(f->kv, set, at, &s);
    }
    if (err) {
        return err;
    }
    err = standing_put(f->kv, set, &s);
    standing_fini(&s);
    return err;
}

static enum ng_err take_off(struct fold *f, const struct score_place *at)
{
    struct standing s;
    enum ng_err err = standing_get(f->kv, at, &s);
    if (err) {
        return err;
    }
    err = standing_remove(f->kv, &s);
    standing_fini(&s);
    return err;
}

enum ng_err fold_board_place(struct fold *f, const char *unit, const char *group, uint32_t year)
{
    struct score_place at = {year, group, unit};
    struct member_row row;
    struct standing s;
    enum ng_err err = fold_board_close(f);
    if (!err) {
        err = member_row_in(f->kv, unit, year, &row);
    }
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    bool belongs = !err && strcmp(row.group, group) == 0;
    err = standing_get(f->kv, &at, &s);
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    bool is_on = !err;
    if (is_on) {
        standing_fini(&s);
    }
    if (belongs == is_on) {
        return NG_OK;
    }
    return belongs ? put_on(f, &at) : take_off(f, &at);
}

enum ng_err fold_board_place_all(struct fold *f, const char *unit, const char *group)
{
    struct set_walk w;
    char found[STATE_CODE_SIZE];
    uint32_t year;
    set_walk_begin(&w, f->kv, group);
    for (;;) {
        enum ng_err err = set_walk_next(&w, found, &year);
        if (!err) {
            err = fold_board_place(f, unit, group, year);
        } else if (err == NG_ERR_NOT_FOUND) {
            return NG_OK;
        }
        if (err) {
            return err;
        }
    }
}

enum ng_err fold_board_clear(struct fold *f, const char *group, uint32_t year)
{
    enum ng_err err = fold_board_close(f);
    struct standing_walk w;
    uint8_t order[STANDING_ORDER_SIZE];
    char unit[STATE_UNIT_SIZE];
    standing_walk_begin(&w, f->kv, year, group, BASIS_SELF);
    while (!err) {
        err = standing_walk_next(&w, order, unit);
        if (!err && take_off(f, &(struct score_place){year, group, unit})) {
            return err_set(NG_ERR_CORRUPT,
                           _("state: %s is ranked but has no standing; run rebuild"), unit);
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err fold_board_fill(struct fold *f, const char *group, uint32_t year)
{
    struct unit_walk w;
    char unit[STATE_UNIT_SIZE];
    unit_walk_begin(&w, f->kv, group);
    for (;;) {
        enum ng_err err = unit_walk_next(&w, unit);
        if (err == NG_ERR_NOT_FOUND) {
            return NG_OK;
        }
        if (!err) {
            err = fold_board_place(f, unit, group, year);
        }
        if (err) {
            return err;
        }
    }
}
