/* Looking, reading, erasing.
 *
 * Happy path of a look: open the shelf (two hex digits), open the file below it, read 64 bytes of
 * header. A blob that is there is a file as long as its header says; an erased one is a header that
 * says when, followed by the reason. Anything else that stands under an id is "altered", and is
 * shown as that: a look never fails because of what somebody did to one file.
 */
#include "base/lang.h"
#include "blob/blob_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 32768u

static const struct {
    const char *name, *text;
} states[] = {
    [BLOB_MISSING] = {"missing", N_("missing")},
    [BLOB_PART] = {"part", N_("not all of it here yet")},
    [BLOB_THERE] = {"there", N_("there")},
    [BLOB_ALTERED] = {"altered", N_("ALTERED: not what was put")},
    [BLOB_ERASED] = {"erased", N_("erased")},
};

const char *blob_state_name(enum blob_state state)
{
    return states[state].name;
}

const char *blob_state_text(enum blob_state state)
{
    return gettext(states[state].text);
}

/* ---- Looking ---- */

static void read_reason(const struct blob_folder *b, int fd, struct blob_info *i)
{
    size_t size = 0;
    if (blob_file_read(b, fd, BLOB_FILE_HEADER, (uint8_t *)i->reason, BLOB_REASON_MAX, &size) !=
        NG_OK) {
        size = 0;
    }
    i->reason[size] = '\0';
}

/* The file of an id: whole or a mark, else the part of it that is fetched for oneself. What others
 * put here and have not finished is theirs (blob_put). */
static enum ng_err look(const struct blob_folder *b, int shelf, const struct hash *id,
                        struct blob_info *i, int *ret_fd)
{
    const struct party_code nobody = {""};
    char name[BLOB_FILE_NAME_SIZE];
    struct blob_file_header h;
    uint64_t size = 0;
    int fd = -1;
    bool part = false;
    blob_file_name(id, NULL, name);
    enum ng_err err = blob_file_open(b, shelf, name, O_RDONLY, &fd, &h, &size);
    if (err == NG_ERR_NOT_FOUND) {
        part = true;
        blob_file_name(id, &nobody, name);
        err = blob_file_open(b, shelf, name, O_RDONLY, &fd, &h, &size);
    }
    if (err != NG_OK) {
        return err;
    }
    *i = (struct blob_info){.owner = h.owner, .size = h.size, .have = size};
    if (h.erased_at_ms != 0 && !part) {
        i->state = BLOB_ERASED;
        i->erased_at_ms = h.erased_at_ms;
        i->have = 0;
        read_reason(b, fd, i);
    } else if (part) {
        i->state = BLOB_PART;
    } else {
        i->state = size == h.size ? BLOB_THERE : BLOB_ALTERED;
    }
    *ret_fd = fd;
    return NG_OK;
}

