/* Writing an export.
 *
 * The idea: everything but the checkpoint may be there early, for a reader goes by the checkpoint
 * alone. So full and partial tiles and bundles are put first, each file replaced as a whole and
 * synced; then the checkpoint; then who vouches for it, which is of this size and no other; then
 * the partial tiles of the old size are taken away. (One syncfs
 * for all of them was faster, but it also reports what another process could not write.)
 *
 * The happy path: what is there is compared with the source (the root at its size); the leaves from
 * the last full bundle on are read once, hashed, and the hashes of each 256th, 65,536th … leaf fall
 * out of the growing edge. At the end the edge must have the signed root: so nothing that the
 * source has damaged gets a checkpoint. */
#include "audit/export.h"

#include "audit/export_folder.h"
#include "audit/export_ndjson.h"
#include "audit/export_policy.h"
#include "audit/print.h"
#include "audit/tiles.h"
#include "base/file.h"
#include "base/lang.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 4 << 20 };

struct tile {
    uint64_t number;
    unsigned width;
    uint8_t hashes[TILES_WIDTH * HASH_SIZE];
};

struct export_run {
    struct source *source;
    const char *folder;
    struct ledger_head head; /* to be exported */
    struct export_result *result;
    struct tree_edge edge;
    struct tile tiles[TILES_LEVEL_MAX + 1];
    struct buf bundle;
    struct export_ndjson *ndjson;
    struct export_policy policy;
    struct buf cosigned;
};

/* ---- What is there ---- */

