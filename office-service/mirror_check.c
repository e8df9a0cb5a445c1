/* Compares the stored state with what the mirror folds to: mirror_check. */
#include "base/bytes.h"
#include "base/lang.h"
#include "office-service/mirror_in.h"
#include "office-service/replay.h"
#include "office-service/state.h"

#include <string.h>

static enum ng_err differs(struct bytes key, const char *how)
{
    struct buf text = BUF_INIT(1000);
    enum ng_err err = state_key_describe(key, &text);
    err = err_set(NG_ERR_VERIFY, _("the state differs from the log at %s: %s"),
                  err ? "?" : buf_text(&text), how);
    buf_fini(&text);
    return err;
}

/* One step of a walk over both; NG_ERR_NOT_FOUND when both have ended. */
static enum ng_err compare_next(const struct kv *state, const struct kv *folded,
                                struct kv_walk *walk)
{
    struct bytes key[2];
    struct bytes value[2];
    const struct bytes from = {walk->key, walk->size};
    enum ng_err stored = kv_seek(state, from, &key[0], &value[0]);
    enum ng_err fresh = kv_seek(folded, from, &key[1], &value[1]);
    if (stored == NG_ERR_NOT_FOUND && fresh == NG_ERR_NOT_FOUND) {
        return stored;
    }
    if (stored && stored != NG_ERR_NOT_FOUND) {
        return stored;
    }
    int order = stored ? 1 : fresh ? -1 : bytes_compare(key[0], key[1]);
    if (order < 0) {
        return differs(key[0], _("stored, but the log does not give it"));
    }
    if (order > 0) {
        return differs(key[1], _("the log gives it, but it is not stored"));
    }
    if (bytes_compare(value[0], value[1]) != 0) {
        return differs(key[0], _("stored with other contents than the log gives"));
    }
    if (key[0].size > KV_KEY_MAX) {
        return differs(key[0], _("a key that is too long"));
    }
    memcpy(walk->key, key[0].data, key[0].size);
    walk->key[key[0].size] = 0;
    walk->size = key[0].size + 1;
    return NG_OK;
}

static enum ng_err compare_all(const struct mirror_view *v, const struct replay *r)
{
    struct kv_walk walk = {.size = 0};
    enum ng_err err = NG_OK;
    while (!err) {
        err = compare_next(mirror_view_state(v), replay_state(r), &walk);
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* Most of it in short transactions; the last leaves and the comparison in one, so that both are of
 * the same size however much a service adds meanwhile. */
enum ng_err mirror_check(struct mirror *m)
{
    struct mirror_view v;
    struct replay r = {0};
    enum ng_err err = mirror_view_unchecked(m, &v);
    if (err) {
        return err;
    }
    const uint64_t count = v.edge.size;
    mirror_view_end(&v);
    err = replay_run(&r, m, count, REPLAY_FROM_START);
    if (!err) {
        err = mirror_view_unchecked(m, &v);
        if (!err) {
            err = replay_advance(&r, &v, v.edge.size);
            err = err ? err : mirror_view_is_whole(&v, &r.edge);
            err = err ? err : compare_all(&v, &r);
            mirror_view_end(&v);
        }
    }
    replay_end(&r);
    return err;
}
