/* The days in the keys are turned round, so that the newest period lies first and the one of a day
 * is found by one seek: the first key not before it. */
#include "office-service/member_row.h"

#include "base/day.h"
#include "base/lang.h"
#include "office-service/record.h"
#include "office-service/unit_row.h"

#include <string.h>

static struct state_key periods_key(const char *unit)
{
    struct state_key key = state_key(STATE_PERIOD);
    state_key_text(&key, unit);
    return key;
}

static struct state_key period_key(const char *unit, int32_t from)
{
    struct state_key key = periods_key(unit);
    state_key_u32(&key, ~((uint32_t)from ^ 0x80000000u));
    return key;
}

static enum ng_err read_period(struct bytes key, size_t at, struct bytes value,
                               struct member_row *ret)
{
    if (key.size != at + 4) {
        return err_set(NG_ERR_CORRUPT, _("state: a period's key does not parse; run rebuild"));
    }
    struct record_in day = record_in((struct bytes){key.data + at, 4});
    ret->from = (int32_t)(~record_get_u32(&day) ^ 0x80000000u);
    struct record_in r = record_in(value);
    record_get_code(&r, ret->group, sizeof ret->group);
    ret->to = record_get_day(&r);
    return record_in_end(&r, "period");
}

enum ng_err member_row_begun(const struct kv *kv, const char *unit, int32_t day,
                             struct member_row *ret)
{
    struct state_key prefix = periods_key(unit);
    struct state_key from = period_key(unit, day);
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_seek(kv, STATE_KEY(from), &key, &value);
    if (err) {
        return err;
    }
    if (key.size < prefix.size || memcmp(key.data, prefix.bytes, prefix.size) != 0) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    return read_period(key, prefix.size, value, ret);
}

/* The newest period begun by `last`, if it goes on to `first` at least. */
static enum ng_err period_between(const struct kv *kv, const char *unit, int32_t first,
                                  int32_t last, struct member_row *ret)
{
    struct member_row row;
    enum ng_err err = member_row_begun(kv, unit, last, &row);
    if (err) {
        return err;
    }
    if (row.to != DAY_NONE && row.to < first) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    *ret = row;
    return NG_OK;
}

enum ng_err member_row_on(const struct kv *kv, const char *unit, int32_t day,
                          struct member_row *ret)
{
    return period_between(kv, unit, day, day, ret);
}

enum ng_err member_row_in(const struct kv *kv, const char *unit, uint32_t year,
                          struct member_row *ret)
{
    return period_between(kv, unit, day_of_date((int)year, 1, 1), day_of_date((int)year, 12, 31),
                          ret);
}

enum ng_err member_row_put(const struct kv *kv, const char *unit, const struct member_row *row)
{
    struct member_row old;
    enum ng_err err = member_row_begun(kv, unit, row->from, &old);
    if (!err && old.from == row->from) {
        err = member_row_remove(kv, unit, &old);
    }
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    struct record_out r;
    record_out_init(&r);
    record_put_text(&r, row->group);
    record_put_day(&r, row->to);
    struct state_key key = period_key(unit, row->from);
    err = record_out_put(&r, kv, STATE_KEY(key));
    return err ? err : unit_row_list(kv, row->group, unit);
}

enum ng_err member_row_has(const struct kv *kv, const char *unit, const char *group, bool *ret)
{
    struct member_walk w;
    struct member_row row;
    enum ng_err err;
    *ret = false;
    member_walk_begin(&w, kv, unit);
    while ((err = member_walk_next(&w, &row)) == NG_OK) {
        *ret = *ret || strcmp(row.group, group) == 0;
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err member_row_remove(const struct kv *kv, const char *unit, const struct member_row *row)
{
    struct state_key key = period_key(unit, row->from);
    bool has_others;
    enum ng_err err = kv_remove(kv, STATE_KEY(key));
    if (!err) {
        err = member_row_has(kv, unit, row->group, &has_others);
    }
    return err || has_others ? err : unit_row_unlist(kv, row->group, unit);
}

void member_walk_begin(struct member_walk *w, const struct kv *kv, const char *unit)
{
    struct state_key key = periods_key(unit);
    w->prefix_size = key.size;
    w->next_from = DAY_NONE;
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

enum ng_err member_walk_next(struct member_walk *w, struct member_row *ret)
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    if (!err) {
        err = read_period(key, w->prefix_size, value, ret);
    }
    if (err) {
        return err;
    }
    if (w->next_from != DAY_NONE && (ret->to == DAY_NONE || ret->to >= w->next_from)) {
        ret->to = w->next_from - 1;
    }
    w->next_from = ret->from;
    return NG_OK;
}
