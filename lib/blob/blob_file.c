/* Files of blobs, by descriptor. Every name here is made of hex digits; every open has O_NOFOLLOW,
 * and a file that has a second name somewhere is not touched: whoever can write the folder shall
 * not be able to lead a program out of it. */
#include "blob/blob_file.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "nganam/blob/0001"

_Static_assert(sizeof(DOMAIN) == 17, "a domain is 16 bytes");

static enum ng_err fail(const struct blob_folder *b, int saved_errno)
{
    return err_set_errno(saved_errno, "%s", b->path);
}

static enum ng_err no_file(const struct blob_folder *b, const char *name)
{
    return err_set(NG_ERR_CORRUPT, _("%s: what stands under %.64s is no evidence file"), b->path,
                   name);
}

void blob_file_name(const struct hash *id, const struct party_code *part_of,
                    char ret[BLOB_FILE_NAME_SIZE])
{
    blob_id_text(id, ret);
    if (part_of != NULL) {
        CHECK(part_of->text[0] == '\0' || statement_code_valid(part_of->text));
        (void)snprintf(ret + BLOB_ID_TEXT_SIZE, BLOB_FILE_NAME_SIZE - BLOB_ID_TEXT_SIZE,
                       "%s%s.part", part_of->text[0] != '\0' ? "." : "", part_of->text);
    }
}

bool blob_file_parse(const char *name, struct hash *ret_id, bool *ret_part)
{
    struct party_code owner = {""};
    char text[BLOB_FILE_NAME_SIZE];
    const size_t size = strlen(name), end = sizeof(".part") - 1;
    if (size < BLOB_ID_TEXT_SIZE || size >= sizeof(text)) {
        return false;
    }
    memcpy(text, name, BLOB_ID_TEXT_SIZE);
    text[BLOB_ID_TEXT_SIZE] = '\0';
    *ret_part = size > BLOB_ID_TEXT_SIZE;
    if (!blob_id_parse(text, ret_id)) {
        return false;
    }
    if (!*ret_part) {
        return true;
    }
    if (size > BLOB_ID_TEXT_SIZE + end) {
        (void)snprintf(owner.text, sizeof(owner.text), "%.*s",
                       (int)(size - end - BLOB_ID_TEXT_SIZE - 1), name + BLOB_ID_TEXT_SIZE + 1);
    }
    if (owner.text[0] != '\0' && !statement_code_valid(owner.text)) {
        return false;
    }
    blob_file_name(ret_id, &owner, text);
    return strcmp(text, name) == 0;
}

enum ng_err blob_file_shelf(const struct blob_folder *b, const struct hash *id, bool make,
                            int *ret_fd)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    char name[3];
    (void)snprintf(name, sizeof(name), "%02x", id->bytes[0]);
    int fd = openat(b->root, name, flags);
    if (fd < 0 && errno == ENOENT && make) {
        if (mkdirat(b->root, name, 0700) != 0 && errno != EEXIST) {
            return fail(b, errno);
        }
        enum ng_err err = blob_file_sync(b, b->root);
        if (err != NG_OK) {
            return err;
        }
        fd = openat(b->root, name, flags);
    }
    if (fd < 0) {
        const int saved = errno;
        return saved == ENOENT                      ? err_plain(NG_ERR_NOT_FOUND)
               : saved == ELOOP || saved == ENOTDIR ? no_file(b, name)
                                                    : fail(b, saved);
    }
    *ret_fd = fd;
    return NG_OK;
}

/* ---- Bytes ---- */

enum ng_err blob_file_write(const struct blob_folder *b, int fd, struct bytes data, uint64_t at)
{
    while (data.size > 0) {
        const ssize_t done = pwrite(fd, data.data, data.size, (off_t)at);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return fail(b, errno);
        }
        data.data += done;
        data.size -= (size_t)done;
        at += (uint64_t)done;
    }
    return NG_OK;
}

enum ng_err blob_file_read(const struct blob_folder *b, int fd, uint64_t at, uint8_t *to,
                           size_t size, size_t *ret_size)
{
    size_t used = 0;
    while (used < size) {
        const ssize_t got = pread(fd, to + used, size - used, (off_t)(at + used));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail(b, errno);
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
    }
    *ret_size = used;
    return NG_OK;
}

enum ng_err blob_file_sync(const struct blob_folder *b, int fd)
{
    while (fsync(fd) != 0) {
        if (errno != EINTR) {
            return err_set_errno(errno, _("%s: sync to disk"), b->path);
        }
    }
    return NG_OK;
}

