#include "office-service/due_row.h"

#include "base/lang.h"
#include "office-service/record.h"

#include <stdio.h>
#include <string.h>

static struct state_key progress_key(const char *unit, const char *code, uint32_t from)
{
    struct state_key key = state_key(STATE_PROGRESS);
    state_key_text(&key, unit);
    state_key_text(&key, code);
    state_key_u32(&key, from);
    return key;
}

enum ng_err progress_row_get(const struct kv *kv, const char *unit, const char *code, uint32_t from,
                             struct progress_row *ret)
{
    struct state_key key = progress_key(unit, code, from);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    ret->percent = record_get_u32(&r);
    ret->index = record_get_u64(&r);
    ret->received_at = record_get_u64(&r);
    ret->done_at = record_get_u64(&r);
    ret->done_index = record_get_u64(&r);
    ret->said = record_get_bytes(&r);
    return record_in_end(&r, "progress");
}

enum ng_err progress_row_put(const struct kv *kv, const char *unit, const char *code, uint32_t from,
                             const struct progress_row *row)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u32(&r, row->percent);
    record_put_u64(&r, row->index);
    record_put_u64(&r, row->received_at);
    record_put_u64(&r, row->done_at);
    record_put_u64(&r, row->done_index);
    record_put_bytes(&r, row->said);
    struct state_key key = progress_key(unit, code, from);
    return record_out_put(&r, kv, STATE_KEY(key));
}

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

static struct state_key tally_key(const char *unit, uint32_t year)
{
    struct state_key key = state_key(STATE_TALLY);
    state_key_text(&key, unit);
    state_key_u32(&key, year);
    return key;
}

enum ng_err tally_row_get(const struct kv *kv, const char *unit, uint32_t year,
                          struct tally_row *ret)
{
    struct state_key key = tally_key(unit, year);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        *ret = (struct tally_row){0};
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    struct record_in r = record_in(value);
    ret->due_weight = record_get_decimal(&r);
    ret->on_time_weight = record_get_decimal(&r);
    ret->due = record_get_u32(&r);
    ret->on_time = record_get_u32(&r);
    return record_in_end(&r, "task counts");
}

enum ng_err tally_row_put(const struct kv *kv, const char *unit, uint32_t year,
                          const struct tally_row *row)
{
    struct record_out r;
    record_out_init(&r);
    record_put_decimal(&r, row->due_weight);
    record_put_decimal(&r, row->on_time_weight);
    record_put_u32(&r, row->due);
    record_put_u32(&r, row->on_time);
    struct state_key key = tally_key(unit, year);
    return record_out_put(&r, kv, STATE_KEY(key));
}
