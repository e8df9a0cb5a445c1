/* Order is what makes it safe: the blob is synced, then the list of what waits, then the statement
 * is authored. A power cut between leaves a blob that is sent and cited by nothing, never a
 * statement whose file is nowhere. */
#include "ward-agent/evidence.h"

#include "base/clock.h"
#include "base/lang.h"
#include "par/text.h"
#include "party/courier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct evidence_item {
    struct hash id;
    struct stat st;
};

static enum ng_err refuse(const char *name, enum blob_answer answer)
{
    switch (answer) {
    case BLOB_TOO_LARGE:
        return err_set(NG_ERR_INPUT, _("%.200s is larger than %u MiB: make it smaller"), name,
                       (unsigned)(BLOB_CONTENT_MAX >> 20));
    case BLOB_BAD_TYPE:
        return err_set(
            NG_ERR_INPUT,
            _("%.200s is not taken as evidence: expected a file of type %s whose content "
              "is what its name says"),
            name, BLOB_TYPE_LIST);
    case BLOB_TAKEN:
    case BLOB_OVER_QUOTA:
    case BLOB_BAD_HASH:
    case BLOB_GONE:
    default:
        return err_set(NG_ERR_INPUT, _("%.200s is not taken as evidence"), name);
    }
}

/* The same file, untouched, was taken a moment ago for another component. */
static bool was_taken(const struct evidence *e, const struct stat *st, struct hash *ret_id)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct stat *other = &e->items[i].st;
        if (other->st_dev == st->st_dev && other->st_ino == st->st_ino &&
            other->st_size == st->st_size && other->st_mtim.tv_sec == st->st_mtim.tv_sec &&
            other->st_mtim.tv_nsec == st->st_mtim.tv_nsec) {
            *ret_id = e->items[i].id;
            return true;
        }
    }
    return false;
}

static bool was_cited(struct evidence *e, int fd, const struct stat *st, const char *name,
                      const struct wire_evidence *before, size_t before_count, struct hash *ret_id)
{
    for (size_t i = 0; i < before_count; i++) {
        if (strcmp(before[i].name, name) == 0 && before[i].size == (uint64_t)st->st_size &&
            blob_id_parse(before[i].id, ret_id) && blob_is_content(e->blobs, ret_id, fd)) {
            return true;
        }
    }
    return false;
}

static enum ng_err add(struct evidence *e, struct party *p, int fd, const struct stat *st,
                       const char *name, struct hash *ret_id)
{
    enum blob_answer answer = BLOB_TAKEN;
    struct evidence_item *items = realloc(e->items, (e->count + 1) * sizeof(*items));
    if (items == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", _("evidence"));
    }
    e->items = items;
    enum ng_err err = blob_add(e->blobs, fd, blob_type_of_name(name), &party_identity(p)->party,
                               clock_wall_ms(), &answer, ret_id);
    if (err != NG_OK || answer != BLOB_TAKEN) {
        return err != NG_OK ? err : refuse(name, answer);
    }
    items[e->count++] = (struct evidence_item){*ret_id, *st};
    return blob_wait_add(e->blobs, ret_id);
}

enum ng_err evidence_take(struct evidence *e, struct party *p, int fd, const char *name,
                          const struct wire_evidence *before, size_t before_count,
                          struct evidence_file *ret)
{
    struct stat st;
    struct hash id;
    const enum blob_type type = blob_type_of_name(name);
    enum ng_err err = NG_OK;
    if (fstat(fd, &st) != 0) {
        return err_set_errno(errno, "%.200s", name);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(NG_ERR_INPUT, _("%.200s: expected a file"), name);
    }
    if (!text_is_harmless(name)) {
        return err_set(NG_ERR_INPUT, _("the evidence file's name has hidden or control characters: "
                                       "rename it"));
    }
    if (type == BLOB_TYPE_NONE) {
        return refuse(name, BLOB_BAD_TYPE);
    }
    if (e->blobs == NULL) {
        err = courier_open_blobs(party_folder(p), &e->blobs);
    }
    if (err == NG_OK && !was_taken(e, &st, &id) &&
        !was_cited(e, fd, &st, name, before, before_count, &id)) {
        err = add(e, p, fd, &st, name, &id);
    }
    if (err != NG_OK) {
        return err;
    }
    ret->size = (uint64_t)st.st_size;
    ret->type = blob_type_name(type);
    blob_id_text(&id, ret->id);
    return NG_OK;
}

void evidence_undo(struct evidence *e)
{
    for (size_t i = 0; i < e->count; i++) {
        if (blob_drop(e->blobs, &e->items[i].id) != NG_OK) {
            return; /* what stays is cited by nothing */
        }
    }
    e->count = 0;
}

void evidence_fini(struct evidence *e)
{
    free(e->items);
    blob_close(&e->blobs);
    *e = (struct evidence){0};
}
