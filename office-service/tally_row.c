#include "office-service/tally_row.h"

#include "office-service/record.h"

static struct state_key tally_key(const char *unit, uint32_t year)
{
    struct state_key key = state_key(STATE_TALLY);
    state_key_text(&key, unit);
    state_key_u32(&key, year);
    return key;
}

/* What was found, or zeros. */
static enum ng_err read_row(enum ng_err err, struct bytes value, struct tally_row *ret)
{
    *ret = (struct tally_row){0};
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    struct record_in r = record_in(value);
    ret->due_weight = record_get_decimal(&r);
    ret->on_time_weight = record_get_decimal(&r);
    ret->due = record_get_u32(&r);
    ret->on_time = record_get_u32(&r);
    return record_in_end(&r, "task counts");
}

enum ng_err tally_row_get(const struct kv *kv, const char *unit, uint32_t year,
                          struct tally_row *ret)
{
    struct state_key key = tally_key(unit, year);
    struct bytes value = KV_NOTHING;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    return read_row(err, value, ret);
}

enum ng_err tally_row_ahead(struct kv_ahead *a, const struct kv *kv, const char *unit,
                            uint32_t year, struct tally_row *ret)
{
    struct state_key key = tally_key(unit, year);
    struct bytes value = KV_NOTHING;
    enum ng_err err = kv_ahead_get(a, kv, STATE_KEY(key), &value);
    return read_row(err, value, ret);
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
