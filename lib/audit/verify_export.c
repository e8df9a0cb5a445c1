/* Verifying an export, bundle by bundle.
 *
 * A bundle's leaves and the hashes in its tile say the same thing twice. Where they differ, the
 * hash above them (in the next tile, or the signed root for the last bundle) tells which of the two
 * is right: so a damaged entry is named as that, and a damaged tile as a damaged tile, and what is
 * right goes on into the tree. A bundle's signatures, four fifths of the work, are checked by
 * several threads before its entries are judged in their order. Every hash of the upper tiles is
 * compared with the one that falls out of the growing edge. */
#include "audit/verify.h"

#include "audit/entry.h"
#include "audit/export.h"
#include "audit/export_folder.h"
#include "audit/export_state.h"
#include "audit/verify_beside.h"
#include "audit/verify_state.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/workers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHAT_MAX = 200, THREADS_MAX = 7 };

struct export_check {
    struct verify_state v;
    struct export_state *e;
    uint64_t size;
    FILE *ndjson;
    struct buf wanted;
    /* of the bundle at hand */
    uint64_t first;
    unsigned width;
    unsigned there; /* entries that could be read */
    struct bytes entries[TILES_WIDTH];
    struct hash made[TILES_WIDTH];
    bool holds[TILES_WIDTH]; /* the entry's signature */
    struct hash stored[TILES_WIDTH];
    bool has_tile;
    bool grows; /* the tree: nothing of it was lost so far */
    struct workers *workers;
};

/* ---- Tiles ---- */

static void tile_fault(struct export_check *c, int level, uint64_t number, unsigned place,
                       uint64_t index)
{
    char name[TILES_PATH_MAX];
    char what[WHAT_MAX];
    tiles_path(level, number, tiles_width(level, number, c->size), name);
    (void)snprintf(what, sizeof(what), _("%s: hash %u is not that of what lies below it"), name,
                   place);
    verify_state_fault(&c->v, index, "tile", what);
}

/* A tree_emit_fn: a subtree is complete; if a tile above level 0 has it, they must agree. */
static enum ng_err compare_hash(void *context, unsigned level, uint64_t index,
                                const struct hash *hash)
{
    struct export_check *c = context;
    struct bytes tile;
    if (level == 0 || level % 8 != 0) {
        return NG_OK;
    }
    const uint64_t number = index / TILES_WIDTH;
    const unsigned place = (unsigned)(index % TILES_WIDTH);
    enum ng_err err = export_state_tile(c->e, (int)(level / 8), number, &tile);
    if (err == NG_ERR_CORRUPT) {
        if (place == 0) { /* a file that is missing is named once */
            verify_state_fault(&c->v, index << level, "tile", err_explain(err));
        }
        return NG_OK;
    }
    if (err == NG_OK &&
        memcmp(tile.data + (size_t)place * HASH_SIZE, hash->bytes, HASH_SIZE) != 0) {
        tile_fault(c, (int)(level / 8), number, place, index << level);
    }
    return err;
}

/* Whether these hashes are the right ones, by what stands above them. */
static enum ng_err are_right(struct export_check *c, const struct hash *hashes, bool *ret)
{
    struct tree_edge edge = {.size = 0};
    struct hash above;
    enum ng_err err = NG_OK;
    if (c->width < TILES_WIDTH) {
        edge = c->v.edge; /* the last: only the root is above */
    }
    for (unsigned i = 0; i < c->width && err == NG_OK; i++) {
        err = tree_edge_add(&edge, &hashes[i], NULL, NULL);
    }
    if (err != NG_OK) {
        return err;
    }
    const struct hash root = tree_edge_root(&edge);
    above = c->e->head.head.root;
    if (c->width == TILES_WIDTH && c->size > TILES_WIDTH) {
        struct bytes tile;
        const uint64_t index = c->first / TILES_WIDTH;
        err = export_state_tile(c->e, 1, index / TILES_WIDTH, &tile);
        if (err != NG_OK) {
            *ret = false;
            return err == NG_ERR_CORRUPT ? NG_OK : err;
        }
        memcpy(above.bytes, tile.data + index % TILES_WIDTH * HASH_SIZE, HASH_SIZE);
    }
    *ret = hash_equal(&root, &above);
    return NG_OK;
}

/* Entries and tile against each other: which of the two are right. */
static enum ng_err settle(struct export_check *c, const struct hash **ret_right)
{
    bool made_right = true;
    enum ng_err err = NG_OK;
    *ret_right = c->made;
    if (!c->has_tile) {
        return NG_OK;
    }
    if (c->there < c->width) {
        made_right = false;
    } else if (memcmp(c->made, c->stored, c->width * sizeof(c->made[0])) != 0) {
        err = are_right(c, c->made, &made_right);
    }
    for (unsigned i = 0; i < c->there && err == NG_OK && made_right; i++) {
        if (!hash_equal(&c->made[i], &c->stored[i])) {
            tile_fault(c, 0, c->first / TILES_WIDTH, i, c->first + i);
        }
    }
    if (!made_right) {
        *ret_right = c->stored;
    }
    return err;
}

