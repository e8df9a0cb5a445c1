/* The state as it was before the entry is replayed; then the entry is folded into a map that lies
 * on top of it, and what that map holds is what the entry changed. */
#include "office-service/show_change.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/leaf.h"
#include "office-service/fold_actor.h"
#include "office-service/replay.h"
#include "office-service/say.h"
#include "office-service/show_keys.h"
#include "office-service/state.h"
#include "office-service/state_field.h"

enum { TEXT_MAX = 1 << 16 };

/* Not bookkeeping that every entry moves on, nor the order of the board, which the standings have
 * too, nor a row of the registry, bytes in which a person reads less than in the entry itself. */
static bool is_shown(struct bytes key)
{
    return key.data[0] != STATE_META && key.data[0] != STATE_RANK &&
           key.data[0] != STATE_SET_PART && key.data[0] != STATE_KEYS &&
           key.data[0] != STATE_NEWEST;
}

static enum ng_err value_at(const struct kv *kv, struct bytes key, struct bytes *ret)
{
    enum ng_err err = kv_get(kv, key, ret);
    if (err == NG_ERR_NOT_FOUND) {
        *ret = KV_NOTHING;
        return NG_OK;
    }
    return err;
}

static enum ng_err add_change(json_t *changes, struct bytes key, struct bytes before,
                              struct bytes after)
{
    struct buf what = BUF_INIT(TEXT_MAX);
    struct buf fields = BUF_INIT(TEXT_MAX);
    enum ng_err err = state_key_describe(key, &what);
    if (!err) {
        err = state_field_difference(key, before, after, &fields);
    }
    if (!err) {
        json_t *item = json_pack("{s:o, s:o}", "what", say_json_text(buf_text(&what)),
                                 "before_after", say_json_text(buf_text(&fields)));
        err = json_array_append_new(changes, item) ? err_plain(NG_ERR_NOMEM) : NG_OK;
    }
    buf_fini(&what);
    buf_fini(&fields);
    return err;
}

static enum ng_err add_all(json_t *changes, const struct kv *before, const struct kv_overlay *after)
{
    struct bytes key;
    struct bytes change;
    enum ng_err err = NG_OK;
    for (size_t i = 0; !err && omap_at(after->changes, i, &key, &change); i++) {
        struct bytes values[2];
        err = value_at(before, key, &values[0]);
        err = err ? err : value_at(&after->kv, key, &values[1]);
        if (!err && is_shown(key) && bytes_compare(values[0], values[1]) != 0) {
            err = add_change(changes, key, values[0], values[1]);
        }
    }
    return err;
}

/* "signed_by": the person, or null where one is named whose signature does not hold. Nothing where
 * none is named. */
static enum ng_err add_signer(const struct kv *before, struct bytes data, json_t *object)
{
    struct leaf leaf;
    struct statement s;
    struct wire_acts *acts = NULL;
    struct registry_actor actor;
    bool holds;
    if (leaf_decode(data, &leaf) || statement_decode(leaf.statement, &s) ||
        s.kind < STATEMENT_FIELD_FIRST) {
        return NG_OK;
    }
    enum ng_err err = wire_acts_decode(s.payload, &acts);
    if (err) {
        return err == NG_ERR_NOMEM ? err : NG_OK;
    }
    if (acts->actor[0] != '\0') {
        err = fold_actor_check(before, &s, acts, &actor, &holds);
        json_t *person = err || !holds ? json_null()
                                       : json_pack("{s:s, s:s}", "id", actor.id, "role",
                                                   show_keys_actor_role(actor.role));
        if (json_object_set_new(object, "signed_by", person)) {
            err = err_plain(NG_ERR_NOMEM);
        }
    }
    wire_acts_destroy(&acts);
    return err;
}

static enum ng_err fold_one(struct replay *r, struct mirror *m, uint64_t index, json_t *object,
                            json_t *changes)
{
    struct mirror_view v;
    struct kv_overlay after = {0};
    struct bytes leaf;
    struct hash hash;
    enum ng_err err = mirror_view_begin(m, &v);
    if (err) {
        return err;
    }
    err = kv_overlay_init(&after, replay_state(r), SIZE_MAX);
    err = err ? err : mirror_view_leaf(&v, index, &leaf, &hash);
    err = err ? err : add_signer(replay_state(r), leaf, object);
    err = err ? err : fold_apply(r->fold, &after.kv, index, leaf);
    err = err ? err : add_all(changes, replay_state(r), &after);
    kv_overlay_fini(&after);
    mirror_view_end(&v);
    return err;
}

enum ng_err show_change(void *mirror, uint64_t index, json_t *object)
{
    struct mirror *m = mirror;
    struct replay r = {0};
    json_t *changes = json_array();
    enum ng_err err = changes && !json_object_set_new(object, "changes", changes)
                          ? replay_run(&r, m, index, REPLAY_FROM_SNAPSHOT)
                          : err_plain(NG_ERR_NOMEM);
    err = err ? err : fold_one(&r, m, index, object, changes);
    replay_end(&r);
    return err;
}
