/* The idea: the transaction that stores a batch of leaves folds them too, so that state and mirror
 * are always of one size; the applied index in the state says so, and a batch that comes twice is
 * folded once. The happy path: position tells the party where to read on, apply stores and folds.
 * What may fail: a full disk rolls the batch back and may be tried again; rules this program does
 * not know, or a damaged state, stop the office with one line. */
#include "office-service/mirror.h"

#include "base/file.h"
#include "base/lang.h"
#include "office-service/mirror_marks.h"

#include <stdlib.h>
#include <string.h>

static const char *const tables[] = {"leaves", "state", "marks", NULL};

#define MIRROR_FORMAT "nganam office state"
#define MIRROR_VERSION 1u
#define MIRROR_BATCH 4096u /* leaves folded in one transaction of a rebuild */

struct mirror {
    struct store *store;
    struct fold *fold;
    struct party_reader reader;
};

/* ---- Leaves ---- */

/* A leaf's value: its hash, then its bytes. */
static enum ng_err append_leaf(struct store_txn *t, uint64_t index, struct bytes leaf,
                               const struct hash *hash)
{
    struct store_key_u64 key = store_key_u64(index);
    uint8_t *value = store_txn_alloc(t, HASH_SIZE + leaf.size);
    if (!value) {
        return err_plain(NG_ERR_NOMEM);
    }
    memcpy(value, hash->bytes, HASH_SIZE);
    memcpy(value + HASH_SIZE, leaf.data, leaf.size);
    return store_append(t, MIRROR_LEAVES, STORE_KEY(key),
                        (struct bytes){value, HASH_SIZE + leaf.size});
}

static enum ng_err get_leaf(struct store_txn *t, uint64_t index, struct bytes *ret_leaf,
                            struct hash *ret_hash)
{
    struct store_key_u64 key = store_key_u64(index);
    struct bytes value;
    enum ng_err err = store_get(t, MIRROR_LEAVES, STORE_KEY(key), &value);
    if (err == NG_ERR_NOT_FOUND) {
        return err_set(NG_ERR_VERIFY, _("message %llu is missing from the mirror"),
                       (unsigned long long)index);
    }
    if (err) {
        return err_wrap(err, _("message %llu"), (unsigned long long)index);
    }
    struct hash kept = {{0}};
    struct bytes leaf = {NULL, 0};
    if (value.size > HASH_SIZE) {
        memcpy(kept.bytes, value.data, HASH_SIZE);
        leaf = (struct bytes){value.data + HASH_SIZE, value.size - HASH_SIZE};
        *ret_hash = leaf_hash(leaf);
    }
    if (!leaf.size || !hash_equal(ret_hash, &kept)) {
        return err_set(NG_ERR_VERIFY,
                       _("message %llu of the mirror is damaged: its hash does not hold"),
                       (unsigned long long)index);
    }
    *ret_leaf = leaf;
    return NG_OK;
}

enum ng_err mirror_view_leaf(const struct mirror_view *v, uint64_t index, struct bytes *ret_leaf)
{
    struct hash hash;
    if (index >= v->edge.size) {
        return err_set(NG_ERR_NOT_FOUND, _("the mirror has no message %llu yet"),
                       (unsigned long long)index);
    }
    return get_leaf(v->txn, index, ret_leaf, &hash);
}

/* ---- What the party feeds ---- */

struct batch {
    struct mirror *mirror;
    const struct bytes *leaves;
    size_t count;
    const struct tree_edge *edge;
    const struct note_head *head;
};

static enum ng_err store_batch(struct store_txn *t, void *context)
{
    const struct batch *b = context;
    struct tree_edge edge;
    struct kv_store state;
    enum ng_err err = mirror_marks_get_edge(t, &edge);
    kv_store_init(&state, t, MIRROR_STATE);
    for (size_t i = 0; i < b->count && !err; i++) {
        uint64_t index = edge.size;
        struct hash hash = leaf_hash(b->leaves[i]);
        err = tree_edge_add(&edge, &hash, NULL, NULL);
        if (!err) {
            err = append_leaf(t, index, b->leaves[i], &hash);
        }
        if (!err) {
            err = fold_apply(b->mirror->fold, &state.kv, index, b->leaves[i]);
        }
    }
    kv_store_fini(&state);
    if (err) {
        return err;
    }
    struct hash mine = tree_edge_root(&edge);
    struct hash given = tree_edge_root(b->edge);
    if (edge.size != b->edge->size || !hash_equal(&mine, &given)) {
        return err_set(NG_ERR_VERIFY, _("the mirror does not continue the log it was fed from"));
    }
    err = mirror_marks_put_edge(t, &edge);
    return err ? err : mirror_marks_put_head(t, b->head);
}

