#include "office-service/score_row.h"

#include "office-service/record.h"

static struct state_key score_key(const struct score_place *at, const char *code)
{
    struct state_key key = state_key(STATE_SCORE);
    state_key_u32(&key, at->year);
    state_key_text(&key, at->group);
    state_key_text(&key, at->unit);
    state_key_text(&key, code);
    return key;
}

enum ng_err score_row_get(const struct kv *kv, const struct score_place *at, const char *code,
                          struct score_row *ret)
{
    struct state_key key = score_key(at, code);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    ret->index = record_get_u64(&r);
    ret->act = record_get_u32(&r);
    ret->seq = record_get_u64(&r);
    ret->received_at = record_get_u64(&r);
    ret->score.state = (enum score_state)record_get_u8(&r);
    ret->score.points = record_get_decimal(&r);
    ret->score.max = record_get_decimal(&r);
    ret->said = record_get_bytes(&r);
    ret->actor = record_get_text(&r);
    return record_in_end(&r, "answer");
}

enum ng_err score_row_put(const struct kv *kv, const struct score_place *at, const char *code,
                          const struct score_row *row)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u64(&r, row->index);
    record_put_u32(&r, row->act);
    record_put_u64(&r, row->seq);
    record_put_u64(&r, row->received_at);
    record_put_u8(&r, (uint8_t)row->score.state);
    record_put_decimal(&r, row->score.points);
    record_put_decimal(&r, row->score.max);
    record_put_bytes(&r, row->said);
    record_put_text(&r, row->actor);
    struct state_key key = score_key(at, code);
    return record_out_put(&r, kv, STATE_KEY(key));
}
