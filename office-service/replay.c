#include "office-service/replay.h"

#include "base/lang.h"
#include "base/log.h"
#include "office-service/shelf.h"

#include <stdlib.h>

#define BATCH 1024u                      /* leaves in one read transaction */
#define MEMORY_MAX ((size_t)4096u << 20) /* of changes since the snapshot; a check has no limit */

/* ---- Where to begin ---- */

/* The mirror noted the log's root at this size when it passed it: another log has another. */
static enum ng_err is_of_this_log(struct mirror *m, const struct snapshot *s, uint64_t size)
{
    struct mirror_view v;
    struct hash noted;
    const struct hash root = tree_edge_root(snapshot_edge(s));
    enum ng_err err = mirror_view_begin(m, &v);
    if (err) {
        return err;
    }
    err = mirror_view_milestone(&v, size, &noted);
    mirror_view_end(&v);
    if (err == NG_ERR_NOT_FOUND ||
        (!err && (snapshot_edge(s)->size != size || !hash_equal(&noted, &root)))) {
        err = err_set(NG_ERR_CORRUPT, _("the snapshot of %llu messages is of another log"),
                      (unsigned long long)size);
    }
    return err;
}

static enum ng_err open_one(struct mirror *m, uint64_t size, struct snapshot **ret)
{
    char *path = shelf_path(mirror_folder(m), size);
    enum ng_err err = path ? snapshot_open(path, ret) : err_plain(NG_ERR_NOMEM);
    free(path);
    if (!err) {
        err = is_of_this_log(m, *ret, size);
        if (err) {
            snapshot_close(ret);
        }
    }
    return err;
}

/* The newest that is whole and ours; none is no error. */
static enum ng_err find_base(struct mirror *m, uint64_t count, struct snapshot **ret)
{
    uint64_t at_most = count;
    for (;;) {
        uint64_t size;
        enum ng_err err = shelf_find(mirror_folder(m), at_most, &size);
        if (err && err != NG_ERR_NOT_FOUND && err != NG_ERR_NOMEM) {
            log_error("snapshot_ignored", err); /* a folder that cannot be read holds none */
            return NG_OK;
        }
        if (err) {
            return err == NG_ERR_NOT_FOUND ? NG_OK : err;
        }
        err = open_one(m, size, ret);
        if (!err || err == NG_ERR_NOMEM) {
            return err;
        }
        if (err != NG_ERR_NOT_FOUND) { /* taken away just now by the service */
            log_error("snapshot_ignored", err);
        }
        if (size == 0) {
            return NG_OK;
        }
        at_most = size - 1;
    }
}

static enum ng_err begin(struct replay *r, struct mirror *m, uint64_t count, enum replay_from from)
{
    *r = (struct replay){0};
    enum ng_err err = from == REPLAY_FROM_SNAPSHOT ? find_base(m, count, &r->base) : NG_OK;
    if (!err) {
        err = fold_new(&r->fold);
    }
    if (!err && mirror_judges(m)) {
        fold_judge(r->fold, NULL);
    }
    if (!err) {
        err = kv_overlay_init(&r->state, r->base ? snapshot_state(r->base) : NULL,
                              from == REPLAY_FROM_SNAPSHOT ? MEMORY_MAX : SIZE_MAX);
    }
    if (!err && r->base) {
        r->edge = *snapshot_edge(r->base);
    }
    return err;
}

/* ---- Onwards ---- */

enum ng_err replay_advance(struct replay *r, const struct mirror_view *v, uint64_t count)
{
    enum ng_err err = NG_OK;
    while (r->edge.size < count && !err) {
        struct bytes leaf;
        struct hash hash;
        const uint64_t index = r->edge.size;
        err = mirror_view_leaf(v, index, &leaf, &hash);
        if (!err) {
            err = fold_apply(r->fold, &r->state.kv, index, leaf);
        }
        if (!err) {
            err = tree_edge_add(&r->edge, &hash, NULL, NULL);
        }
    }
    return err;
}

enum ng_err replay_run(struct replay *r, struct mirror *m, uint64_t count, enum replay_from from)
{
    enum ng_err err = begin(r, m, count, from);
    while (!err && r->edge.size < count) {
        struct mirror_view v;
        uint64_t end = count - r->edge.size > BATCH ? r->edge.size + BATCH : count;
        err = mirror_view_begin(m, &v);
        if (!err) {
            err = replay_advance(r, &v, end);
            mirror_view_end(&v);
        }
    }
    return err;
}

void replay_end(struct replay *r)
{
    kv_overlay_fini(&r->state);
    fold_destroy(&r->fold);
    snapshot_close(&r->base);
}

const struct kv *replay_state(const struct replay *r)
{
    return &r->state.kv;
}

struct set_cache *replay_sets(struct replay *r)
{
    return fold_sets(r->fold);
}

struct hash replay_root(const struct replay *r)
{
    return tree_edge_root(&r->edge);
}
