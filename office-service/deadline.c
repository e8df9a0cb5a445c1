#include "office-service/deadline.h"

#include "base/day.h"
#include "base/lang.h"
#include "office-service/record.h"

static struct state_key deadline_key(int32_t day, const struct task_name *name)
{
    struct state_key key = state_key(STATE_DEADLINE);
    state_key_day(&key, day);
    task_row_key_name(&key, name);
    return key;
}

enum ng_err deadline_set(const struct kv *kv, const struct task_name *name, int32_t day)
{
    struct task_row row;
    enum ng_err err = task_row_get(kv, name, &row);
    if (err || row.deadline == day) {
        return err;
    }
    int32_t old = row.deadline;
    row.deadline = day;
    err = task_row_put(kv, name, &row);
    if (!err && old != DAY_NONE) {
        struct state_key key = deadline_key(old, name);
        err = kv_remove(kv, STATE_KEY(key));
    }
    if (!err && day != DAY_NONE) {
        struct state_key key = deadline_key(day, name);
        err = kv_put(kv, STATE_KEY(key), KV_NOTHING);
    }
    return err;
}

enum ng_err deadline_first(const struct kv *kv, int32_t *ret_day, struct task_ref *ret)
{
    struct state_key prefix = state_key(STATE_DEADLINE);
    struct kv_walk w;
    struct bytes key;
    struct bytes value;
    kv_walk_begin(&w, kv, STATE_KEY(prefix));
    enum ng_err err = kv_walk_next(&w, &key, &value);
    if (err) {
        return err;
    }
    if (key.size < 5) {
        return err_set(NG_ERR_CORRUPT, _("state: a deadline's key does not parse; run rebuild"));
    }
    struct record_in r = record_in((struct bytes){key.data + 1, 4});
    *ret_day = (int32_t)(record_get_u32(&r) ^ 0x80000000u);
    return task_row_read_name(key, 5, ret);
}
