/* Tasks lie under owner, code and first year, so all years of one code are neighbours, and so are
 * all codes of an owner. */
#include "office-service/task_row.h"

#include "base/check.h"
#include "base/day.h"
#include "base/lang.h"
#include "office-service/member_row.h"
#include "office-service/record.h"
#include "par/criteria.h"

#include <stdio.h>
#include <string.h>

void task_row_key_name(struct state_key *key, const struct task_name *name)
{
    state_key_text(key, name->owner);
    state_key_text(key, name->code);
    state_key_u32(key, name->from);
}

static struct state_key task_key(const struct task_name *name)
{
    struct state_key key = state_key(STATE_TASK);
    task_row_key_name(&key, name);
    return key;
}

static enum ng_err read_row(struct bytes value, struct task_row *ret)
{
    struct record_in r = record_in(value);
    ret->to = record_get_u32(&r);
    ret->deadline = record_get_day(&r);
    ret->index = record_get_u64(&r);
    ret->weight = record_get_decimal(&r);
    ret->due.kind = (enum task_due_kind)record_get_u8(&r);
    ret->due.day = record_get_day(&r);
    record_get_code(&r, ret->due.event, sizeof ret->due.event);
    ret->due.days = record_get_day(&r);
    ret->due.cycle = (enum task_cycle)record_get_u8(&r);
    ret->due.number = record_get_u32(&r);
    ret->said = record_get_bytes(&r);
    /* a walk over the days or years of any other would not end */
    r.bad = r.bad || !task_due_is_valid(&ret->due) || ret->to > CRITERIA_YEAR_MAX;
    return record_in_end(&r, "task");
}

enum ng_err task_row_get(const struct kv *kv, const struct task_name *name, struct task_row *ret)
{
    struct state_key key = task_key(name);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    return err ? err : read_row(value, ret);
}

enum ng_err task_row_put(const struct kv *kv, const struct task_name *name,
                         const struct task_row *row)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u32(&r, row->to);
    record_put_day(&r, row->deadline);
    record_put_u64(&r, row->index);
    record_put_decimal(&r, row->weight);
    record_put_u8(&r, (uint8_t)row->due.kind);
    record_put_day(&r, row->due.day);
    record_put_text(&r, row->due.event);
    record_put_day(&r, row->due.days);
    record_put_u8(&r, (uint8_t)row->due.cycle);
    record_put_u32(&r, row->due.number);
    record_put_bytes(&r, row->said);
    struct state_key key = task_key(name);
    return record_out_put(&r, kv, STATE_KEY(key));
}

void task_owner_of_group(const char *group, char ret[STATE_OWNER_SIZE])
{
    (void)snprintf(ret, STATE_OWNER_SIZE, "@%.*s", (int)TEXT_CODE_MAX, group);
}

enum ng_err task_owner_next(const struct kv *kv, const char *owner, char ret[STATE_OWNER_SIZE])
{
    struct state_key from = state_key(STATE_TASK);
    struct bytes key;
    struct bytes value;
    state_key_text(&from, owner);
    from.size -= owner[0] ? 0 : 1; /* "": from the table's beginning */
    enum ng_err err = kv_seek(kv, STATE_KEY(from), &key, &value);
    size_t at = 1;
    const char *found = !err && key.data[0] == STATE_TASK ? state_key_read_text(key, &at) : NULL;
    state_copy_code(ret, found ? found : "", STATE_OWNER_SIZE);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

void task_walk_begin(struct task_walk *w, const struct kv *kv, const char *owner, const char *code)
{
    struct state_key key = state_key(STATE_TASK);
    state_key_text(&key, owner);
    w->prefix_size = key.size;
    if (code) {
        state_key_text(&key, code);
    }
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

/* A text and a year that end a key. */
static bool read_tail(struct bytes key, size_t *at, char *code, size_t code_size,
                      uint32_t *ret_from)
{
    const char *text = state_key_read_text(key, at);
    if (!text || strlen(text) >= code_size || key.size - *at != 4) {
        return false;
    }
    (void)snprintf(code, code_size, "%s", text);
    struct record_in r = record_in((struct bytes){key.data + *at, 4});
    *ret_from = record_get_u32(&r);
    return true;
}

enum ng_err task_walk_next(struct task_walk *w, char ret_code[STATE_CODE_SIZE], uint32_t *ret_from,
                           struct task_row *ret)
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    if (err) {
        return err;
    }
    size_t at = w->prefix_size;
    if (!read_tail(key, &at, ret_code, STATE_CODE_SIZE, ret_from)) {
        return err_set(NG_ERR_CORRUPT, _("state: a task's key does not parse; run rebuild"));
    }
    return read_row(value, ret);
}

enum ng_err task_row_find(const struct kv *kv, const char *owner, const char *code, uint32_t year,
                          uint32_t *ret_from, struct task_row *ret)
{
    struct task_walk w;
    char found[STATE_CODE_SIZE];
    uint32_t from;
    struct task_row row;
    task_walk_begin(&w, kv, owner, code);
    for (;;) {
        enum ng_err err = task_walk_next(&w, found, &from, &row);
        if (err) {
            return err;
        }
        if (from <= year && year <= row.to) {
            *ret_from = from;
            *ret = row;
            return NG_OK;
        }
    }
}

static bool touches(const struct member_row *period, uint32_t year)
{
    return period->from <= day_of_date((int)year, 12, 31) &&
           (period->to == DAY_NONE || period->to >= day_of_date((int)year, 1, 1));
}

enum ng_err task_row_of_unit(const struct kv *kv, const char *unit, const char *code, uint32_t year,
                             char ret_owner[STATE_OWNER_SIZE], uint32_t *ret_from,
                             struct task_row *ret)
{
    (void)snprintf(ret_owner, STATE_OWNER_SIZE, "%.*s", (int)TEXT_UNIT_CODE_MAX, unit);
    enum ng_err err = task_row_find(kv, ret_owner, code, year, ret_from, ret);
    struct member_walk w;
    struct member_row period;
    member_walk_begin(&w, kv, unit);
    while (err == NG_ERR_NOT_FOUND) {
        err = member_walk_next(&w, &period);
        if (err) {
            return err;
        }
        err = err_plain(NG_ERR_NOT_FOUND);
        if (touches(&period, year)) {
            task_owner_of_group(period.group, ret_owner);
            err = task_row_find(kv, ret_owner, code, year, ret_from, ret);
        }
    }
    return err;
}

struct task_name task_row_ref_name(const struct task_ref *ref)
{
    return (struct task_name){ref->owner, ref->code, ref->from};
}

enum ng_err task_row_read_name(struct bytes key, size_t at, struct task_ref *ret)
{
    const char *owner = state_key_read_text(key, &at);
    if (!owner || strlen(owner) >= sizeof ret->owner ||
        !read_tail(key, &at, ret->code, sizeof ret->code, &ret->from)) {
        return err_set(NG_ERR_CORRUPT, _("state: a task's key does not parse; run rebuild"));
    }
    (void)snprintf(ret->owner, sizeof ret->owner, "%s", owner);
    return NG_OK;
}