/* ---- Entries ---- */

/* Takes the next line, however long it is, and keeps none of it. */
static bool next_line_is(FILE *f, struct bytes wanted)
{
    bool same = true;
    size_t at = 0;
    for (int byte = 0; byte != '\n'; at++) {
        byte = getc_unlocked(f);
        if (byte == EOF) {
            return false;
        }
        same = same && at < wanted.size && wanted.data[at] == byte;
    }
    return same && at == wanted.size;
}

static enum ng_err compare_line(struct export_check *c, uint64_t index, struct bytes leaf)
{
    struct entry e;
    enum ng_err err = NG_OK;
    if (c->ndjson == NULL) {
        return NG_OK;
    }
    buf_clear(&c->wanted);
    const bool known = entry_read(index, leaf, &e) == NG_OK; /* what is not is named already */
    if (known) {
        err = entry_line(&e, &c->wanted);
    }
    const bool same = next_line_is(c->ndjson, buf_bytes(&c->wanted));
    if (err == NG_OK && known && !same) {
        verify_state_fault(&c->v, index, "entries.ndjson",
                           _("entries.ndjson says something else than the entry, or nothing"));
    }
    return err;
}

/* Lines of entries that are lost, so that the next one is compared with its own. */
static void skip_lines(struct export_check *c, unsigned count)
{
    while (c->ndjson != NULL && count-- > 0) {
        (void)next_line_is(c->ndjson, (struct bytes){NULL, 0});
    }
}

static void check_no_more_lines(struct export_check *c)
{
    if (c->ndjson != NULL && getc_unlocked(c->ndjson) != EOF) {
        verify_state_fault(&c->v, c->size, "entries.ndjson",
                           _("entries.ndjson goes on behind the last entry"));
    }
}

static enum ng_err take_bundle(struct export_check *c)
{
    struct bytes rest;
    char what[WHAT_MAX];
    enum ng_err err = export_state_tile(c->e, TILES_ENTRIES, c->first / TILES_WIDTH, &rest);
    c->there = 0;
    if (err != NG_OK) {
        if (err == NG_ERR_CORRUPT) {
            verify_state_fault(&c->v, c->first, "unreadable", err_explain(err));
        }
        return err == NG_ERR_CORRUPT ? NG_OK : err;
    }
    for (; c->there < c->width && tiles_take_entry(&rest, &c->entries[c->there]); c->there++) {
        c->made[c->there] = leaf_hash(c->entries[c->there]);
    }
    if (c->there < c->width || rest.size > 0) {
        (void)snprintf(what, sizeof(what),
                       _("the bundle holds %u entries where it should hold %u, or more bytes"),
                       c->there, c->width);
        verify_state_fault(&c->v, c->first + c->there, "form", what);
    }
    return NG_OK;
}

/* A workers_fn: of one entry of the bundle. */
static void check_signature(void *context, size_t i)
{
    struct export_check *c = context;
    c->holds[i] = verify_state_signature(c->entries[i]);
}

/* What has the right hash is judged as an entry, what has not is damaged and nothing more. */
static enum ng_err judge_entries(struct export_check *c, const struct hash *right)
{
    enum ng_err err = NG_OK;
    workers_run(c->workers, check_signature, c, c->there);
    for (unsigned i = 0; i < c->there && err == NG_OK; i++) {
        const uint64_t index = c->first + i;
        if (hash_equal(&c->made[i], &right[i])) {
            err = verify_state_leaf(&c->v, index, c->entries[i], c->holds[i]);
        } else {
            verify_state_hole(&c->v);
            verify_state_fault(&c->v, index, "hash", _("its bytes do not have its hash"));
        }
        if (err == NG_OK) {
            err = compare_line(c, index, c->entries[i]);
        }
    }
    if (c->there < c->width) {
        verify_state_hole(&c->v);
        skip_lines(c, c->width - c->there);
    }
    return err;
}

/* The right hashes go into the tree, as far as there are any. */
static enum ng_err grow(struct export_check *c, const struct hash *right)
{
    const unsigned count = right == c->stored ? c->width : c->there;
    enum ng_err err = NG_OK;
    for (unsigned i = 0; i < count && err == NG_OK && c->grows; i++) {
        err = tree_edge_add(&c->v.edge, &right[i], compare_hash, c);
    }
    c->grows = c->grows && count == c->width; /* lost in tile and bundle alike: not beyond */
    return err;
}

