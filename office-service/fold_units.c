/* What it is for: units, and which group each belongs to when. The idea: the newest import of a
 * code says what the unit is called and where it belongs now; its periods (member_row.h) keep where
 * it belonged before, so the boards of earlier years stay as they were. The happy path:
 *
 *     the import says            the newest period
 *     a unit not known yet       begins on valid_from
 *     another group and another  ends the day before valid_from; one of the new group begins then.
 *       valid_from               What began on that day or later is taken back
 *     another group, the same    ends yesterday; one of the new group begins on the day the import
 *       valid_from               takes effect
 *     the same group, another    is corrected: it begins then. But after its last day another
 *       valid_from               begins, the unit is there again
 *     valid_to                   ends then
 *
 * A change that would begin after valid_to is a correction of the period that ends there, and so is
 * one of a period that has not begun. Boards and tasks of the unit follow. What may fail: storage
 * only. */
#include "base/day.h"
#include "office-service/fold_act.h"
#include "office-service/fold_board.h"
#include "office-service/fold_time.h"
#include "office-service/member_row.h"
#include "office-service/unit_row.h"
#include "par/unit.h"

#include <stdio.h>
#include <string.h>

static bool read_date(const char *text, int32_t *ret)
{
    *ret = DAY_NONE;
    return !text[0] || !day_parse(text, ret);
}

static bool same_place(const struct unit_row *a, const struct unit_row *b)
{
    return strcmp(a->group, b->group) == 0 && a->valid_from == b->valid_from &&
           a->valid_to == b->valid_to;
}

static bool same_unit(const struct unit_row *a, const struct unit_row *b)
{
    return same_place(a, b) && strcmp(a->name, b->name) == 0 && strcmp(a->parent, b->parent) == 0;
}

/* ---- Periods ---- */

static bool ends_before(int32_t last, int32_t day)
{
    return last != DAY_NONE && last < day;
}

/* The period the unit is in from now on. ret_instead: of the newest one, which it corrects. */
static struct member_row period_of(const struct unit_row *old, const struct unit_row *row,
                                   const struct member_row *newest, int32_t today,
                                   bool *ret_instead)
{
    struct member_row p = {.from = row->valid_from, .to = row->valid_to};
    bool moves = strcmp(newest->group, row->group) != 0;
    bool redated = row->valid_from != old->valid_from;
    (void)snprintf(p.group, sizeof p.group, "%s", row->group);
    if (moves) {
        *ret_instead = false;
        if (!redated || row->valid_from == DAY_NONE) {
            p.from = newest->from < today ? today : newest->from;
        }
    } else {
        *ret_instead = !redated || !ends_before(newest->to, row->valid_from);
        if (!redated) {
            p.from = newest->from;
        }
    }
    return p;
}

/* A period that would end before it begins is the one that goes on to that day; of the group it
 * had, unless the import is about the group. */
static enum ng_err fit_end(const struct kv *kv, const char *unit, bool regroups, int32_t begins,
                           struct member_row *p)
{
    struct member_row there;
    if (!ends_before(p->to, p->from)) {
        return NG_OK;
    }
    enum ng_err err = member_row_begun(kv, unit, p->to, &there);
    if (err == NG_ERR_NOT_FOUND) {
        p->from = begins; /* not after its end: unit_check */
        return NG_OK;
    }
    if (err) {
        return err;
    }
    p->from = there.from;
    if (!regroups) {
        memcpy(p->group, there.group, sizeof p->group);
    }
    return NG_OK;
}

/* Takes back what begins with the new period or after it, boards and all. */
static enum ng_err take_back(struct fold *f, const char *unit, const struct member_row *p,
                             bool instead)
{
    for (;;) {
        struct member_row last;
        enum ng_err err = member_row_begun(f->kv, unit, MEMBER_DAY_LAST, &last);
        if (err || (!instead && last.from < p->from)) {
            return err == NG_ERR_NOT_FOUND ? NG_OK : err;
        }
        instead = false;
        err = member_row_remove(f->kv, unit, &last);
        if (!err && strcmp(last.group, p->group) != 0) { /* else put_period does */
            err = fold_board_place_all(f, unit, last.group);
        }
        if (err) {
            return err;
        }
    }
}

static enum ng_err put_period(struct fold *f, const char *unit, const struct member_row *p,
                              bool instead)
{
    struct member_row before;
    enum ng_err err = take_back(f, unit, p, instead);
    if (err) {
        return err;
    }
    err = member_row_begun(f->kv, unit, MEMBER_DAY_LAST, &before);
    bool had = !err;
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    err = member_row_put(f->kv, unit, p);
    if (!err && had) {
        err = fold_board_place_all(f, unit, before.group);
    }
    return err ? err : fold_board_place_all(f, unit, p->group);
}

/* old: its group and dates only, the texts are gone. */
static enum ng_err move(struct fold *f, const char *unit, const struct unit_row *old,
                        const struct unit_row *row)
{
    struct member_row newest;
    bool instead;
    enum ng_err err = member_row_begun(f->kv, unit, MEMBER_DAY_LAST, &newest);
    if (err) {
        return err;
    }
    struct member_row p = period_of(old, row, &newest, f->meta.day, &instead);
    err = fit_end(f->kv, unit, strcmp(old->group, row->group) != 0, row->valid_from, &p);
    return err ? err : put_period(f, unit, &p, instead);
}

/* ---- The act ---- */

static enum ng_err apply(struct fold *f, uint64_t index, const char *unit,
                         const struct unit_row *row)
{
    struct unit_row old;
    enum ng_err err = unit_row_get(f->kv, unit, &old);
    bool had = !err;
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    if (had && same_unit(&old, row)) {
        return NG_OK; /* the same again changes nothing */
    }
    err = unit_row_put(f->kv, unit, row);
    if (err || (had && same_place(&old, row))) {
        return err; /* another name */
    }
    if (had) {
        err = move(f, unit, &old, row);
    } else {
        struct member_row p = {.from = row->valid_from, .to = row->valid_to};
        (void)snprintf(p.group, sizeof p.group, "%s", row->group);
        err = put_period(f, unit, &p, false);
    }
    return err ? err : fold_time_follow(f, index, unit);
}

enum ng_err fold_units_apply(struct fold *f, const struct fold_origin *origin,
                             const struct wire_act *act, struct fold_judged *judged)
{
    const struct wire_unit *said = &act->u.unit;
    const char *field = "";
    struct unit_row row = {.index = origin->index, .name = said->name, .parent = said->parent};
    enum reason reason = unit_check(said, &field);
    if (!reason && !read_date(said->valid_from, &row.valid_from)) {
        return fold_refuse(judged, REASON_BAD_UNIT, "valid_from");
    }
    if (!reason && !read_date(said->valid_to, &row.valid_to)) {
        return fold_refuse(judged, REASON_BAD_UNIT, "valid_to");
    }
    if (reason) {
        return fold_refuse(judged, reason, field);
    }
    (void)snprintf(row.group, sizeof row.group, "%s", said->group);
    return apply(f, origin->index, said->code, &row);
}
