/* The list of those that wait: a file each, named by the id, with the
 * code of the party on whose word it is there. A list that another process may
 * read and change at any moment, that survives a power cut, and that costs nothing while it is
 * empty. */
#include "blob/blob_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum ng_err blob_wait_note(struct blob_folder *b, const struct hash *id,
                           const struct party_code *by)
{
    char name[BLOB_FILE_NAME_SIZE];
    blob_file_name(id, NULL, name);
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const int fd = openat(b->waiting, name, flags, 0600);
    if (fd < 0) {
        return errno == EEXIST ? NG_OK : err_set_errno(errno, "%s/waiting", b->path);
    }
    const struct bytes text = {(const uint8_t *)by->text, strlen(by->text)};
    enum ng_err err = blob_file_write(b, fd, text, 0);
    (void)close(fd);
    return err;
}

enum ng_err blob_wait_sync(struct blob_folder *b)
{
    return blob_file_sync(b, b->waiting);
}

enum ng_err blob_wait_add(struct blob_folder *b, const struct hash *id)
{
    const struct party_code nobody = {""};
    enum ng_err err = blob_wait_note(b, id, &nobody);
    return err == NG_OK ? blob_wait_sync(b) : err;
}

enum ng_err blob_waits(struct blob_folder *b, const struct hash *id, bool *ret)
{
    char name[BLOB_FILE_NAME_SIZE];
    blob_file_name(id, NULL, name);
    *ret = faccessat(b->waiting, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    return *ret || errno == ENOENT ? NG_OK : err_set_errno(errno, "%s/waiting", b->path);
}

enum ng_err blob_wait_remove(struct blob_folder *b, const struct hash *id)
{
    char name[BLOB_FILE_NAME_SIZE];
    blob_file_name(id, NULL, name);
    if (unlinkat(b->waiting, name, 0) != 0) {
        return errno == ENOENT ? NG_OK : err_set_errno(errno, "%s/waiting", b->path);
    }
    return NG_OK; /* not synced: one that waits again after a power cut is found to be there */
}

/* Unknown when it cannot be read: it waits all the same. */
static struct party_code noted_by(const struct blob_folder *b, const char *name)
{
    struct party_code by = {""};
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const int fd = openat(b->waiting, name, flags);
    size_t size = 0;
    if (fd >= 0) {
        if (blob_file_read(b, fd, 0, (uint8_t *)by.text, PARTY_CODE_MAX, &size) != NG_OK) {
            size = 0;
        }
        (void)close(fd);
    }
    by.text[size] = '\0';
    return statement_code_valid(by.text) ? by : (struct party_code){""};
}

static enum ng_err each(struct blob_folder *b, bool read, blob_wait_fn fn, void *context)
{
    DIR *entries = NULL;
    const struct dirent *e = NULL;
    enum ng_err err = blob_file_entries(b, b->waiting, &entries);
    if (err != NG_OK) {
        return err;
    }
    while (err == NG_OK && (e = readdir(entries)) != NULL) {
        struct hash id;
        if (blob_id_parse(e->d_name, &id)) {
            const struct party_code by = read ? noted_by(b, e->d_name) : (struct party_code){""};
            err = fn(context, &id, &by);
        }
    }
    (void)closedir(entries);
    return err;
}

enum ng_err blob_wait_each(struct blob_folder *b, blob_wait_fn fn, void *context)
{
    return each(b, true, fn, context);
}

struct list {
    struct hash *ids;
    size_t max, count;
};

/* A blob_wait_fn. */
static enum ng_err put(void *context, const struct hash *id, const struct party_code *by)
{
    struct list *l = context;
    (void)by;
    if (l->count < l->max) {
        l->ids[l->count] = *id;
    }
    l->count++;
    return NG_OK;
}

enum ng_err blob_wait_list(struct blob_folder *b, struct hash *ret, size_t max, size_t *ret_count)
{
    struct list l = {.ids = ret, .max = max};
    enum ng_err err = each(b, false, put, &l);
    if (err == NG_OK) {
        *ret_count = l.count;
    }
    return err;
}
