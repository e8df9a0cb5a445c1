#include "office-service/wanted.h"

#include "base/bytes.h"
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

/* From here on a program that starts has to look again. */
static uint64_t first_open(const struct wanted *w)
{
    uint64_t first = w->next;
    struct bytes unit, place;
    for (size_t i = 0; w->passed && omap_at(w->passed, i, &unit, &place); i++) {
        const uint64_t index = bytes_get_u64(place.data);
        first = index < first ? index : first;
    }
    return first;
}

static enum ng_err keep(struct wanted *w, const char *folder)
{
    char text[NUMBER_MAX];
    char *path = file_join(folder, "evidence.next");
    const uint64_t first = first_open(w);
    const int size = snprintf(text, sizeof text, "%llu\n", (unsigned long long)first);
    enum ng_err err = path ? file_write(path, text, (size_t)size, 0600) : err_plain(NG_ERR_NOMEM);
    free(path);
    w->kept = err ? w->kept : first;
    return err;
}

/* ---- How many wait ---- */

struct walk {
    struct wanted *w;
    const char *folder;
    struct blob_folder *blobs; /* NULL until something is cited */
    struct omap *waiting;      /* unit → how many; NULL until something is cited */
    size_t found;
};

static struct bytes key_of(const struct party_code *unit)
{
    return (struct bytes){(const uint8_t *)unit->text, strlen(unit->text)};
}

static uint64_t number_at(const struct omap *m, struct bytes key)
{
    struct bytes value;
    return m && omap_get(m, key, &value) ? bytes_get_u64(value.data) : 0;
}

static enum ng_err put_number(struct omap *m, struct bytes key, uint64_t number)
{
    uint8_t value[8];
    bytes_put_u64(value, number);
    return omap_put(m, key, (struct bytes){value, sizeof value});
}

/* A blob_wait_fn. */
static enum ng_err count(void *context, const struct hash *id, const struct party_code *by)
{
    struct omap *waiting = context;
    (void)id;
    return put_number(waiting, key_of(by), number_at(waiting, key_of(by)) + 1);
}

/* Opens the folder and counts what waits in it, once a turn. */
static enum ng_err open_list(struct walk *walk)
{
    if (walk->waiting) {
        return NG_OK;
    }
    enum ng_err err = courier_open_blobs(walk->folder, &walk->blobs);
    if (!err) {
        walk->waiting = omap_new();
        err = walk->waiting ? blob_wait_each(walk->blobs, count, walk->waiting)
                            : err_plain(NG_ERR_NOMEM);
    }
    return err;
}

static enum ng_err pass_over(struct wanted *w, const struct wanted_citation *c)
{
    struct bytes place;
    w->passed = w->passed ? w->passed : omap_new();
    if (!w->passed) {
        return err_plain(NG_ERR_NOMEM);
    }
    const struct bytes unit = key_of(&c->by->author);
    return omap_get(w->passed, unit, &place) ? NG_OK : put_number(w->passed, unit, c->index);
}

/* Goes back to the first leaf that was passed over of a unit that has room again. */
static enum ng_err take_up(struct walk *walk, struct mono now)
{
    struct wanted *w = walk->w;
    struct bytes unit, place;
    if (!w->passed || !omap_count(w->passed) ||
        clock_between_ms(w->looked, now) < WANTED_AGAIN_MS) {
        return NG_OK;
    }
    w->looked = now;
    enum ng_err err = open_list(walk);
    for (size_t i = 0; !err && omap_at(w->passed, i, &unit, &place);) {
        if (number_at(walk->waiting, unit) > WANTED_UNIT_MAX / 2) {
            i++;
            continue;
        }
        const uint64_t index = bytes_get_u64(place.data);
        w->next = index < w->next ? index : w->next;
        (void)omap_remove(w->passed, unit);
    }
    return err;
}

/* ---- A turn ---- */

static enum ng_err want(void *context, const struct wanted_citation *c)
{
    struct walk *walk = context;
    struct blob_info info;
    struct hash id;
    struct bytes place;
    bool noted = true; /* or not needed */
    const struct bytes unit = key_of(&c->by->author);
    if (!blob_id_parse(c->evidence->id, &id) ||
        (walk->w->passed && omap_get(walk->w->passed, unit, &place))) {
        return NG_OK;
    }
    enum ng_err err = open_list(walk);
    if (!err) {
        err = blob_find(walk->blobs, &id, &info);
    }
    if (!err && (info.state == BLOB_MISSING || info.state == BLOB_PART)) {
        err = blob_waits(walk->blobs, &id, &noted);
    }
    if (err || noted) {
        return err;
    }
    const uint64_t waiting = number_at(walk->waiting, unit);
    if (waiting >= WANTED_UNIT_MAX) {
        return pass_over(walk->w, c);
    }
    err = blob_wait_note(walk->blobs, &id, &c->by->author);
    walk->found++;
    return err ? err : put_number(walk->waiting, unit, waiting + 1);
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

enum ng_err wanted_turn(struct wanted *w, struct mirror *m, const char *folder, struct mono now)
{
    struct walk walk = {.w = w, .folder = folder};
    enum ng_err err = w->loaded ? NG_OK : load(w, folder);
    if (!err) {
        err = take_up(&walk, now);
    }
    if (!err) {
        err = look(w, m, &walk);
    }
    if (!err && walk.found > 0) {
        err = blob_wait_sync(walk.blobs); /* before the place that says they were found */
    }
    const uint64_t first = first_open(w);
    if (!err && first != w->kept && (walk.found > 0 || first - w->kept >= KEEP_LEAVES)) {
        err = keep(w, folder);
    }
    omap_destroy(&walk.waiting);
    blob_close(&walk.blobs);
    return err;
}

int64_t wanted_wait_ms(const struct wanted *w, struct mono now)
{
    if (!w->passed || !omap_count(w->passed)) {
        return INT64_MAX;
    }
    const int64_t passed = clock_between_ms(w->looked, now);
    return passed < WANTED_AGAIN_MS ? WANTED_AGAIN_MS - passed : 0;
}

void wanted_fini(struct wanted *w)
{
    omap_destroy(&w->passed);
}
