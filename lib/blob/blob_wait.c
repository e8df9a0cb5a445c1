/* The list of those that wait: an empty file each, named by the id. A list that another process may
 * read and change at any moment, that survives a power cut, and that costs nothing while it is
 * empty. */
#include "blob/blob_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum ng_err blob_wait_note(struct blob_folder *b, const struct hash *id)
{
    char name[BLOB_FILE_NAME_SIZE];
    blob_file_name(id, false, name);
    const int fd =
        openat(b->waiting, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_set_errno(errno, "%s/waiting", b->path);
    }
    (void)close(fd);
    return NG_OK;
}

enum ng_err blob_wait_sync(struct blob_folder *b)
{
    return blob_file_sync(b, b->waiting);
}

enum ng_err blob_wait_add(struct blob_folder *b, const struct hash *id)
{
    enum ng_err err = blob_wait_note(b, id);
    return err == NG_OK ? blob_wait_sync(b) : err;
}

enum ng_err blob_waits(struct blob_folder *b, const struct hash *id, bool *ret)
{
    char name[BLOB_FILE_NAME_SIZE];
    blob_file_name(id, false, name);
    *ret = faccessat(b->waiting, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    return *ret || errno == ENOENT ? NG_OK : err_set_errno(errno, "%s/waiting", b->path);
}

enum ng_err blob_wait_remove(struct blob_folder *b, const struct hash *id)
{
    char name[BLOB_FILE_NAME_SIZE];
    blob_file_name(id, false, name);
    if (unlinkat(b->waiting, name, 0) != 0) {
        return errno == ENOENT ? NG_OK : err_set_errno(errno, "%s/waiting", b->path);
    }
    return NG_OK; /* not synced: one that waits again after a power cut is found to be there */
}

enum ng_err blob_wait_list(struct blob_folder *b, struct hash *ret, size_t max, size_t *ret_count)
{
    /* A descriptor of its own: readdir moves it. */
    const int fd = openat(b->waiting, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        const enum ng_err err = err_set_errno(errno, "%s/waiting", b->path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return err;
    }
    const struct dirent *e = NULL;
    size_t count = 0;
    while ((e = readdir(entries)) != NULL) {
        struct hash id;
        if (blob_id_parse(e->d_name, &id)) {
            if (count < max) {
                ret[count] = id;
            }
            count++;
        }
    }
    (void)closedir(entries);
    *ret_count = count;
    return NG_OK;
}
