#include "office-service/due_row.h"

#include "base/lang.h"
#include "office-service/record.h"

#include <stdio.h>
#include <string.h>

static struct state_key due_prefix(const char *unit, const char *code)
{
    struct state_key key = state_key(STATE_DUE);
    state_key_text(&key, unit);
    if (code) {
        state_key_text(&key, code);
    }
    return key;
}

static struct state_key due_key(const struct due_name *name)
{
    struct state_key key = due_prefix(name->unit, name->task.code);
    state_key_text(&key, name->task.owner);
    state_key_u32(&key, name->task.from);
    state_key_u32(&key, name->year);
    state_key_day(&key, name->day);
    return key;
}

static enum ng_err read_due(struct bytes value, struct due_row *ret)
{
    struct record_in r = record_in(value);
    ret->counts = record_get_u8(&r) != 0;
    ret->weight = record_get_decimal(&r);
    ret->on_time = record_get_u8(&r) != 0;
    ret->index = record_get_u64(&r);
    r.bad = r.bad || ret->weight.micro <= 0 ||
            decimal_compare(ret->weight, decimal_of(TASK_WEIGHT_MAX)) > 0;
    return record_in_end(&r, "deadline");
}

enum ng_err due_row_get(const struct kv *kv, const struct due_name *name, struct due_row *ret)
{
    struct state_key key = due_key(name);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    return err ? err : read_due(value, ret);
}

enum ng_err due_row_put(const struct kv *kv, const struct due_name *name, const struct due_row *row)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u8(&r, row->counts);
    record_put_decimal(&r, row->weight);
    record_put_u8(&r, row->on_time);
    record_put_u64(&r, row->index);
    struct state_key key = due_key(name);
    return record_out_put(&r, kv, STATE_KEY(key));
}

enum ng_err due_row_remove(const struct kv *kv, const struct due_name *name)
{
    struct state_key key = due_key(name);
    return kv_remove(kv, STATE_KEY(key));
}

void due_walk_begin(struct due_walk *w, const struct kv *kv, const char *unit, const char *code)
{
    struct state_key all = due_prefix(unit, NULL);
    struct state_key key = due_prefix(unit, code);
    w->prefix_size = all.size;
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

static bool read_ref(struct bytes key, size_t at, struct due_ref *ret)
{
    const char *code = state_key_read_text(key, &at);
    const char *owner = code ? state_key_read_text(key, &at) : NULL;
    if (!owner || strlen(code) >= sizeof ret->task.code ||
        strlen(owner) >= sizeof ret->task.owner || key.size - at != 12) {
        return false;
    }
    (void)snprintf(ret->task.code, sizeof ret->task.code, "%s", code);
    (void)snprintf(ret->task.owner, sizeof ret->task.owner, "%s", owner);
    struct record_in r = record_in((struct bytes){key.data + at, 12});
    ret->task.from = record_get_u32(&r);
    ret->year = record_get_u32(&r);
    ret->day = (int32_t)(record_get_u32(&r) ^ 0x80000000u);
    return true;
}

enum ng_err due_walk_next(struct due_walk *w, struct due_ref *ret_ref, struct due_row *ret)
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    if (err) {
        return err;
    }
    if (!read_ref(key, w->prefix_size, ret_ref)) {
        return err_set(NG_ERR_CORRUPT, _("state: a deadline's key does not parse; run rebuild"));
    }
    return read_due(value, ret);
}

struct due_name due_row_ref_name(const char *unit, const struct due_ref *ref)
{
    return (struct due_name){unit, task_row_ref_name(&ref->task), ref->year, ref->day};
}
