#include "office-service/verdict_row.h"

#include "base/lang.h"
#include "office-service/record.h"

static struct state_key verdict_key(enum state_table table, uint64_t index, uint32_t part)
{
    struct state_key key = state_key(table);
    state_key_u64(&key, index);
    state_key_u32(&key, part);
    return key;
}

enum ng_err verdict_row_get(const struct kv *kv, uint64_t index, uint32_t part,
                            struct verdict_row *ret)
{
    struct state_key key = verdict_key(STATE_VERDICT, index, part);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    record_get_code(&r, ret->author, sizeof ret->author);
    ret->payload = record_get_bytes(&r);
    return record_in_end(&r, "verdict");
}

enum ng_err verdict_row_put(const struct kv *kv, uint64_t index, uint32_t part,
                            const struct verdict_row *row, bool owed)
{
    struct record_out r;
    record_out_init(&r);
    record_put_text(&r, row->author);
    record_put_bytes(&r, row->payload);
    struct state_key key = verdict_key(STATE_VERDICT, index, part);
    enum ng_err err = record_out_put(&r, kv, STATE_KEY(key));
    if (err || !owed) {
        return err;
    }
    struct state_key debt = verdict_key(STATE_OWED, index, part);
    return kv_put(kv, STATE_KEY(debt), KV_NOTHING);
}

enum ng_err verdict_row_settle(const struct kv *kv, uint64_t index, uint32_t part)
{
    struct state_key key = verdict_key(STATE_OWED, index, part);
    return kv_remove(kv, STATE_KEY(key));
}

enum ng_err verdict_row_owed(const struct kv *kv, uint64_t from, uint64_t *ret_index)
{
    struct state_key key = verdict_key(STATE_OWED, from, 0);
    struct bytes found;
    struct bytes value;
    enum ng_err err = kv_seek(kv, STATE_KEY(key), &found, &value);
    if (err) {
        return err;
    }
    if (found.size != key.size || found.data[0] != STATE_OWED) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    struct record_in r = record_in((struct bytes){found.data + 1, 8});
    *ret_index = record_get_u64(&r);
    return NG_OK;
}
