#include "office-service/wanted.h"

#include "base/file.h"
#include "base/log.h"
#include "party/courier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_LEAVES 2000u /* looked at in one turn, so that the service is never held up */
#define KEEP_LEAVES 10000u
#define NUMBER_MAX 32

/* ---- What a leaf cites ---- */

static enum ng_err each_piece(const struct wire_act *act, struct wanted_citation *c, wanted_fn fn,
                              void *context)
{
    const bool report = act->kind == WIRE_ACT_REPORT;
    const struct wire_evidence *items = NULL;
    size_t count = 0;
    if (report) {
        c->code = act->u.report.code;
        c->year = act->u.report.year;
        items = act->u.report.evidence;
        count = act->u.report.evidence_count;
    } else if (act->kind == WIRE_ACT_PROGRESS) {
        c->code = act->u.progress.code;
        c->year = act->u.progress.year;
        items = act->u.progress.evidence;
        count = act->u.progress.evidence_count;
    }
    enum ng_err err = NG_OK;
    for (size_t i = 0; !err && i < count; i++) {
        c->evidence = &items[i];
        err = items[i].id[0] ? fn(context, c) : NG_OK;
    }
    return err;
}

enum ng_err wanted_leaf(uint64_t index, struct bytes leaf, wanted_fn fn, void *context)
{
    struct leaf read;
    struct statement said;
    struct wire_acts *acts = NULL;
    if (leaf_decode(leaf, &read) || statement_decode(read.statement, &said) ||
        said.kind != WIRE_KIND_REPORT) {
        return NG_OK;
    }
    enum ng_err err = wire_acts_decode(said.payload, &acts);
    if (err) {
        return err == NG_ERR_NOMEM ? err : NG_OK;
    }
    struct wanted_citation c = {.by = &said, .index = index, .received_at = read.received_at};
    for (size_t i = 0; !err && i < acts->count; i++) {
        err = each_piece(&acts->acts[i], &c, fn, context);
    }
    wire_acts_destroy(&acts);
    return err;
}

/* ---- Where it stands ---- */

static enum ng_err load(struct wanted *w, const char *folder)
{
    struct buf text = BUF_INIT(NUMBER_MAX);
    char *path = file_join(folder, "evidence.next");
    enum ng_err err = path ? file_read(path, &text) : err_plain(NG_ERR_NOMEM);
    free(path);
    /* What is not a number is no reason to stop: it begins at the beginning. */
    w->next = err ? 0 : strtoull(buf_text(&text), NULL, 10);
    w->kept = w->next;
    w->loaded = true;
    buf_fini(&text);
    return err == NG_ERR_NOMEM ? err : NG_OK;
}

static enum ng_err keep(struct wanted *w, const char *folder)
{
    char text[NUMBER_MAX];
    char *path = file_join(folder, "evidence.next");
    const int size = snprintf(text, sizeof text, "%llu\n", (unsigned long long)w->next);
    enum ng_err err = path ? file_write(path, text, (size_t)size, 0600) : err_plain(NG_ERR_NOMEM);
    free(path);
    w->kept = err ? w->kept : w->next;
    return err;
}

/* ---- A turn ---- */

struct walk {
    const char *folder;
    struct blob_folder *blobs; /* NULL until something is cited */
    size_t found;
};

static enum ng_err want(void *context, const struct wanted_citation *c)
{
    struct walk *walk = context;
    struct blob_info info;
    struct hash id;
    enum ng_err err = NG_OK;
    if (!blob_id_parse(c->evidence->id, &id)) {
        return NG_OK;
    }
    if (!walk->blobs) {
        err = courier_open_blobs(walk->folder, &walk->blobs);
    }
    if (!err) {
        err = blob_find(walk->blobs, &id, &info);
    }
    if (!err && (info.state == BLOB_MISSING || info.state == BLOB_PART)) {
        err = blob_wait_note(walk->blobs, &id);
        walk->found++;
    }
    return err;
}

static enum ng_err look(struct wanted *w, struct mirror *m, struct walk *walk)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(m, &v);
    if (err) {
        return err;
    }
    w->next = w->next > v.edge.size ? 0 : w->next; /* the place in another log */
    for (unsigned n = 0; !err && n < TURN_LEAVES && w->next < v.edge.size; n++) {
        struct bytes leaf;
        struct hash hash;
        err = mirror_view_leaf(&v, w->next, &leaf, &hash);
        if (err == NG_ERR_VERIFY) { /* rebuild names it; the service has its other work to do */
            log_error("evidence_leaf", err);
            err = NG_OK;
        } else if (!err) {
            err = wanted_leaf(w->next, leaf, want, walk);
        }
        w->next += err ? 0 : 1;
    }
    mirror_view_end(&v);
    return err;
}

enum ng_err wanted_turn(struct wanted *w, struct mirror *m, const char *folder)
{
    struct walk walk = {.folder = folder};
    enum ng_err err = w->loaded ? NG_OK : load(w, folder);
    if (!err) {
        err = look(w, m, &walk);
    }
    if (!err && walk.found > 0) {
        err = blob_wait_sync(walk.blobs); /* before the place that says they were found */
    }
    if (!err && (walk.found > 0 || w->next - w->kept >= KEEP_LEAVES)) {
        err = keep(w, folder);
    }
    blob_close(&walk.blobs);
    return err;
}