static enum ng_err reader_apply(void *context, const struct bytes *leaves, size_t count,
                                const struct tree_edge *edge_after, const struct note_head *head)
{
    struct mirror *m = context;
    struct batch b = {m, leaves, count, edge_after, head};
    enum ng_err err = store_write(m->store, store_batch, &b);
    return err_wrap(err, _("office state"));
}

static enum ng_err reader_position(void *context, struct tree_edge *ret_edge)
{
    struct mirror *m = context;
    struct store_txn *t;
    enum ng_err err = store_begin_read(m->store, &t);
    if (!err) {
        err = mirror_marks_get_edge(t, ret_edge);
        store_end_read(&t);
    }
    return err_wrap(err, _("office state"));
}

struct party_reader *mirror_reader(struct mirror *m)
{
    return &m->reader;
}

/* ---- Folding again ---- */

/* An emptied state is of this program's format, whatever it was. */
static enum ng_err clear_state(struct store_txn *t)
{
    enum ng_err err = store_clear(t, MIRROR_STATE);
    return err ? err : mirror_marks_put_format(t, STATE_FORMAT);
}

struct refold {
    struct mirror *mirror;
    bool clear;
    bool done; /* out */
};

static enum ng_err refold_batch(struct store_txn *t, void *context)
{
    struct refold *r = context;
    struct tree_edge edge;
    struct kv_store state;
    struct state_meta meta;
    enum ng_err err = r->clear ? clear_state(t) : NG_OK;
    if (!err) {
        err = mirror_marks_get_edge(t, &edge);
    }
    if (err) {
        return err;
    }
    kv_store_init(&state, t, MIRROR_STATE);
    err = state_meta_get(&state.kv, &meta);
    if (!err && meta.applied > edge.size) {
        err = err_set(NG_ERR_CORRUPT, _("the state is ahead of its mirror: run rebuild"));
    }
    if (err) {
        kv_store_fini(&state);
        return err;
    }
    uint64_t end =
        edge.size - meta.applied > MIRROR_BATCH ? meta.applied + MIRROR_BATCH : edge.size;
    for (uint64_t index = meta.applied; index < end && !err; index++) {
        struct bytes leaf;
        struct hash hash;
        err = get_leaf(t, index, &leaf, &hash);
        if (!err) {
            err = fold_apply(r->mirror->fold, &state.kv, index, leaf);
        }
    }
    kv_store_fini(&state);
    r->done = end == edge.size;
    return err;
}

static enum ng_err refold(struct mirror *m, bool clear)
{
    struct refold r = {.mirror = m, .clear = clear};
    enum ng_err err = NG_OK;
    while (!r.done && !err) {
        err = store_write(m->store, refold_batch, &r);
        r.clear = false;
    }
    return err;
}

/* Hashes every leaf and compares the whole with the edge. The first `count` are given to `fold`. */
static enum ng_err walk_leaves(const struct mirror_view *v, uint64_t count, struct fold *fold,
                               const struct kv *kv, struct hash *ret_root)
{
    struct tree_edge edge = {0};
    struct hash at_count = tree_empty_root();
    for (uint64_t index = 0; index < v->edge.size; index++) {
        struct bytes leaf;
        struct hash hash;
        enum ng_err err = get_leaf(v->txn, index, &leaf, &hash);
        if (!err) {
            err = tree_edge_add(&edge, &hash, NULL, NULL);
        }
        if (!err && index < count) {
            err = fold_apply(fold, kv, index, leaf);
        }
        if (err) {
            return err;
        }
        if (index + 1 == count) {
            at_count = tree_edge_root(&edge);
        }
    }
    struct hash root = tree_edge_root(&edge);
    struct hash kept = tree_edge_root(&v->edge);
    if (!hash_equal(&root, &kept)) {
        return err_set(NG_ERR_VERIFY, _("the mirror's messages do not make the root it kept"));
    }
    if (ret_root) {
        *ret_root = at_count;
    }
    return NG_OK;
}

