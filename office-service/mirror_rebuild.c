/* Folding the mirror again: all of it, or what an interrupted rebuild left. In batches, each a
 * transaction, so that it can be broken off and taken up again. */
#include "base/lang.h"
#include "office-service/mirror_in.h"
#include "office-service/mirror_marks.h"
#include "office-service/shelf.h"

/* Folded in one transaction: what a transaction changes lies in memory until it ends, and a leaf
 * may hold one act or 256. */
#define BATCH_LEAVES 4096u
#define BATCH_BYTES (8u << 20)

struct refold {
    struct mirror *mirror;
    bool clear; /* this batch is the first of all */
    bool whole; /* from the beginning: edge is that of all leaves folded before this batch */
    struct tree_edge edge;
    /* Out; a transaction may be run again, so what it begins with stays. */
    struct tree_edge after;
    uint64_t end;  /* folded so far */
    uint64_t size; /* of the mirror */
    bool milestone, done;
};

static enum ng_err refold_leaves(struct refold *r, struct store_txn *t, const struct kv *state,
                                 uint64_t from, uint64_t most)
{
    enum ng_err err = NG_OK;
    size_t bytes = 0;
    r->after = r->edge;
    r->end = from;
    r->mirror->txn = t;
    for (uint64_t index = from; index < most && bytes < BATCH_BYTES && !err; index++) {
        struct bytes leaf;
        struct hash hash;
        err = mirror_get_leaf(t, index, &leaf, &hash);
        if (!err) {
            err = fold_apply(r->mirror->fold, state, index, leaf);
        }
        if (!err && r->whole) {
            err = tree_edge_add(&r->after, &hash, NULL, NULL);
        }
        bytes += err ? 0 : leaf.size;
        r->end = index + 1;
    }
    r->milestone = r->whole && mirror_passes_milestone(r->mirror, from, r->end);
    return !err && r->milestone ? mirror_put_milestone(t, &r->after) : err;
}

/* An emptied state is of this program's format, whatever it was. */
static enum ng_err clear_state(struct store_txn *t)
{
    enum ng_err err = store_clear(t, MIRROR_STATE);
    return err ? err : mirror_marks_put_format(t, STATE_FORMAT);
}

static enum ng_err refold_batch(struct store_txn *t, void *context)
{
    struct refold *r = context;
    struct tree_edge edge;
    struct kv_store state;
    struct kv_held held = {0};
    struct state_meta meta;
    enum ng_err err = r->clear ? clear_state(t) : NG_OK;
    if (!err) {
        err = mirror_marks_get_edge(t, &edge);
    }
    if (err) {
        return err;
    }
    kv_store_init(&state, t, MIRROR_STATE);
    err = kv_held_init(&held, &state.kv);
    if (!err) {
        err = state_meta_get(&held.kv, &meta);
    }
    if (!err && meta.applied > edge.size) {
        err = err_set(NG_ERR_CORRUPT, _("the state is ahead of its mirror: run rebuild"));
    }
    if (!err) {
        const uint64_t left = edge.size - meta.applied;
        const uint64_t most = left > BATCH_LEAVES ? meta.applied + BATCH_LEAVES : edge.size;
        err = refold_leaves(r, t, &held.kv, meta.applied, most);
    }
    if (!err) {
        err = kv_held_flush(&held);
    }
    kv_held_fini(&held);
    kv_store_fini(&state);
    r->size = edge.size;
    r->done = r->end == edge.size;
    return err;
}

static enum ng_err refold(struct mirror *m, bool clear)
{
    struct refold r = {.mirror = m, .clear = clear, .whole = clear};
    enum ng_err err = NG_OK;
    while (!r.done && !err) {
        err = store_write(m->store, refold_batch, &r);
        r.clear = false;
        r.edge = r.after;
        if (!err && r.milestone) {
            mirror_keep_snapshot(m, &r.edge, r.size);
        }
    }
    return err;
}

enum ng_err mirror_is_behind(struct mirror *m, bool *ret)
{
    struct mirror_view v;
    struct state_meta meta;
    enum ng_err err = mirror_view_begin(m, &v);
    if (err) {
        return err;
    }
    err = state_meta_get(mirror_view_state(&v), &meta);
    *ret = !err && meta.applied != v.edge.size;
    mirror_view_end(&v);
    return err;
}

enum ng_err mirror_catch_up(struct mirror *m)
{
    bool behind;
    enum ng_err err = mirror_is_behind(m, &behind);
    return err || !behind ? err : refold(m, false);
}

/* Every leaf against its hash, all of them against the edge. */
static enum ng_err check_leaves(const struct mirror_view *v)
{
    struct tree_edge edge = {0};
    for (uint64_t index = 0; index < v->edge.size; index++) {
        struct bytes leaf;
        struct hash hash;
        enum ng_err err = mirror_get_leaf(v->txn, index, &leaf, &hash);
        if (!err) {
            err = tree_edge_add(&edge, &hash, NULL, NULL);
        }
        if (err) {
            return err;
        }
    }
    return mirror_view_is_whole(v, &edge);
}

enum ng_err mirror_refold(struct mirror *m)
{
    shelf_clear(m->folder, NULL, NULL); /* they may hold what is to be mended */
    return refold(m, true);
}

enum ng_err mirror_rebuild(struct mirror *m)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_unchecked(m, &v);
    if (err) {
        return err;
    }
    err = check_leaves(&v);
    mirror_view_end(&v);
    if (!err) {
        err = mirror_refold(m);
    }
    return err;
}