enum ng_err blob_file_entries(const struct blob_folder *b, int folder, DIR **ret)
{
    const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *ret = fd >= 0 ? fdopendir(fd) : NULL;
    if (*ret != NULL) {
        return NG_OK;
    }
    const enum ng_err err =
        err_set_errno(errno, "%s%s", b->path, folder == b->waiting ? "/waiting" : "");
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

enum ng_err blob_file_hash(const struct blob_folder *b, int fd, uint64_t size, struct hash *ret)
{
    uint64_t hashed = 0;
    if (hash_of_file(fd, BLOB_FILE_HEADER, UINT64_MAX, &hashed, ret) != 0) {
        return fail(b, errno);
    }
    if (hashed != size) {
        return err_set(NG_ERR_CORRUPT, _("%s: an evidence file was cut or has grown"), b->path);
    }
    return NG_OK;
}

/* ---- Headers ---- */

static void encode(const struct blob_file_header *h, uint8_t to[BLOB_FILE_HEADER])
{
    memset(to, 0, BLOB_FILE_HEADER);
    memcpy(to, DOMAIN, 16);
    memcpy(to + 16, h->owner.text, strnlen(h->owner.text, PARTY_CODE_MAX));
    bytes_put_u64(to + 32, h->size);
    bytes_put_u64(to + 40, (uint64_t)h->put_at_ms);
    bytes_put_u64(to + 48, (uint64_t)h->erased_at_ms);
}

static bool decode(const uint8_t from[BLOB_FILE_HEADER], struct blob_file_header *ret)
{
    *ret = (struct blob_file_header){.size = bytes_get_u64(from + 32),
                                     .put_at_ms = (int64_t)bytes_get_u64(from + 40),
                                     .erased_at_ms = (int64_t)bytes_get_u64(from + 48)};
    memcpy(ret->owner.text, from + 16, PARTY_CODE_MAX);
    return memcmp(from, DOMAIN, 16) == 0 && bytes_get_u64(from + 56) == 0 &&
           ret->size <= INT64_MAX && ret->put_at_ms >= 0 && ret->erased_at_ms >= 0 &&
           (ret->owner.text[0] == '\0' || statement_code_valid(ret->owner.text));
}

static enum ng_err read_header(const struct blob_folder *b, int fd, const char *name,
                               struct blob_file_header *ret_header, uint64_t *ret_size)
{
    struct stat st;
    uint8_t bytes[BLOB_FILE_HEADER];
    size_t got = 0;
    if (fstat(fd, &st) != 0) {
        return fail(b, errno);
    }
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_size < BLOB_FILE_HEADER) {
        return no_file(b, name);
    }
    enum ng_err err = blob_file_read(b, fd, 0, bytes, sizeof(bytes), &got);
    if (err == NG_OK && (got != sizeof(bytes) || !decode(bytes, ret_header))) {
        err = no_file(b, name);
    }
    *ret_size = (uint64_t)st.st_size - BLOB_FILE_HEADER;
    return err;
}

enum ng_err blob_file_open(const struct blob_folder *b, int shelf, const char *name, int flags,
                           int *ret_fd, struct blob_file_header *ret_header, uint64_t *ret_size)
{
    /* O_NONBLOCK: a FIFO in the file's place must not hang us. */
    const int fd = openat(shelf, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        const int saved = errno;
        return saved == ENOENT                                       ? err_plain(NG_ERR_NOT_FOUND)
               : saved == ELOOP || saved == EISDIR || saved == ENXIO ? no_file(b, name)
                                                                     : fail(b, saved);
    }
    enum ng_err err = read_header(b, fd, name, ret_header, ret_size);
    if (err != NG_OK) {
        (void)close(fd);
        return err;
    }
    *ret_fd = fd;
    return NG_OK;
}

enum ng_err blob_file_head(const struct blob_folder *b, int fd,
                           const struct blob_file_header *header)
{
    uint8_t bytes[BLOB_FILE_HEADER];
    encode(header, bytes);
    return blob_file_write(b, fd, (struct bytes){bytes, sizeof(bytes)}, 0);
}

enum ng_err blob_file_create(const struct blob_folder *b, int shelf, const char *name,
                             const struct blob_file_header *header, int *ret_fd)
{
    const int fd = openat(shelf, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(b, errno);
    }
    enum ng_err err = blob_file_head(b, fd, header);
    if (err != NG_OK) {
        (void)unlinkat(shelf, name, 0);
        (void)close(fd);
        return err;
    }
    *ret_fd = fd;
    return NG_OK;
}

enum ng_err blob_file_keep(const struct blob_folder *b, int fd, int from_folder, const char *from,
                           int shelf, const char *to)
{
    enum ng_err err = blob_file_sync(b, fd);
    if (err == NG_OK && renameat(from_folder, from, shelf, to) != 0) {
        err = fail(b, errno);
    }
    return err == NG_OK ? blob_file_sync(b, shelf) : err;
}

/* ---- Counting ---- */

enum ng_err blob_file_count(struct blob_folder *b, const struct party_code *owner, int64_t bytes,
                            int64_t count)
{
    if (b->usage == NULL) {
        return NG_OK;
    }
    const struct blob_usage old = blob_usage_of(b, owner);
    const struct blob_usage now = {old.bytes + (uint64_t)bytes, old.count + (uint64_t)count};
    return omap_put(b->usage, (struct bytes){(const uint8_t *)owner->text, strlen(owner->text)},
                    (struct bytes){(const uint8_t *)&now, sizeof(now)});
}