enum ng_err mirror_view_replay(const struct mirror_view *v, uint64_t count, struct kv_memory *to,
                               struct hash *ret_root)
{
    struct fold *fold = NULL;
    enum ng_err err = kv_memory_init(to);
    if (err) {
        return err;
    }
    err = fold_new(&fold);
    if (!err) {
        err = walk_leaves(v, count, fold, &to->kv, ret_root);
    }
    fold_destroy(&fold);
    if (err) {
        kv_memory_fini(to);
    }
    return err;
}

enum ng_err mirror_catch_up(struct mirror *m)
{
    struct mirror_view v;
    struct state_meta meta;
    enum ng_err err = mirror_view_begin(m, &v);
    if (err) {
        return err;
    }
    err = state_meta_get(mirror_view_state(&v), &meta);
    bool behind = !err && meta.applied != v.edge.size;
    mirror_view_end(&v);
    return behind ? refold(m, false) : err;
}

enum ng_err mirror_rebuild(struct mirror *m)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(m, &v);
    if (err) {
        return err;
    }
    err = walk_leaves(&v, 0, NULL, NULL, NULL);
    mirror_view_end(&v);
    return err ? err : refold(m, true);
}

/* ---- Opening and views ---- */

static enum ng_err check_format(struct mirror *m, enum mirror_mode mode)
{
    struct store_txn *t;
    uint32_t format;
    enum ng_err err = store_begin_read(m->store, &t);
    if (!err) {
        err = mirror_marks_get_format(t, &format);
        store_end_read(&t);
    }
    if (err || format == STATE_FORMAT) {
        return err;
    }
    return mode == MIRROR_WRITE ? refold(m, true) : err_plain(NG_ERR_NOT_FOUND);
}

enum ng_err mirror_open(const char *folder, enum mirror_mode mode, struct mirror **ret)
{
    struct mirror *m = calloc(1, sizeof *m);
    char *path = file_join(folder, "state");
    enum ng_err err = m && path ? fold_new(&m->fold) : err_plain(NG_ERR_NOMEM);
    if (!err) {
        const struct store_config config = {.path = path,
                                            .tables = tables,
                                            .format = MIRROR_FORMAT,
                                            .format_version = MIRROR_VERSION,
                                            .create = mode == MIRROR_WRITE,
                                            .read_only = mode == MIRROR_READ,
                                            .relaxed_meta = true};
        err = store_open(&config, &m->store);
    }
    if (!err) {
        err = check_format(m, mode);
    }
    free(path);
    if (err) {
        mirror_close(&m);
        return err;
    }
    m->reader = (struct party_reader){m, reader_position, reader_apply};
    *ret = m;
    return NG_OK;
}

void mirror_close(struct mirror **m)
{
    if (!m || !*m) {
        return;
    }
    store_close(&(*m)->store);
    fold_destroy(&(*m)->fold);
    free(*m);
    *m = NULL;
}

enum ng_err mirror_view_begin(struct mirror *m, struct mirror_view *v)
{
    memset(v, 0, sizeof *v);
    enum ng_err err = store_begin_read(m->store, &v->txn);
    if (err) {
        return err;
    }
    v->sets = fold_sets(m->fold);
    kv_store_init(&v->state, v->txn, MIRROR_STATE);
    err = mirror_marks_get_edge(v->txn, &v->edge);
    if (err) {
        mirror_view_end(v);
    }
    return err;
}

void mirror_view_end(struct mirror_view *v)
{
    if (v->txn) {
        kv_store_fini(&v->state);
        store_end_read(&v->txn);
    }
}

const struct kv *mirror_view_state(const struct mirror_view *v)
{
    return &v->state.kv;
}

enum ng_err mirror_view_head(const struct mirror_view *v, struct note_head *ret)
{
    return mirror_marks_get_head(v->txn, ret);
}
