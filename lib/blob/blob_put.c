/* Receiving in pieces.
 *
 * A part lies beside where the blob will lie, under the same header and its owner's name, and is
 * as long as what came so far: the file itself is the memory of an upload, so whoever breaks off
 * (either side, at any moment) finds out how much is there and goes on. Pieces are not synced one
 * by one: after a power cut a part may be shorter or hold what was never sent, and the hash over
 * all of it finds that out. Nothing stands under the id itself that was not hashed and synced as a
 * whole.
 */
#include "blob/blob_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct part {
    int shelf, fd;
    char name[BLOB_FILE_NAME_SIZE];
    struct blob_file_header header;
    uint64_t have;
};

static bool over_quota(const struct blob_folder *b, const struct blob_piece *p)
{
    const struct blob_usage u = blob_usage_of(b, &p->owner);
    const struct blob_limits *l = &b->limits;
    return (l->owner_bytes_max > 0 &&
            (u.bytes > l->owner_bytes_max || p->size > l->owner_bytes_max - u.bytes)) ||
           (l->owner_count_max > 0 && u.count >= l->owner_count_max);
}

/* Whether this may be the beginning of a blob. */
static enum blob_answer judge(const struct blob_folder *b, const struct blob_piece *p)
{
    const uint64_t content = p->size - BLOB_SALT_SIZE;
    const uint64_t needed = content < BLOB_TYPE_HEAD ? content : BLOB_TYPE_HEAD;
    if (over_quota(b, p)) {
        return BLOB_OVER_QUOTA;
    }
    if (p->bytes.size < BLOB_SALT_SIZE + needed) {
        return BLOB_BAD_TYPE;
    }
    const struct bytes head = {p->bytes.data + BLOB_SALT_SIZE, (size_t)needed};
    return blob_type_is_known(head) ? BLOB_TAKEN : BLOB_BAD_TYPE;
}

static enum ng_err throw_away(struct blob_folder *b, const struct part *part, bool counted)
{
    if (unlinkat(part->shelf, part->name, 0) != 0 && errno != ENOENT) {
        return err_set_errno(errno, "%s", b->path);
    }
    return counted ? blob_file_count(b, &part->header.owner, -(int64_t)part->header.size, -1)
                   : NG_OK;
}

/* What this owner has begun of a blob that another finished or that was erased is of no use. */
static enum ng_err drop_own(struct blob_folder *b, const struct blob_piece *p)
{
    struct part part = {.shelf = -1, .fd = -1};
    enum ng_err err = blob_file_shelf(b, &p->id, false, &part.shelf);
    if (err != NG_OK) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    blob_file_name(&p->id, &p->owner, part.name);
    err = blob_file_open(b, part.shelf, part.name, O_RDONLY, &part.fd, &part.header, &part.have);
    if (err == NG_OK) {
        (void)close(part.fd);
        err = throw_away(b, &part, true);
    }
    (void)close(part.shelf);
    return err == NG_ERR_NOT_FOUND || err == NG_ERR_CORRUPT ? NG_OK : err;
}

