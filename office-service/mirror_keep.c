/* What --at begins at: while leaves come in, the log's root is noted and the state written down
 * once an interval. */
#include "base/bytes.h"
#include "base/lang.h"
#include "base/log.h"
#include "office-service/mirror_in.h"
#include "office-service/mirror_marks.h"
#include "office-service/shelf.h"
#include "office-service/snapshot.h"

#include <stdlib.h>
#include <string.h>

struct milestone_key {
    uint8_t bytes[9];
};

static struct milestone_key milestone_key(uint64_t size)
{
    struct milestone_key key = {{'m'}};
    bytes_put_u64(key.bytes + 1, size);
    return key;
}

enum ng_err mirror_put_milestone(struct store_txn *t, const struct tree_edge *edge)
{
    const struct milestone_key key = milestone_key(edge->size);
    const struct hash root = tree_edge_root(edge);
    return store_put(t, MIRROR_MARKS, STORE_KEY(key), HASH_BYTES(root));
}

enum ng_err mirror_view_milestone(const struct mirror_view *v, uint64_t size, struct hash *ret_root)
{
    const struct milestone_key key = milestone_key(size);
    struct bytes value;
    enum ng_err err = store_get(v->txn, MIRROR_MARKS, STORE_KEY(key), &value);
    if (!err && value.size != HASH_SIZE) {
        err = err_set(NG_ERR_CORRUPT, _("state: a record of %s does not parse; run rebuild"),
                      "milestone");
    }
    if (!err) {
        memcpy(ret_root->bytes, value.data, HASH_SIZE);
    }
    return err;
}

struct keeping {
    const struct mirror *mirror;
    const struct mirror_view *view;
    uint64_t newest; /* size of the log as far as it is known */
};

static bool keep_one(void *context, uint64_t size)
{
    const struct keeping *k = context;
    const uint64_t interval = k->mirror->interval;
    struct hash root;
    return shelf_keeps(size / interval, k->newest / interval) &&
           mirror_view_milestone(k->view, size, &root) == NG_OK;
}

static enum ng_err write_snapshot(const struct mirror *m, const struct mirror_view *v,
                                  const struct tree_edge *edge)
{
    char *path = shelf_path(m->folder, edge->size);
    enum ng_err err = path ? shelf_make(m->folder) : err_plain(NG_ERR_NOMEM);
    if (!err) {
        err = snapshot_write(path, mirror_view_state(v), edge);
    }
    free(path);
    return err;
}

void mirror_keep_snapshot(struct mirror *m, const struct tree_edge *edge, uint64_t newest)
{
    struct mirror_view v;
    const uint64_t place = edge->size / m->interval;
    if (!shelf_keeps(place, newest / m->interval)) {
        return; /* catching up: it would be taken away before the end */
    }
    enum ng_err err = mirror_view_begin(m, &v);
    if (!err) {
        struct keeping k = {m, &v, newest};
        shelf_clear(m->folder, keep_one, &k);
        err = write_snapshot(m, &v, edge);
        mirror_view_end(&v);
    }
    if (err) {
        log_error("snapshot_not_kept", err);
    }
}

bool mirror_passes_milestone(const struct mirror *m, uint64_t before, uint64_t after)
{
    return before / m->interval != after / m->interval;
}
