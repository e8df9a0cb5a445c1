/* A unit lies under its code, and its code under each of its groups (member_row.c keeps the two in
 * step). */
#include "office-service/unit_row.h"

#include "base/lang.h"
#include "office-service/record.h"

#include <stdio.h>
#include <string.h>

static struct state_key unit_key(const char *code)
{
    struct state_key key = state_key(STATE_UNIT);
    state_key_text(&key, code);
    return key;
}

static struct state_key member_key(const char *group, const char *code)
{
    struct state_key key = state_key(STATE_MEMBER);
    state_key_text(&key, group);
    if (code) {
        state_key_text(&key, code);
    }
    return key;
}

enum ng_err unit_row_get(const struct kv *kv, const char *code, struct unit_row *ret)
{
    struct state_key key = unit_key(code);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    record_get_code(&r, ret->group, sizeof ret->group);
    ret->valid_from = record_get_day(&r);
    ret->valid_to = record_get_day(&r);
    ret->index = record_get_u64(&r);
    ret->name = record_get_text(&r);
    ret->parent = record_get_text(&r);
    return record_in_end(&r, "unit");
}

enum ng_err unit_row_put(const struct kv *kv, const char *code, const struct unit_row *row)
{
    struct record_out r;
    record_out_init(&r);
    record_put_text(&r, row->group);
    record_put_day(&r, row->valid_from);
    record_put_day(&r, row->valid_to);
    record_put_u64(&r, row->index);
    record_put_text(&r, row->name);
    record_put_text(&r, row->parent);
    struct state_key key = unit_key(code);
    return record_out_put(&r, kv, STATE_KEY(key));
}

enum ng_err unit_row_list(const struct kv *kv, const char *group, const char *code)
{
    struct state_key key = member_key(group, code);
    return kv_put(kv, STATE_KEY(key), KV_NOTHING);
}

enum ng_err unit_row_unlist(const struct kv *kv, const char *group, const char *code)
{
    struct state_key key = member_key(group, code);
    return kv_remove(kv, STATE_KEY(key));
}

void unit_walk_begin(struct unit_walk *w, const struct kv *kv, const char *group)
{
    struct state_key key = member_key(group, NULL);
    w->prefix_size = key.size;
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

enum ng_err unit_walk_next(struct unit_walk *w, char ret_code[STATE_UNIT_SIZE])
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    if (err) {
        return err;
    }
    size_t at = w->prefix_size;
    const char *code = state_key_read_text(key, &at);
    if (!code || strlen(code) >= STATE_UNIT_SIZE) {
        return err_set(NG_ERR_CORRUPT, _("state: a group's list does not parse; run rebuild"));
    }
    (void)snprintf(ret_code, STATE_UNIT_SIZE, "%s", code);
    return NG_OK;
}
