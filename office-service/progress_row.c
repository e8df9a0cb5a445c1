#include "office-service/progress_row.h"

#include "office-service/record.h"

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