static enum ng_err take_tile(struct export_check *c)
{
    struct bytes tile;
    enum ng_err err = export_state_tile(c->e, 0, c->first / TILES_WIDTH, &tile);
    c->has_tile = err == NG_OK;
    if (err == NG_ERR_CORRUPT) {
        verify_state_fault(&c->v, c->first, "tile", err_explain(err));
        return NG_OK;
    }
    for (unsigned i = 0; i < c->width && err == NG_OK; i++) {
        memcpy(c->stored[i].bytes, tile.data + (size_t)i * HASH_SIZE, HASH_SIZE);
    }
    return err;
}

static enum ng_err check_bundles(struct export_check *c)
{
    enum ng_err err = NG_OK;
    for (c->first = 0; c->first < c->size && err == NG_OK; c->first += c->width) {
        const struct hash *right = NULL;
        c->width = tiles_width(0, c->first / TILES_WIDTH, c->size);
        err = take_bundle(c);
        if (err == NG_OK) {
            err = take_tile(c);
        }
        if (err == NG_OK) {
            err = settle(c, &right);
        }
        if (err == NG_OK) {
            err = judge_entries(c, right);
        }
        if (err == NG_OK) {
            err = grow(c, right);
        }
    }
    return err;
}

enum ng_err verify_export(struct source *s, ledger_fault_fn fault, void *context,
                          struct ledger_check *ret)
{
    struct export_check *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return err_set(NG_ERR_NOMEM, "verify");
    }
    c->e = export_state_of(s);
    c->size = c->e->head.head.size;
    c->grows = true;
    buf_init(&c->wanted, ENTRY_LINE_MAX);
    char *path = file_join(c->e->folder, EXPORT_FOLDER_NDJSON);
    enum ng_err err = path != NULL ? verify_state_init(&c->v, s, fault, context, ret)
                                   : err_set(NG_ERR_NOMEM, "path");
    if (err == NG_OK) {
        err = workers_new(workers_threads(THREADS_MAX), &c->workers);
    }
    if (err == NG_OK) {
        c->ndjson = fopen(path, "re"); /* an aid: an export without it is whole */
        err = check_bundles(c);
    }
    if (err == NG_OK) {
        check_no_more_lines(c);
        err = verify_beside(&c->v, s, c->e->folder, &c->e->head.head);
    }
    if (err == NG_OK) {
        err = verify_state_end(&c->v, &c->e->head.head);
    }
    if (c->ndjson != NULL) {
        (void)fclose(c->ndjson);
    }
    workers_destroy(&c->workers);
    verify_state_fini(&c->v);
    buf_fini(&c->wanted);
    free(path);
    free(c);
    return err;
}

/* ---- The command ---- */

struct export_wish {
    const char *folder;
    const char *vkey, *known;
};

static enum ng_err check_folder(void *context, ledger_fault_fn fault, void *fault_context,
                                struct ledger_check *ret)
{
    const struct export_wish *w = context;
    struct source s = {.ops = NULL};
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = export_open(w->folder, w->vkey, &s);
    }
    if (err == NG_OK) {
        err = verify_export(&s, fault, fault_context, ret);
    }
    if ((err == NG_OK || err == NG_ERR_VERIFY) && s.ops != NULL && w->known != NULL) {
        const enum ng_err known = verify_known(&s, w->known, fault, fault_context, ret);
        err = known != NG_OK ? known : err;
    }
    source_close(&s);
    return err;
}

static void say_cosigned(const struct ledger_cosigned *c)
{
    if (c->size == 0) {
        (void)printf(_("No cosigned head is beside it: the log's key alone vouches.\n"));
    } else {
        (void)printf(c->count >= c->needed
                         ? _("The head of %llu entries is final: %zu of %zu parties have cosigned "
                             "it, %zu are needed.\n")
                         : _("The head of %llu entries is not final: %zu of %zu parties have "
                             "cosigned it, %zu are needed.\n"),
                     (unsigned long long)c->size, c->count, c->parties, c->needed);
    }
}

static void say_key(const struct ledger_check *r)
{
    (void)printf(_("The head of %llu entries is signed with the log's key.\n"),
                 (unsigned long long)r->head.size);
    say_cosigned(&r->cosigned);
}

static void say_no_key(const struct ledger_check *r)
{
    (void)printf(_("No key was given (--vkey): the head of %llu entries is signed with the key in "
                   "the export itself. Compare that with the key that the log's operator has "
                   "published.\n"),
                 (unsigned long long)r->head.size);
    say_cosigned(&r->cosigned);
}

enum ng_err verify_folder(const char *folder, const char *vkey, const char *known, bool as_json)
{
    struct export_wish wish = {folder, vkey, known};
    const struct verify_words words = {
        .tail = vkey != NULL ? say_key : say_no_key,
        .advice = _("Ask for another copy of the export, and keep this one."),
        .key = vkey != NULL ? "given" : "export"};
    return verify_in_child(check_folder, &wish, as_json, &words);
}
