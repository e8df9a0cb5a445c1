#include "office-service/tally_row.h"

#include "base/lang.h"
#include "office-service/record.h"
#include "par/task.h"

static struct state_key tally_key(const char *unit, uint32_t year)
{
    struct state_key key = state_key(STATE_TALLY);
    state_key_text(&key, unit);
    state_key_u32(&key, year);
    return key;
}

/* Deadlines weigh at most so much each, and those in time are among them: scores are made of it. */
static bool is_possible(const struct tally_row *row)
{
    const int64_t each = decimal_of(TASK_WEIGHT_MAX).micro;
    return row->on_time <= row->due && row->on_time_weight.micro >= 0 &&
           row->on_time_weight.micro <= row->due_weight.micro &&
           row->on_time_weight.micro <= each * row->on_time &&
           row->due_weight.micro <= each * row->due;
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
    r.bad = r.bad || !is_possible(ret);
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
    if (!is_possible(row)) { /* a deadline was taken out that had not been counted */
        return err_set(NG_ERR_CORRUPT, _("state: the task counts of %s do not add up; run rebuild"),
                       unit);
    }
    struct record_out r;
    record_out_init(&r);
    record_put_decimal(&r, row->due_weight);
    record_put_decimal(&r, row->on_time_weight);
    record_put_u32(&r, row->due);
    record_put_u32(&r, row->on_time);
    struct state_key key = tally_key(unit, year);
    return record_out_put(&r, kv, STATE_KEY(key));
}
