/* The idea: the transaction that stores a batch of leaves folds them too, so that state and mirror
 * are always of one size; the applied index in the state says so, and a batch that comes twice is
 * folded once. The happy path: position tells the party where to read on, apply stores and folds.
 * What may fail: a full disk rolls the batch back and may be tried again; rules this program does
 * not know, or a damaged state, stop the office with one line. */
#include "office-service/mirror_in.h"

#include "audit/mirror_leaves.h"
#include "base/file.h"
#include "base/lang.h"
#include "office-service/mirror_marks.h"
#include "office-service/shelf.h"

#include <stdlib.h>
#include <string.h>

static const char *const tables[] = {"leaves", "state", "marks", NULL};

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

enum ng_err mirror_get_leaf(struct store_txn *t, uint64_t index, struct bytes *ret_leaf,
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

enum ng_err mirror_view_leaf(const struct mirror_view *v, uint64_t index, struct bytes *ret_leaf,
                             struct hash *ret_hash)
{
    if (index >= v->edge.size) {
        return err_set(NG_ERR_NOT_FOUND, _("the mirror has no message %llu yet"),
                       (unsigned long long)index);
    }
    return mirror_get_leaf(v->txn, index, ret_leaf, ret_hash);
}

enum ng_err mirror_view_is_whole(const struct mirror_view *v, const struct tree_edge *edge)
{
    struct hash root = tree_edge_root(edge);
    struct hash kept = tree_edge_root(&v->edge);
    return edge->size == v->edge.size && hash_equal(&root, &kept)
               ? NG_OK
               : err_set(NG_ERR_VERIFY, _("the mirror's messages do not make the root it kept"));
}

/* ---- What the party feeds ---- */

/* A judge_log's leaf. */
static enum ng_err leaf_in_front(void *context, uint64_t index, struct bytes *ret)
{
    const struct mirror *m = context;
    struct hash hash;
    return mirror_get_leaf(m->txn, index, ret, &hash);
}

struct batch {
    struct mirror *mirror;
    const struct bytes *leaves;
    size_t count;
    const struct tree_edge *edge;
    const struct note_head *head;
    bool milestone; /* out: it is one */
};

static enum ng_err store_batch(struct store_txn *t, void *context)
{
    struct batch *b = context;
    struct tree_edge edge;
    struct kv_store state;
    struct kv_held held = {0};
    enum ng_err err = mirror_marks_get_edge(t, &edge);
    b->milestone = !err && mirror_passes_milestone(b->mirror, edge.size, b->edge->size);
    kv_store_init(&state, t, MIRROR_STATE);
    b->mirror->txn = t;
    err = err ? err : kv_held_init(&held, &state.kv);
    for (size_t i = 0; i < b->count && !err; i++) {
        uint64_t index = edge.size;
        struct hash hash = leaf_hash(b->leaves[i]);
        err = tree_edge_add(&edge, &hash, NULL, NULL);
        if (!err) {
            err = append_leaf(t, index, b->leaves[i], &hash);
        }
        if (!err) {
            err = fold_apply(b->mirror->fold, &held.kv, index, b->leaves[i]);
            b->mirror->accused = fold_accuses(b->mirror->fold) ? i : SIZE_MAX;
        }
    }
    err = err ? err : kv_held_flush(&held);
    kv_held_fini(&held);
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
    if (!err && b->milestone) {
        err = mirror_put_milestone(t, &edge);
    }
    return err ? err : mirror_marks_put_head(t, b->head);
}

static enum ng_err reader_apply(void *context, const struct bytes *leaves, size_t count,
                                const struct tree_edge *edge_after, const struct note_head *head)
{
    struct mirror *m = context;
    struct batch b = {m, leaves, count, edge_after, head, false};
    m->accused = SIZE_MAX;
    enum ng_err err = store_write(m->store, store_batch, &b);
    if (!err && b.milestone) {
        mirror_keep_snapshot(m, edge_after, head->size);
    }
    return m->accused != SIZE_MAX ? err : err_wrap(err, _("office state"));
}

static size_t reader_accused(void *context)
{
    const struct mirror *m = context;
    return m->accused;
}

/* A leaf has its hash, and one that is lost is missed: so only what it was folded into. */
static enum ng_err check_once(struct mirror *m, struct store_txn *t)
{
    if (m->checked) {
        return NG_OK;
    }
    enum ng_err err = store_check(t, MIRROR_MARKS);
    err = err ? err : store_check(t, MIRROR_STATE);
    m->checked = !err;
    return err;
}

static enum ng_err reader_position(void *context, struct tree_edge *ret_edge)
{
    struct mirror *m = context;
    struct store_txn *t;
    enum ng_err err = store_begin_read(m->store, &t);
    if (!err) {
        err = check_once(m, t);
        err = err ? err : mirror_marks_get_edge(t, ret_edge);
        store_end_read(&t);
    }
    return err_wrap(err, _("office state"));
}

void mirror_keep_every(struct mirror *m, uint64_t leaves)
{
    m->interval = leaves;
}

const char *mirror_folder(const struct mirror *m)
{
    return m->folder;
}

bool mirror_judges(const struct mirror *m)
{
    return m->judges;
}

struct party_reader *mirror_reader(struct mirror *m)
{
    return &m->reader;
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
    return mode != MIRROR_READ ? mirror_refold(m) : err_plain(NG_ERR_NOT_FOUND);
}

enum ng_err mirror_open(const char *folder, enum mirror_mode mode, struct mirror **ret)
{
    struct mirror *m = calloc(1, sizeof *m);
    char *path = file_join(folder, MIRROR_LEAVES_FOLDER);
    if (m) {
        m->interval = SHELF_INTERVAL;
        m->judges = mode != MIRROR_MADE_UP;
        m->folder = strdup(folder);
    }
    enum ng_err err = m && m->folder && path ? fold_new(&m->fold) : err_plain(NG_ERR_NOMEM);
    if (!err && m->judges) {
        m->log = (struct judge_log){leaf_in_front, m};
        fold_judge(m->fold, &m->log);
    }
    if (!err) {
        const struct store_config config = {.path = path,
                                            .tables = tables,
                                            .format = MIRROR_LEAVES_FORMAT,
                                            .format_version = MIRROR_LEAVES_VERSION,
                                            .create = mode != MIRROR_READ,
                                            .read_only = mode == MIRROR_READ,
                                            .relaxed_meta = true,
                                            .sealed = true};
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
    m->reader = (struct party_reader){m, reader_position, reader_apply, reader_accused};
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
    free((*m)->folder);
    free(*m);
    *m = NULL;
}

enum ng_err mirror_view_unchecked(struct mirror *m, struct mirror_view *v)
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

enum ng_err mirror_view_begin(struct mirror *m, struct mirror_view *v)
{
    enum ng_err err = mirror_view_unchecked(m, v);
    if (!err) {
        err = check_once(m, v->txn);
        if (err) {
            mirror_view_end(v);
        }
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
