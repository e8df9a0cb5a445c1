/* A person's file becomes a blob.
 *
 * The random bytes and the content go into a file of a random name in the folder's root, which is
 * hashed, synced and renamed to its id: a power cut leaves the blob or a leftover that nothing
 * cites, which the next open of the folder a day later takes away.
 */
#include "blob/blob_file.h"
#include "ledger/key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 32768u

/* The content's first bytes are judged as they were copied, not as they may be read again. */
static enum ng_err copy(const struct blob_folder *b, int from, int to, enum blob_type type,
                        enum blob_answer *ret_answer, uint64_t *ret_size)
{
    const uint64_t max = b->limits.content_max > 0 ? b->limits.content_max : UINT64_MAX;
    uint8_t block[BLOCK];
    size_t got = BLOCK;
    uint64_t size = 0;
    key_random(block, BLOB_SALT_SIZE);
    enum ng_err err =
        blob_file_write(b, to, (struct bytes){block, BLOB_SALT_SIZE}, BLOB_FILE_HEADER);
    *ret_answer = BLOB_TAKEN;
    while (err == NG_OK && got == BLOCK && *ret_answer == BLOB_TAKEN) {
        err = blob_file_read(b, from, size, block, sizeof(block), &got);
        if (err != NG_OK) {
            return err;
        }
        if (size == 0 &&
            !blob_type_fits(type,
                            (struct bytes){block, got < BLOB_TYPE_HEAD ? got : BLOB_TYPE_HEAD})) {
            *ret_answer = BLOB_BAD_TYPE;
        } else if (got > max - size) {
            *ret_answer = BLOB_TOO_LARGE;
        } else {
            err = blob_file_write(b, to, (struct bytes){block, got},
                                  BLOB_FILE_HEADER + BLOB_SALT_SIZE + size);
        }
        size += got;
    }
    *ret_size = BLOB_SALT_SIZE + size;
    return err;
}

/* Its size is known once it was copied: the header is written last of all, before the sync. */
static enum ng_err keep(struct blob_folder *b, int fd, const char *temporary, uint64_t size,
                        struct hash *ret_id)
{
    char name[BLOB_FILE_NAME_SIZE];
    int shelf = -1;
    enum ng_err err = blob_file_hash(b, fd, size, ret_id);
    if (err == NG_OK) {
        err = blob_file_shelf(b, ret_id, true, &shelf);
    }
    if (err == NG_OK) {
        blob_file_name(ret_id, NULL, name);
        err = blob_file_keep(b, fd, b->root, temporary, shelf, name);
        (void)close(shelf);
    }
    return err;
}

enum ng_err blob_add(struct blob_folder *b, int fd, enum blob_type type,
                     const struct party_code *owner, int64_t now_ms, enum blob_answer *ret_answer,
                     struct hash *ret_id)
{
    struct blob_file_header header = {.owner = *owner, .put_at_ms = now_ms};
    const struct party_code nobody = {""};
    struct hash random;
    char name[BLOB_FILE_NAME_SIZE];
    uint64_t size = 0;
    int to = -1;
    key_random(random.bytes, sizeof(random.bytes));
    blob_file_name(&random, &nobody, name);
    enum ng_err err = blob_file_create(b, b->root, name, &header, &to);
    if (err != NG_OK) {
        return err;
    }
    err = copy(b, fd, to, type, ret_answer, &size);
    if (err == NG_OK && *ret_answer == BLOB_TAKEN) {
        header.size = size;
        err = blob_file_head(b, to, &header);
        err = err == NG_OK ? keep(b, to, name, size, ret_id) : err;
    }
    if (err != NG_OK || *ret_answer != BLOB_TAKEN) {
        (void)unlinkat(b->root, name, 0);
    }
    (void)close(to);
    return err;
}

static enum ng_err drop(const struct blob_folder *b, const struct hash *id,
                        const struct party_code *part_of)
{
    char name[BLOB_FILE_NAME_SIZE];
    int shelf = -1;
    enum ng_err err = blob_file_shelf(b, id, false, &shelf);
    if (err != NG_OK) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    blob_file_name(id, part_of, name);
    if (unlinkat(shelf, name, 0) != 0 && errno != ENOENT) {
        err = err_set_errno(errno, "%s", b->path);
    }
    (void)close(shelf);
    return err;
}

enum ng_err blob_drop(struct blob_folder *b, const struct hash *id)
{
    enum ng_err err = drop(b, id, NULL);
    return err == NG_OK ? blob_wait_remove(b, id) : err;
}

enum ng_err blob_drop_part(struct blob_folder *b, const struct hash *id)
{
    const struct party_code nobody = {""};
    return drop(b, id, &nobody);
}
