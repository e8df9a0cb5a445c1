/* An export as a source. Tiles and bundles are read as they are asked for, the last of each level
 * is kept. The head is that of the moment of opening: an export that is written meanwhile still has
 * what that head speaks of, save the partial tiles that are replaced at the very end. */
#include "audit/export.h"

#include "audit/export_folder.h"
#include "audit/export_state.h"
#include "audit/tiles.h"
#include "base/lang.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ng_err export_state_tile(struct export_state *e, int level, uint64_t number, struct bytes *ret)
{
    struct export_piece *p = &e->pieces[level + 1];
    if (!p->loaded || p->number != number) {
        p->loaded = false;
        enum ng_err err =
            export_folder_tile(e->folder, level, number, e->head.head.size, &p->bytes);
        if (err != NG_OK) {
            return err;
        }
        p->loaded = true;
        p->number = number;
    }
    *ret = buf_bytes(&p->bytes);
    return NG_OK;
}

static enum ng_err begin(struct source *s, struct ledger_head *ret_head)
{
    const struct export_state *e = s->self;
    *ret_head = e->head;
    return NG_OK;
}

static void end(struct source *s)
{
    (void)s;
}

/* The entry in its bundle. Walks go on where the last one ended. */
static enum ng_err find_entry(struct export_state *e, uint64_t index, struct bytes *ret)
{
    struct bytes bundle;
    const uint64_t first = index / TILES_WIDTH * TILES_WIDTH;
    enum ng_err err = export_state_tile(e, TILES_ENTRIES, index / TILES_WIDTH, &bundle);
    if (err != NG_OK) {
        return err;
    }
    if (e->next <= first || e->next > index) {
        e->next = first;
        e->rest = bundle;
    }
    for (; e->next <= index; e->next++) {
        if (!tiles_take_entry(&e->rest, ret)) {
            e->next = UINT64_MAX;
            return err_set(NG_ERR_CORRUPT, _("its bundle of entries is cut short or damaged"));
        }
    }
    return NG_OK;
}

static enum ng_err read_leaf(struct source *s, uint64_t index, struct bytes *ret)
{
    struct export_state *e = s->self;
    struct bytes tile;
    if (index >= e->head.head.size) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    enum ng_err err = find_entry(e, index, ret);
    if (err == NG_OK) {
        err = export_state_tile(e, 0, index / TILES_WIDTH, &tile);
    }
    if (err != NG_OK) {
        return err;
    }
    const struct hash hash = leaf_hash(*ret);
    if (memcmp(hash.bytes, tile.data + index % TILES_WIDTH * HASH_SIZE, HASH_SIZE) != 0) {
        return err_set(NG_ERR_CORRUPT, _("its bytes do not have its hash"));
    }
    return NG_OK;
}

/* Every eighth level is stored, those between are made of it. */
static enum ng_err read_node(struct source *s, unsigned level, uint64_t index, struct hash *ret)
{
    struct export_state *e = s->self;
    struct tree_edge edge = {.size = 0};
    const uint64_t first = index << (level % 8);
    const uint64_t count = UINT64_C(1) << (level % 8);
    for (uint64_t i = first; i < first + count; i++) {
        struct bytes tile;
        struct hash hash;
        enum ng_err err = export_state_tile(e, (int)(level / 8), i / TILES_WIDTH, &tile);
        if (err == NG_OK && (i % TILES_WIDTH + 1) * HASH_SIZE > tile.size) {
            err = err_plain(NG_ERR_NOT_FOUND);
        }
        if (err != NG_OK) {
            return err;
        }
        memcpy(hash.bytes, tile.data + i % TILES_WIDTH * HASH_SIZE, HASH_SIZE);
        err = tree_edge_add(&edge, &hash, NULL, NULL);
        if (err != NG_OK) {
            return err;
        }
    }
    *ret = tree_edge_root(&edge);
    return NG_OK;
}

static void close_export(struct source *s)
{
    struct export_state *e = s->self;
    for (size_t i = 0; i < sizeof(e->pieces) / sizeof(e->pieces[0]); i++) {
        buf_fini(&e->pieces[i].bytes);
    }
    free(e->folder);
    free(e);
}

static const struct source_ops ops = {
    .begin = begin, .end = end, .leaf = read_leaf, .node = read_node, .close = close_export};

struct export_state *export_state_of(const struct source *s)
{
    return s->self;
}

const char *export_path(const struct source *s)
{
    const struct export_state *e = s->self;
    return e->folder;
}

/* Whose log it has to be: the key given is one of its keys. */
static enum ng_err find_keys(const char *folder, const char *vkey, struct source *s)
{
    struct key_public known;
    enum ng_err err;
    if (vkey != NULL) {
        err = err_wrap(note_vkey_parse(vkey, s->origin, &known), "--vkey");
    } else {
        err = export_folder_vkey(folder, s->origin, &known);
        err =
            err == NG_ERR_NOT_FOUND ? err_set(err, _("%s holds no export of a log"), folder) : err;
    }
    return err == NG_OK ? export_folder_keys(folder, s->origin, &known, &s->log_keys) : err;
}

enum ng_err export_open(const char *folder, const char *vkey, struct source *ret)
{
    struct export_state *e = calloc(1, sizeof(*e));
    if (e == NULL) {
        return err_set(NG_ERR_NOMEM, "export");
    }
    struct source s = {.ops = &ops, .self = e};
    for (size_t i = 0; i < sizeof(e->pieces) / sizeof(e->pieces[0]); i++) {
        buf_init(&e->pieces[i].bytes, i == 0 ? TILES_BUNDLE_MAX : (size_t)TILES_WIDTH * HASH_SIZE);
    }
    e->next = UINT64_MAX;
    e->folder = strdup(folder);
    enum ng_err err =
        e->folder != NULL ? find_keys(folder, vkey, &s) : err_set(NG_ERR_NOMEM, "path");
    if (err == NG_OK) {
        err = export_folder_head(folder, s.origin, &s.log_keys, &e->head);
    }
    if (err != NG_OK) {
        source_close(&s);
        return err;
    }
    *ret = s;
    return NG_OK;
}
