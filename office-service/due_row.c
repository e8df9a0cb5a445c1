#include "office-service/due_row.h"

#include "base/lang.h"
#include "office-service/record.h"

#include <stdio.h>
#include <string.h>

static struct state_key due_prefix(const char *unit, uint32_t year)
{
    struct state_key key = state_key(STATE_DUE);
    state_key_text(&key, unit);
    state_key_u32(&key, year);
    return key;
}

static struct state_key due_key(const char *unit, uint32_t year, const char *code, int32_t day)
{
    struct state_key key = due_prefix(unit, year);
    state_key_text(&key, code);
    state_key_day(&key, day);
    return key;
}

static enum ng_err read_due(struct bytes value, struct due_row *ret)
{
    struct record_in r = record_in(value);
    ret->from = record_get_u32(&r);
    ret->of_group = record_get_u8(&r) != 0;
    ret->weight = record_get_decimal(&r);
    ret->on_time = record_get_u8(&r) != 0;
    ret->index = record_get_u64(&r);
    return record_in_end(&r, "deadline");
}

enum ng_err due_row_get(const struct kv *kv, const char *unit, uint32_t year, const char *code,
                        int32_t day, struct due_row *ret)
{
    struct state_key key = due_key(unit, year, code, day);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    return err ? err : read_due(value, ret);
}

enum ng_err due_row_put(const struct kv *kv, const char *unit, uint32_t year, const char *code,
                        int32_t day, const struct due_row *row)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u32(&r, row->from);
    record_put_u8(&r, row->of_group);
    record_put_decimal(&r, row->weight);
    record_put_u8(&r, row->on_time);
    record_put_u64(&r, row->index);
    struct state_key key = due_key(unit, year, code, day);
    return record_out_put(&r, kv, STATE_KEY(key));
}

enum ng_err due_row_remove(const struct kv *kv, const char *unit, uint32_t year, const char *code,
                           int32_t day)
{
    struct state_key key = due_key(unit, year, code, day);
    return kv_remove(kv, STATE_KEY(key));
}

void due_walk_begin(struct due_walk *w, const struct kv *kv, const char *unit, uint32_t year,
                    const char *code)
{
    struct state_key key = due_prefix(unit, year);
    w->prefix_size = key.size;
    if (code) {
        state_key_text(&key, code);
    }
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

enum ng_err due_walk_next(struct due_walk *w, char ret_code[STATE_CODE_SIZE], int32_t *ret_day,
                          struct due_row *ret)
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    if (err) {
        return err;
    }
    size_t at = w->prefix_size;
    const char *code = state_key_read_text(key, &at);
    if (!code || strlen(code) >= STATE_CODE_SIZE || key.size - at != 4) {
        return err_set(NG_ERR_CORRUPT, _("state: a deadline's key does not parse; run rebuild"));
    }
    (void)snprintf(ret_code, STATE_CODE_SIZE, "%s", code);
    struct record_in r = record_in((struct bytes){key.data + at, 4});
    *ret_day = (int32_t)(record_get_u32(&r) ^ 0x80000000u);
    return read_due(value, ret);
}
