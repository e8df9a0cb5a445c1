/* Opening a folder, counting what is in it by owner, and ids as text. */
#include "base/clock.h"
#include "base/file.h"
#include "base/lang.h"
#include "blob/blob_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEFTOVER_MS (INT64_C(24) * 3600 * 1000)
#define OLD_MS (INT64_C(30) * 24 * 3600 * 1000) /* a part nobody added to is forgotten */

/* ---- Ids ---- */

void blob_id_text(const struct hash *id, char ret[BLOB_ID_TEXT_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HASH_SIZE; i++) {
        ret[2 * i] = digits[id->bytes[i] >> 4];
        ret[2 * i + 1] = digits[id->bytes[i] & 15];
    }
    ret[BLOB_ID_TEXT_SIZE] = '\0';
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool blob_id_parse(const char *text, struct hash *ret)
{
    if (strnlen(text, BLOB_ID_TEXT_SIZE + 1) != BLOB_ID_TEXT_SIZE) {
        return false;
    }
    for (size_t i = 0; i < HASH_SIZE; i++) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ret->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* ---- Opening ---- */

/* Counts one file; a part nobody added to for a month is taken away. */
static enum ng_err count_file(struct blob_folder *b, int shelf, const char *name, int64_t now_ms)
{
    struct hash id;
    bool part = false;
    int fd = -1;
    struct blob_file_header h;
    uint64_t size = 0;
    struct stat st;
    if (!blob_file_parse(name, &id, &part)) {
        return NG_OK;
    }
    enum ng_err err = blob_file_open(b, shelf, name, O_RDONLY, &fd, &h, &size);
    if (err != NG_OK) {
        return err == NG_ERR_NOMEM ? err : NG_OK; /* counted for nobody, shown as altered */
    }
    const bool old = part && fstat(fd, &st) == 0 && now_ms - st.st_mtim.tv_sec * 1000 > OLD_MS;
    (void)close(fd);
    if (old) {
        (void)unlinkat(shelf, name, 0);
        return NG_OK;
    }
    return h.erased_at_ms != 0 ? NG_OK : blob_file_count(b, &h.owner, (int64_t)h.size, 1);
}

static enum ng_err count_shelf(struct blob_folder *b, uint8_t first, int64_t now_ms)
{
    const struct hash id = {{first}};
    int fd = -1;
    enum ng_err err = blob_file_shelf(b, &id, false, &fd);
    if (err != NG_OK) {
        return err == NG_ERR_NOT_FOUND || err == NG_ERR_CORRUPT ? NG_OK : err;
    }
    DIR *entries = fdopendir(fd);
    if (entries == NULL) {
        err = err_set_errno(errno, "%s", b->path);
        (void)close(fd);
        return err;
    }
    const struct dirent *e = NULL;
    while (err == NG_OK && (e = readdir(entries)) != NULL) {
        err = count_file(b, dirfd(entries), e->d_name, now_ms);
    }
    (void)closedir(entries);
    return err;
}

static enum ng_err count_all(struct blob_folder *b, int64_t now_ms)
{
    enum ng_err err = NG_OK;
    b->usage = omap_new();
    if (b->usage == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", b->path);
    }
    for (unsigned i = 0; err == NG_OK && i < 256; i++) {
        err = count_shelf(b, (uint8_t)i, now_ms);
    }
    return err;
}

/* Files that blob_add began a day ago and more. */
static void sweep(const struct blob_folder *b, int64_t now_ms)
{
    DIR *entries = NULL;
    const struct dirent *e = NULL;
    struct hash id;
    struct stat st;
    bool part = false;
    if (blob_file_entries(b, b->root, &entries) != NG_OK) {
        return; /* they are swept another day */
    }
    while ((e = readdir(entries)) != NULL) {
        if (blob_file_parse(e->d_name, &id, &part) && part &&
            fstatat(b->root, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            now_ms - st.st_mtim.tv_sec * 1000 > LEFTOVER_MS) {
            (void)unlinkat(b->root, e->d_name, 0);
        }
    }
    (void)closedir(entries);
}

static enum ng_err open_folders(struct blob_folder *b)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    b->root = open(b->path, flags);
    if (b->root < 0) {
        return err_set_errno(errno, "%s", b->path);
    }
    if (mkdirat(b->root, "waiting", 0700) == 0) {
        const enum ng_err err = blob_file_sync(b, b->root);
        if (err != NG_OK) {
            return err;
        }
    } else if (errno != EEXIST) {
        return err_set_errno(errno, "%s", b->path);
    }
    b->waiting = openat(b->root, "waiting", flags | O_NOFOLLOW);
    return b->waiting >= 0 ? NG_OK : err_set_errno(errno, "%s/waiting", b->path);
}

enum ng_err blob_open(const char *path, const struct blob_limits *limits, struct blob_folder **ret)
{
    struct blob_folder *b = calloc(1, sizeof(*b));
    if (b == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", path);
    }
    *b = (struct blob_folder){.path = strdup(path), .root = -1, .waiting = -1, .limits = *limits};
    enum ng_err err = b->path != NULL ? file_make_folder(path) : err_set(NG_ERR_NOMEM, "%s", path);
    if (err == NG_OK) {
        err = open_folders(b);
    }
    if (err == NG_OK) {
        sweep(b, clock_wall_ms());
    }
    if (err == NG_OK && (limits->owner_bytes_max > 0 || limits->owner_count_max > 0)) {
        err = count_all(b, clock_wall_ms());
    }
    if (err != NG_OK) {
        blob_close(&b);
        return err;
    }
    *ret = b;
    return NG_OK;
}

void blob_close(struct blob_folder **b)
{
    if (*b == NULL) {
        return;
    }
    if ((*b)->waiting >= 0) {
        (void)close((*b)->waiting);
    }
    if ((*b)->root >= 0) {
        (void)close((*b)->root);
    }
    omap_destroy(&(*b)->usage);
    free((*b)->path);
    free(*b);
    *b = NULL;
}

/* ---- Usage ---- */

static struct blob_usage usage_in(struct bytes value)
{
    struct blob_usage u = {0, 0};
    if (value.size == sizeof(u)) {
        memcpy(&u, value.data, sizeof(u));
    }
    return u;
}

struct blob_usage blob_usage_of(const struct blob_folder *b, const struct party_code *owner)
{
    struct bytes value;
    const struct bytes key = {(const uint8_t *)owner->text, strlen(owner->text)};
    return b->usage != NULL && omap_get(b->usage, key, &value) ? usage_in(value)
                                                               : (struct blob_usage){0, 0};
}

bool blob_usage_at(const struct blob_folder *b, size_t n, struct party_code *ret_owner,
                   struct blob_usage *ret)
{
    struct bytes key, value;
    if (b->usage == NULL || !omap_at(b->usage, n, &key, &value) || key.size > PARTY_CODE_MAX) {
        return false;
    }
    *ret_owner = (struct party_code){{0}};
    memcpy(ret_owner->text, key.data, key.size);
    *ret = usage_in(value);
    return true;
}
