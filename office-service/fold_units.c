/* Units: the newest import of a code counts. Where a unit's group or dates change, it leaves the
 * boards of its old group and comes onto those of the new one, with the answers it has given there.
 */
#include "base/day.h"
#include "office-service/fold_act.h"
#include "office-service/fold_board.h"
#include "office-service/unit_row.h"
#include "par/unit.h"

#include <stdio.h>
#include <string.h>

static bool read_date(const char *text, int32_t *ret)
{
    *ret = DAY_NONE;
    return !text[0] || !day_parse(text, ret);
}

static bool same_unit(const struct unit_row *a, const struct unit_row *b)
{
    return strcmp(a->group, b->group) == 0 && a->valid_from == b->valid_from &&
           a->valid_to == b->valid_to && strcmp(a->name, b->name) == 0 &&
           strcmp(a->parent, b->parent) == 0;
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
    struct unit_row old;
    enum ng_err err = unit_row_get(f->kv, said->code, &old);
    bool had = !err;
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    if (had && same_unit(&old, &row)) {
        return NG_OK; /* the same again changes nothing */
    }
    err = unit_row_put(f->kv, said->code, &row);
    if (!err && had && strcmp(old.group, row.group) != 0) {
        err = fold_board_place_all(f, said->code, old.group);
    }
    return err ? err : fold_board_place_all(f, said->code, row.group);
}