/* *ret_fd: the open file, −1 where there is none. */
static enum ng_err find(struct blob_folder *b, const struct hash *id, struct blob_info *ret,
                        int *ret_fd)
{
    int shelf = -1;
    *ret = (struct blob_info){.state = BLOB_MISSING};
    *ret_fd = -1;
    enum ng_err err = blob_file_shelf(b, id, false, &shelf);
    if (err == NG_OK) {
        err = look(b, shelf, id, ret, ret_fd);
        (void)close(shelf);
    }
    if (err == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    if (err == NG_ERR_CORRUPT || err == NG_ERR_ACCESS || err == NG_ERR_IO) {
        ret->state = BLOB_ALTERED;
        return NG_OK;
    }
    return err;
}

enum ng_err blob_find(struct blob_folder *b, const struct hash *id, struct blob_info *ret)
{
    int fd = -1;
    enum ng_err err = find(b, id, ret, &fd);
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

/* As find; what is THERE is hashed again. */
static enum ng_err check(struct blob_folder *b, const struct hash *id, struct blob_info *ret,
                         int *ret_fd)
{
    struct hash hash;
    enum ng_err err = find(b, id, ret, ret_fd);
    if (err == NG_OK && ret->state == BLOB_THERE &&
        (blob_file_hash(b, *ret_fd, ret->size, &hash) != NG_OK || !hash_equal(&hash, id))) {
        ret->state = BLOB_ALTERED;
    }
    return err;
}

enum ng_err blob_check(struct blob_folder *b, const struct hash *id, struct blob_info *ret)
{
    int fd = -1;
    enum ng_err err = check(b, id, ret, &fd);
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

/* ---- Reading ---- */

enum ng_err blob_read(struct blob_folder *b, const struct hash *id, uint64_t offset, size_t max,
                      struct buf *to)
{
    struct blob_info i;
    int fd = -1;
    size_t got = 0;
    buf_clear(to);
    enum ng_err err = find(b, id, &i, &fd);
    if (err == NG_OK && i.state != BLOB_THERE) {
        err = err_set(NG_ERR_NOT_FOUND, "%s", blob_state_text(i.state));
    }
    if (err == NG_OK && offset > i.size) {
        err = err_set(NG_ERR_LIMIT, _("beyond the end of the evidence"));
    }
    if (err == NG_OK) {
        max = max < i.size - offset ? max : (size_t)(i.size - offset);
        err = buf_reserve(to, max);
    }
    if (err == NG_OK) {
        err = blob_file_read(b, fd, BLOB_FILE_HEADER + offset, to->data, max, &got);
        to->size = got;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

static enum ng_err write_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const ssize_t done = write(fd, data, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return err_set_errno(errno, _("write the evidence"));
        }
        data += done;
        size -= (size_t)done;
    }
    return NG_OK;
}

enum ng_err blob_write_out(struct blob_folder *b, const struct hash *id, int fd)
{
    struct blob_info i;
    uint8_t block[BLOCK];
    size_t got = 1;
    int from = -1;
    enum ng_err err = check(b, id, &i, &from);
    if (err == NG_OK && i.state != BLOB_THERE) {
        err = err_set(i.state == BLOB_ALTERED ? NG_ERR_VERIFY : NG_ERR_NOT_FOUND, "%s",
                      blob_state_text(i.state));
    }
    for (uint64_t at = BLOB_FILE_HEADER + BLOB_SALT_SIZE; err == NG_OK && got > 0; at += got) {
        err = blob_file_read(b, from, at, block, sizeof(block), &got);
        if (err == NG_OK) {
            err = write_all(fd, block, got);
        }
    }
    if (from >= 0) {
        (void)close(from);
    }
    return err;
}

static bool is_same(const struct blob_folder *b, int blob, int fd)
{
    uint8_t here[BLOCK], there[BLOCK];
    size_t here_size = 1, there_size = 0;
    for (uint64_t at = 0; here_size > 0; at += here_size) {
        const uint64_t blob_at = at + BLOB_FILE_HEADER + BLOB_SALT_SIZE;
        if (blob_file_read(b, blob, blob_at, here, sizeof(here), &here_size) != NG_OK ||
            blob_file_read(b, fd, at, there, sizeof(there), &there_size) != NG_OK ||
            here_size != there_size || memcmp(here, there, here_size) != 0) {
            return false;
        }
    }
    return true;
}

bool blob_is_content(struct blob_folder *b, const struct hash *id, int fd)
{
    struct blob_info i;
    int blob = -1;
    const bool same =
        check(b, id, &i, &blob) == NG_OK && i.state == BLOB_THERE && is_same(b, blob, fd);
    if (blob >= 0) {
        (void)close(blob);
    }
    return same;
}

/* ---- Erasing ---- */

static enum ng_err drop_part(struct blob_folder *b, int shelf, const char *name)
{
    struct blob_file_header h;
    uint64_t size = 0;
    int fd = -1;
    const enum ng_err err = blob_file_open(b, shelf, name, O_RDONLY, &fd, &h, &size);
    if (err == NG_OK) {
        (void)close(fd);
    }
    if (unlinkat(shelf, name, 0) != 0 && errno != ENOENT) {
        return err_set_errno(errno, "%s", b->path);
    }
    return err == NG_OK ? blob_file_count(b, &h.owner, -(int64_t)h.size, -1) : NG_OK;
}

/* Every part of the blob, whoever has begun it. */
static enum ng_err drop_parts(struct blob_folder *b, int shelf, const struct hash *id)
{
    DIR *entries = NULL;
    const struct dirent *e = NULL;
    enum ng_err err = blob_file_entries(b, shelf, &entries);
    if (err != NG_OK) {
        return err;
    }
    while (err == NG_OK && (e = readdir(entries)) != NULL) {
        struct hash found;
        bool part = false;
        if (blob_file_parse(e->d_name, &found, &part) && part && hash_equal(&found, id)) {
            err = drop_part(b, shelf, e->d_name);
        }
    }
    (void)closedir(entries);
    return err;
}

/* The mark is written beside and renamed over the blob: at no moment is neither of them there. */
static enum ng_err put_mark(struct blob_folder *b, int shelf, const struct hash *id,
                            const struct blob_file_header *h, const char *reason)
{
    const struct party_code nobody = {""};
    char name[BLOB_FILE_NAME_SIZE], part[BLOB_FILE_NAME_SIZE];
    const struct bytes text = {(const uint8_t *)reason, strnlen(reason, BLOB_REASON_MAX)};
    int fd = -1;
    blob_file_name(id, NULL, name);
    blob_file_name(id, &nobody, part);
    enum ng_err err = blob_file_create(b, shelf, part, h, &fd);
    if (err != NG_OK) {
        return err;
    }
    err = blob_file_write(b, fd, text, BLOB_FILE_HEADER);
    if (err == NG_OK) {
        err = blob_file_keep(b, fd, shelf, part, shelf, name);
    }
    if (err != NG_OK) {
        (void)unlinkat(shelf, part, 0);
    }
    (void)close(fd);
    return err;
}

enum ng_err blob_erase(struct blob_folder *b, const struct hash *id, const char *reason,
                       int64_t now_ms)
{
    struct blob_info i;
    int shelf = -1;
    enum ng_err err = blob_find(b, id, &i);
    if (err != NG_OK || i.state == BLOB_ERASED) {
        return err;
    }
    err = blob_file_shelf(b, id, true, &shelf);
    if (err != NG_OK) {
        return err;
    }
    const struct blob_file_header h = {
        .owner = i.owner, .size = i.size, .erased_at_ms = now_ms > 0 ? now_ms : 1};
    err = drop_parts(b, shelf, id);
    if (err == NG_OK) {
        err = put_mark(b, shelf, id, &h, reason);
    }
    (void)close(shelf);
    if (err == NG_OK && i.state == BLOB_THERE) {
        err = blob_file_count(b, &i.owner, -(int64_t)i.size, -1);
    }
    return err == NG_OK ? blob_wait_remove(b, id) : err;
}
