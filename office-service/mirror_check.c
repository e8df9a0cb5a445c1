/* Compares the stored state with what the mirror folds to: mirror_check. */
#include "base/bytes.h"
#include "base/lang.h"
#include "office-service/mirror_in.h"
#include "office-service/replay.h"
#include "office-service/state.h"
#include "office-service/state_field.h"

#include <string.h>

enum { DIFFERENCE_MAX = 2000 };

static enum ng_err differs(struct bytes key, const char *how)
{
    struct buf text = BUF_INIT(1000);
    enum ng_err err = state_key_describe(key, &text);
    err = err_set(NG_ERR_VERIFY, _("the state differs from the log at %s: %s"),
                  err ? "?" : buf_text(&text), how);
    buf_fini(&text);
    return err;
}

/* The fields that differ: what is stored, then what the log gives. */
static enum ng_err differs_in(struct bytes key, struct bytes stored, struct bytes folded)
{
    struct buf fields = BUF_INIT(DIFFERENCE_MAX);
    enum ng_err err = state_field_difference(key, stored, folded, &fields);
    if (err && err != NG_ERR_LIMIT) {
        return err;
    }
    struct buf how = BUF_INIT(DIFFERENCE_MAX + 200);
    err = buf_printf(&how, _("stored with other contents than the log gives (%s)"),
                     buf_text(&fields));
    buf_fini(&fields);
    if (!err) {
        err = differs(key, buf_text(&how));
    }
    buf_fini(&how);
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
        return differs_in(key[0], value[0], value[1]);
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
static enum ng_err finish(struct replay *r, struct mirror *m)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_unchecked(m, &v);
    if (!err) {
        err = replay_advance(r, &v, v.edge.size);
        err = err ? err : mirror_view_is_whole(&v, &r->edge);
        err = err ? err : compare_all(&v, r);
        mirror_view_end(&v);
    }
    return err;
}

static enum ng_err size_of(struct mirror *m, uint64_t *ret)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_unchecked(m, &v);
    if (!err) {
        *ret = v.edge.size;
        mirror_view_end(&v);
    }
    return err;
}

enum ng_err mirror_check(struct mirror *m)
{
    struct replay r = {0};
    uint64_t count;
    enum ng_err err = size_of(m, &count);
    if (err) {
        return err;
    }
    err = replay_run(&r, m, count, REPLAY_FROM_START);
    err = err ? err : finish(&r, m);
    replay_end(&r);
    return err;
}

/* ---- Against an export ---- */

struct feeding {
    struct mirror *mirror;
    struct replay replay;
};

/* What is damaged is the export, not what is stored here. */
static enum ng_err export_damaged(uint64_t index, enum ng_err damage)
{
    return damage == NG_ERR_CORRUPT || damage == NG_ERR_VERIFY
               ? err_set(NG_ERR_VERIFY, _("message %llu of the export: %s"),
                         (unsigned long long)index, err_explain(damage))
               : damage;
}

/* A source_walk_fn: a leaf of the export, which must be the mirror's too. */
static enum ng_err feed(void *context, uint64_t index, struct bytes leaf, enum ng_err damage)
{
    struct feeding *f = context;
    struct mirror_view v;
    struct bytes own;
    struct hash own_hash;
    if (damage) {
        return export_damaged(index, damage);
    }
    enum ng_err err = mirror_view_begin(f->mirror, &v);
    if (err) {
        return err;
    }
    err = mirror_view_leaf(&v, index, &own, &own_hash);
    mirror_view_end(&v);
    const struct hash hash = leaf_hash(leaf);
    if (!err && !hash_equal(&hash, &own_hash)) {
        return err_set(NG_ERR_VERIFY,
                       _("message %llu of the export is another than the one here: keep both, they "
                         "are evidence"),
                       (unsigned long long)index);
    }
    if (!err) {
        err = fold_apply(f->replay.fold, &f->replay.state.kv, index, leaf);
    }
    return err ? err : tree_edge_add(&f->replay.edge, &hash, NULL, NULL);
}

static enum ng_err export_is_whole(struct source *export, uint64_t *ret_size)
{
    struct ledger_head head;
    struct hash root;
    enum ng_err err = source_begin(export, &head);
    if (err) {
        return err;
    }
    err = tree_root(head.head.size, source_node, export, &root);
    source_end(export);
    *ret_size = head.head.size;
    if (err == NG_ERR_CORRUPT) {
        return err_set(NG_ERR_VERIFY, _("the export: %s"), err_explain(err));
    }
    if (!err && !hash_equal(&root, &head.head.root)) {
        err = err_set(NG_ERR_VERIFY,
                      _("the export does not have the root that was signed: run log verify"));
    }
    return err;
}

enum ng_err mirror_check_export(struct mirror *m, struct source *export, uint64_t *ret_size)
{
    struct feeding f = {.mirror = m};
    uint64_t count = 0;
    enum ng_err err = export_is_whole(export, ret_size);
    err = err ? err : size_of(m, &count);
    if (!err && count < *ret_size) {
        return err_set(NG_ERR_REFUSED,
                       _("nothing was compared: the export has %llu messages, the log as read here "
                         "only %llu; run serve until it has them, then again"),
                       (unsigned long long)*ret_size, (unsigned long long)count);
    }
    err = err ? err : replay_run(&f.replay, m, 0, REPLAY_FROM_START);
    err = err ? err : source_walk(export, 0, *ret_size, feed, &f);
    err = err ? err : finish(&f.replay, m);
    replay_end(&f.replay);
    return err;
}