/* The part there is, if it is one of a blob of this size; else it is thrown away. fd −1: none. */
static enum ng_err open_part(struct blob_folder *b, const struct blob_piece *p, struct part *part)
{
    enum ng_err err =
        blob_file_open(b, part->shelf, part->name, O_RDWR, &part->fd, &part->header, &part->have);
    if (err == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    if (err == NG_ERR_CORRUPT) {
        return throw_away(b, part, false);
    }
    if (err == NG_OK && (part->header.size != p->size || part->have > p->size)) {
        (void)close(part->fd);
        part->fd = -1;
        part->have = 0;
        return throw_away(b, part, true);
    }
    return err;
}

static enum ng_err begin_part(struct blob_folder *b, const struct blob_piece *p, struct part *part)
{
    part->header =
        (struct blob_file_header){.owner = p->owner, .size = p->size, .put_at_ms = p->now_ms};
    part->have = 0;
    enum ng_err err = blob_file_create(b, part->shelf, part->name, &part->header, &part->fd);
    return err == NG_OK ? blob_file_count(b, &p->owner, (int64_t)p->size, 1) : err;
}

/* All is there: it becomes the blob, or it is thrown away. */
static enum ng_err finish(struct blob_folder *b, const struct blob_piece *p, struct part *part,
                          enum blob_answer *ret_answer)
{
    char name[BLOB_FILE_NAME_SIZE];
    struct hash hash;
    enum ng_err err = blob_file_hash(b, part->fd, p->size, &hash);
    if (err != NG_OK) {
        return err;
    }
    if (!hash_equal(&hash, &p->id)) {
        part->have = 0;
        *ret_answer = BLOB_BAD_HASH;
        return throw_away(b, part, true);
    }
    blob_file_name(&p->id, NULL, name);
    return blob_file_keep(b, part->fd, part->shelf, part->name, part->shelf, name);
}

/* What a full disk took of a piece before it said so is right as far as it goes, and stays. */
static enum ng_err append(struct blob_folder *b, const struct blob_piece *p, struct part *part)
{
    enum ng_err err = blob_file_write(b, part->fd, p->bytes, BLOB_FILE_HEADER + part->have);
    if (err == NG_OK) {
        /* On its way to the disk now, so that the sync behind the last piece halts nobody long. */
        (void)sync_file_range(part->fd, (off_t)(BLOB_FILE_HEADER + part->have),
                              (off_t)p->bytes.size, SYNC_FILE_RANGE_WRITE);
        part->have += p->bytes.size;
    }
    return err;
}

static enum ng_err take(struct blob_folder *b, const struct blob_piece *p, struct part *part,
                        enum blob_answer *ret_answer)
{
    enum ng_err err = open_part(b, p, part);
    if (err != NG_OK) {
        return err;
    }
    if (part->fd < 0 && p->offset == 0 && p->bytes.size > 0) {
        *ret_answer = judge(b, p);
        err = *ret_answer == BLOB_TAKEN ? begin_part(b, p, part) : NG_OK;
    }
    if (err != NG_OK || part->fd < 0) {
        return err;
    }
    if (part->have == p->size) {
        return finish(b, p, part, ret_answer); /* the end of it failed the last time */
    }
    if (p->offset != part->have || p->bytes.size > p->size - part->have) {
        return NG_OK;
    }
    err = append(b, p, part);
    return err == NG_OK && part->have == p->size ? finish(b, p, part, ret_answer) : err;
}

enum ng_err blob_put(struct blob_folder *b, const struct blob_piece *piece,
                     enum blob_answer *ret_answer, uint64_t *ret_have)
{
    struct blob_info i;
    struct part part = {.shelf = -1, .fd = -1};
    enum ng_err err = blob_find(b, &piece->id, &i);
    if (err != NG_OK) {
        return err;
    }
    *ret_answer = BLOB_TAKEN;
    *ret_have = 0;
    if (i.state == BLOB_ERASED) {
        *ret_answer = BLOB_GONE;
        return drop_own(b, piece);
    }
    if (i.state == BLOB_THERE && !piece->replace) {
        *ret_have = i.size;
        return drop_own(b, piece);
    }
    if (piece->size <= BLOB_SALT_SIZE ||
        (b->limits.content_max > 0 && piece->size - BLOB_SALT_SIZE > b->limits.content_max)) {
        *ret_answer = BLOB_TOO_LARGE;
        return NG_OK;
    }
    err = blob_file_shelf(b, &piece->id, true, &part.shelf);
    if (err != NG_OK) {
        return err;
    }
    blob_file_name(&piece->id, &piece->owner, part.name);
    err = take(b, piece, &part, ret_answer);
    *ret_have = err == NG_OK ? part.have : 0;
    if (part.fd >= 0) {
        (void)close(part.fd);
    }
    (void)close(part.shelf);
    return err;
}