static enum ng_err check_empty(const char *folder)
{
    DIR *d = opendir(folder);
    enum ng_err err = NG_OK;
    for (const struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL && err == NG_OK;
         e = readdir(d)) {
        if (e->d_name[0] != '.' && strcmp(e->d_name, EXPORT_FOLDER_VKEYS ".tmp") != 0) {
            err = err_set(NG_ERR_REFUSED,
                          _("%s holds something that is no export: give an empty folder"), folder);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    return err;
}

/* The folder's own head; size 0: there is none yet. */
static enum ng_err look_at_folder(const struct export_run *r, struct note_head *ret)
{
    char origin[NOTE_ORIGIN_MAX + 1];
    struct key_public key;
    struct log_keys keys;
    struct ledger_head head;
    *ret = (struct note_head){.size = 0};
    enum ng_err err = export_folder_vkey(r->folder, origin, &key);
    if (err == NG_ERR_NOT_FOUND) {
        return check_empty(r->folder);
    }
    if (err == NG_OK && strcmp(origin, r->source->origin) != 0) {
        return err_set(NG_ERR_REFUSED, _("%s holds an export of another log, %s"), r->folder,
                       origin);
    }
    if (err == NG_OK) {
        err = export_folder_keys(r->folder, origin, &key, &keys);
    }
    if (err == NG_OK) {
        err = export_folder_head(r->folder, origin, &keys, &head);
    }
    if (err == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    if (err == NG_OK) {
        *ret = head.head;
    }
    return err;
}

/* The log must contain what the folder holds. */
static enum ng_err check_continues(const struct export_run *r, const struct note_head *there)
{
    struct hash root;
    if (there->size > r->head.head.size) {
        return err_set(NG_ERR_REFUSED,
                       _("%s holds %llu entries, the log here only %llu: the log is an old copy; "
                         "nothing was written"),
                       r->folder, (unsigned long long)there->size,
                       (unsigned long long)r->head.head.size);
    }
    enum ng_err err = tree_root(there->size, source_node, r->source, &root);
    if (err == NG_OK && !hash_equal(&root, &there->root)) {
        return err_set(NG_ERR_REFUSED,
                       _("%s and the log here contradict each other: at %llu entries their roots "
                         "differ. Keep both, they are evidence; nothing was written"),
                       r->folder, (unsigned long long)there->size);
    }
    return err;
}

/* Edge and upper tiles at a size that is a whole number of bundles. */
static enum ng_err begin_at(struct export_run *r, uint64_t from)
{
    enum ng_err err = tree_edge_read(from, source_node, r->source, &r->edge);
    r->tiles[0].number = from / TILES_WIDTH;
    for (unsigned level = 1; level <= TILES_LEVEL_MAX && err == NG_OK; level++) {
        struct tile *t = &r->tiles[level];
        const uint64_t there = from >> (8 * level);
        t->number = there / TILES_WIDTH;
        for (uint64_t i = t->number * TILES_WIDTH; i < there && err == NG_OK; i++) {
            struct hash hash;
            err = source_node(r->source, 8 * level, i, &hash);
            if (err == NG_OK) {
                memcpy(t->hashes + (size_t)t->width++ * HASH_SIZE, hash.bytes, HASH_SIZE);
            }
        }
    }
    return err;
}

/* ---- Leaves become tiles ---- */

static enum ng_err put_tile(struct export_run *r, int level, uint64_t number, unsigned width,
                            struct bytes data)
{
    char name[TILES_PATH_MAX];
    tiles_path(level, number, width, name);
    return export_folder_put(r->folder, name, data, &r->result->written);
}

/* A tree_emit_fn. */
static enum ng_err take_hash(void *context, unsigned level, uint64_t index, const struct hash *hash)
{
    struct export_run *r = context;
    if (level % 8 != 0 || level / 8 > TILES_LEVEL_MAX) {
        return NG_OK;
    }
    struct tile *t = &r->tiles[level / 8];
    memcpy(t->hashes + index % TILES_WIDTH * HASH_SIZE, hash->bytes, HASH_SIZE);
    if (++t->width < TILES_WIDTH) {
        return NG_OK;
    }
    enum ng_err err = put_tile(r, (int)(level / 8), t->number, TILES_WIDTH,
                               (struct bytes){t->hashes, sizeof(t->hashes)});
    t->number++;
    t->width = 0;
    return err;
}

/* A source_walk_fn. */
static enum ng_err take_leaf(void *context, uint64_t index, struct bytes leaf, enum ng_err damage)
{
    struct export_run *r = context;
    if (damage != NG_OK) {
        return damage;
    }
    enum ng_err err = tiles_add_entry(&r->bundle, leaf);
    if (err == NG_OK && index >= r->result->before) {
        err = export_ndjson_add(r->ndjson, index, leaf);
    }
    if (err == NG_OK && (index + 1) % TILES_WIDTH == 0) {
        err = put_tile(r, TILES_ENTRIES, index / TILES_WIDTH, TILES_WIDTH, buf_bytes(&r->bundle));
        buf_clear(&r->bundle);
    }
    const struct hash hash = leaf_hash(leaf);
    return err == NG_OK ? tree_edge_add(&r->edge, &hash, take_hash, r) : err;
}

/* A source_walk_fn: lines that the folder has lost. */
static enum ng_err take_line(void *context, uint64_t index, struct bytes leaf, enum ng_err damage)
{
    struct export_run *r = context;
    return damage != NG_OK ? damage : export_ndjson_add(r->ndjson, index, leaf);
}

static enum ng_err put_partial(struct export_run *r)
{
    const unsigned width = r->tiles[0].width;
    enum ng_err err =
        width > 0 ? put_tile(r, TILES_ENTRIES, r->tiles[0].number, width, buf_bytes(&r->bundle))
                  : NG_OK;
    for (int level = 0; level <= TILES_LEVEL_MAX && err == NG_OK; level++) {
        const struct tile *t = &r->tiles[level];
        if (t->width > 0) {
            err = put_tile(r, level, t->number, t->width,
                           (struct bytes){t->hashes, (size_t)t->width * HASH_SIZE});
        }
    }
    return err;
}

/* ---- What stands beside them ---- */

/* As of the snapshot: verification makes the same of the entries and compares. */
static enum ng_err read_beside(struct export_run *r)
{
    struct source *s = r->source;
    enum ng_err err = export_policy_begin(&r->policy, s->origin, &s->log_keys, r->head.head.size);
    if (err == NG_OK && s->ops->parties != NULL) {
        err = s->ops->parties(s, export_policy_add, &r->policy);
    }
    if (err == NG_OK) {
        err = export_policy_end(&r->policy);
    }
    return err == NG_OK && s->ops->cosigned != NULL ? s->ops->cosigned(s, &r->cosigned) : err;
}

/* The changes that the exported entries hold; before the checkpoint, which may need the newest. */
static enum ng_err put_log_keys(struct export_run *r)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    struct source *s = r->source;
    struct ledger_head head;
    enum ng_err err = source_begin(s, &head);
    if (err != NG_OK) {
        return err;
    }
    for (size_t i = 1; i < s->log_keys.count && err == NG_OK; i++) {
        struct bytes encoded;
        struct leaf leaf;
        if (s->log_keys.links[i].index >= r->head.head.size) {
            break;
        }
        err = source_leaf(s, s->log_keys.links[i].index, &encoded);
        if (err == NG_OK) {
            err = leaf_decode(encoded, &leaf);
        }
        if (err == NG_OK) {
            const struct wire_signed change = {leaf.statement,
                                               {leaf.signature, KEY_SIGNATURE_SIZE}};
            err = log_keys_line(&change, &text);
        }
    }
    source_end(s);
    if (err == NG_OK && text.size > 0) {
        err = export_folder_put(r->folder, EXPORT_FOLDER_LOG_KEYS, buf_bytes(&text),
                                &r->result->written);
    }
    buf_fini(&text);
    return err;
}

/* The log's first line, by which the folder is known. */
static enum ng_err put_log_vkey(struct export_run *r)
{
    const struct bytes own = {r->policy.vkeys.data, r->policy.first_size};
    return export_folder_put(r->folder, EXPORT_FOLDER_VKEYS, own, &r->result->written);
}

/* What the folder says of those who vouch is of its old size: taken back before the head moves, so
 * that a run that is broken off claims nothing false. */
static enum ng_err take_back(struct export_run *r)
{
    static const char *const files[] = {EXPORT_FOLDER_POLICY, EXPORT_FOLDER_COSIGNED};
    if (r->result->before == r->result->size) {
        return NG_OK;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const enum ng_err err = export_folder_remove(r->folder, files[i]);
        if (err != NG_OK) {
            return err;
        }
    }
    return put_log_vkey(r);
}

static enum ng_err put_beside(struct export_run *r)
{
    uint64_t *written = &r->result->written;
    enum ng_err err =
        export_folder_put(r->folder, EXPORT_FOLDER_VKEYS, buf_bytes(&r->policy.vkeys), written);
    if (err == NG_OK) {
        err = export_folder_put(r->folder, EXPORT_FOLDER_POLICY, buf_bytes(&r->policy.policy),
                                written);
    }
    if (err == NG_OK && r->cosigned.size > 0) {
        err =
            export_folder_put(r->folder, EXPORT_FOLDER_COSIGNED, buf_bytes(&r->cosigned), written);
    }
    return err;
}

/* ---- The end ---- */

static enum ng_err put_checkpoint(struct export_run *r)
{
    const struct hash root = tree_edge_root(&r->edge);
    if (!hash_equal(&root, &r->head.head.root)) {
        return err_set(NG_ERR_CORRUPT,
                       _("the entries do not make the root that was signed: run log verify"));
    }
    char *path = file_join(r->folder, EXPORT_FOLDER_CHECKPOINT);
    if (path == NULL) {
        return err_set(NG_ERR_NOMEM, "path");
    }
    enum ng_err err = file_write(path, r->head.note, r->head.note_size, 0644);
    free(path);
    return err;
}

/* Partial tiles of the old size that the new one has no use for. Left behind by a run that was
 * broken off here they are in nobody's way. */
static void clear_partial(const struct export_run *r)
{
    for (int level = TILES_ENTRIES; level <= TILES_LEVEL_MAX; level++) {
        const uint64_t there =
            level > 0 ? r->result->before >> (8 * (unsigned)level) : r->result->before;
        const uint64_t number = there / TILES_WIDTH;
        const unsigned width = tiles_width(level, number, r->result->before);
        if (width == 0 || width == tiles_width(level, number, r->result->size)) {
            continue;
        }
        char name[TILES_PATH_MAX];
        tiles_path(level, number, width, name);
        char *path = file_join(r->folder, name);
        if (path != NULL) {
            (void)unlink(path);
            *strrchr(path, '/') = '\0';
            (void)rmdir(path); /* unless the new partial tile lies there */
        }
        free(path);
    }
}

static enum ng_err begin(struct export_run *r)
{
    struct note_head there;
    enum ng_err err = look_at_folder(r, &there);
    if (err != NG_OK) {
        return err;
    }
    err = source_begin(r->source, &r->head);
    if (err != NG_OK) {
        return err;
    }
    if (r->head.note_size == 0) {
        err = err_set(NG_ERR_AGAIN, _("the log here is still being read: try again in a moment"));
    }
    if (err == NG_OK && there.size > 0) {
        err = check_continues(r, &there);
    }
    if (err == NG_OK) {
        r->result->before = there.size;
        r->result->size = r->head.head.size;
        err = begin_at(r, there.size / TILES_WIDTH * TILES_WIDTH);
    }
    if (err == NG_OK) {
        err = read_beside(r);
    }
    source_end(r->source);
    return err;
}

static enum ng_err run(struct export_run *r)
{
    uint64_t lines = 0;
    enum ng_err err = begin(r);
    if (err == NG_OK && r->result->before == 0) {
        err = put_log_vkey(r);
    }
    if (err == NG_OK) {
        err = put_log_keys(r);
    }
    if (err == NG_OK) {
        err = export_ndjson_open(r->folder, r->result->before, &r->ndjson, &lines);
    }
    if (err == NG_OK) {
        err = source_walk(r->source, lines, r->result->before, take_line, r);
    }
    if (err == NG_OK) {
        err = source_walk(r->source, r->edge.size, r->head.head.size, take_leaf, r);
    }
    if (err == NG_OK) {
        err = put_partial(r);
    }
    if (err == NG_OK) {
        err = export_ndjson_end(r->ndjson);
    }
    if (err == NG_OK) {
        err = take_back(r);
    }
    if (err == NG_OK) {
        err = put_checkpoint(r);
    }
    if (err == NG_OK) {
        err = put_beside(r);
    }
    if (err == NG_OK) {
        err = export_ndjson_show(r->ndjson);
    }
    if (err == NG_OK) {
        clear_partial(r);
    }
    export_ndjson_close(&r->ndjson);
    return err;
}

enum ng_err export_write(struct source *s, const char *folder, struct export_result *ret)
{
    *ret = (struct export_result){.size = 0};
    struct export_run *r = calloc(1, sizeof(*r));
    int lock = -1;
    if (r == NULL) {
        return err_set(NG_ERR_NOMEM, "export");
    }
    *r = (struct export_run){.source = s, .folder = folder, .result = ret};
    buf_init(&r->bundle, TILES_BUNDLE_MAX);
    buf_init(&r->cosigned, TEXT_MAX);
    enum ng_err err = file_exists(folder) ? NG_OK : file_make_folder(folder);
    if (err == NG_OK) {
        err = file_lock_folder(folder, &lock); /* two at once: one after the other */
    }
    if (err == NG_OK) {
        err = run(r);
        file_unlock(&lock);
    }
    buf_fini(&r->bundle);
    buf_fini(&r->cosigned);
    export_policy_fini(&r->policy);
    free(r);
    return err;
}

enum ng_err export_print(const char *folder, const struct export_result *r, bool as_json)
{
    if (as_json) {
        return print_document(json_pack("{s:i, s:s, s:I, s:I, s:I}", "schema", 1, "folder", folder,
                                        "before", (json_int_t)r->before, "size",
                                        (json_int_t)r->size, "files", (json_int_t)r->written));
    }
    (void)printf(_("%s: %llu entries, %llu of them new.\n"), folder, (unsigned long long)r->size,
                 (unsigned long long)(r->size - r->before));
    return NG_OK;
}
