/* Files: what makes a write durable, in one place.
 *
 * Happy path of file_write: unlink an old PATH.tmp, create it anew, write, fsync, close, rename
 * over PATH, fsync the folder. A power cut before the rename leaves the old file (and perhaps a
 * .tmp that the next write removes); after the last fsync the new one; between them one of the two.
 *
 * Possible failures: every system call, each reported with the path. A failed close after a write
 * counts as a failed write (quota and network file systems report late). On failure the .tmp is
 * removed and PATH is untouched, save when the last folder sync fails: then the new file is there
 * but not known to be durable, and the caller is told it is not.
 */
#include "base/file.h"

#include "base/check.h"
#include "base/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum ng_err read_all(int fd, const char *path, struct buf *to)
{
    char block[16384];
    for (;;) {
        ssize_t got = read(fd, block, sizeof(block));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(errno, "%s", path);
        }
        if (got == 0) {
            return err_wrap(buf_reserve(to, 0), "%s", path);
        }
        enum ng_err err = buf_add(to, block, (size_t)got);
        if (err != NG_OK) {
            return err_wrap(err, "%s", path);
        }
    }
}

enum ng_err file_read(const char *path, struct buf *to)
{
    CHECK(to->size == 0);
    bool is_stdin = strcmp(path, "-") == 0;
    /* O_NONBLOCK: opening a FIFO by mistake must not hang; regular files ignore it. */
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return err_set_errno(errno, "%s", path);
    }
    struct stat st;
    enum ng_err err;
    if (is_stdin) {
        err = read_all(fd, _("standard input"), to);
    } else if (fstat(fd, &st) != 0) {
        err = err_set_errno(errno, "%s", path);
    } else if (!S_ISREG(st.st_mode)) {
        err = err_set(NG_ERR_INPUT, _("%s: not a regular file"), path);
    } else {
        err = read_all(fd, path, to);
    }
    if (!is_stdin) {
        close(fd); /* only read from: nothing can be lost */
    }
    if (err != NG_OK) {
        buf_clear(to);
    }
    return err;
}

static enum ng_err write_all(int fd, const char *path, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, data, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return err_set_errno(errno, "%s", path);
        }
        data += done;
        size -= (size_t)done;
    }
    return NG_OK;
}

/* fsync is retried only when a signal broke it off; any real failure is final. */
static enum ng_err sync_fd(int fd, const char *path)
{
    while (fsync(fd) != 0) {
        if (errno != EINTR) {
            return err_set_errno(errno, _("%s: sync to disk"), path);
        }
    }
    return NG_OK;
}

/* The folder that holds path, into a new string; NULL when out of memory. */
static char *folder_of(const char *path)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/') {
        size--;
    }
    while (size > 0 && path[size - 1] != '/') {
        size--;
    }
    while (size > 1 && path[size - 1] == '/') {
        size--;
    }
    return size > 0 ? strndup(path, size) : strdup(".");
}

static enum ng_err sync_parent(const char *path)
{
    char *folder = folder_of(path);
    if (folder == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", path);
    }
    enum ng_err err = file_sync_folder(folder);
    free(folder);
    return err;
}

static enum ng_err make_temporary(const char *path, mode_t mode, int *ret_fd)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return err_set_errno(errno, "%s", path);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_set_errno(errno, "%s", path);
    }
    if (fchmod(fd, mode) != 0) {
        enum ng_err err = err_set_errno(errno, "%s", path);
        (void)close(fd);
        (void)unlink(path);
        return err;
    }
    *ret_fd = fd;
    return NG_OK;
}

enum ng_err file_begin(const char *path, mode_t mode, struct file_making *ret)
{
    *ret = (struct file_making){.path = path, .fd = -1};
    if (asprintf(&ret->temporary, "%s.tmp", path) < 0) {
        ret->temporary = NULL;
        return err_set(NG_ERR_NOMEM, "%s", path);
    }
    enum ng_err err = make_temporary(ret->temporary, mode, &ret->fd);
    if (err != NG_OK) {
        free(ret->temporary);
        ret->temporary = NULL;
    }
    return err;
}

enum ng_err file_add(struct file_making *m, const void *data, size_t size)
{
    return write_all(m->fd, m->temporary, data, size);
}

enum ng_err file_end(struct file_making *m)
{
    enum ng_err err = sync_fd(m->fd, m->temporary);
    if (close(m->fd) != 0 && err == NG_OK && errno != EINTR) {
        err = err_set_errno(errno, "%s", m->temporary);
    }
    m->fd = -1;
    if (err == NG_OK && rename(m->temporary, m->path) != 0) {
        err = err_set_errno(errno, "%s", m->path);
    }
    if (err != NG_OK) {
        file_drop(m);
        return err;
    }
    free(m->temporary);
    m->temporary = NULL;
    return sync_parent(m->path);
}

void file_drop(struct file_making *m)
{
    if (m->temporary == NULL) {
        return;
    }
    if (m->fd >= 0) {
        (void)close(m->fd);
    }
    (void)unlink(m->temporary);
    free(m->temporary);
    m->temporary = NULL;
}

enum ng_err file_write(const char *path, const void *data, size_t size, mode_t mode)
{
    struct file_making m = {.temporary = NULL};
    enum ng_err err = file_begin(path, mode, &m);
    if (err == NG_OK) {
        err = file_add(&m, data, size);
    }
    if (err == NG_OK) {
        err = file_end(&m);
    }
    file_drop(&m);
    return err;
}

enum ng_err file_sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(errno, "%s", path);
    }
    enum ng_err err = sync_fd(fd, path);
    close(fd);
    return err;
}

static enum ng_err make_one(const char *path)
{
    if (mkdir(path, 0700) == 0) {
        return sync_parent(path);
    }
    int saved_errno = errno;
    struct stat st;
    if (stat(path, &st) == 0) {
        return S_ISDIR(st.st_mode) ? NG_OK : err_set_errno(ENOTDIR, "%s", path);
    }
    return err_set_errno(saved_errno, "%s", path);
}

enum ng_err file_make_folder(const char *path)
{
    char *part = strdup(path);
    if (part == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", path);
    }
    enum ng_err err = NG_OK;
    for (char *end = part; err == NG_OK && *end != '\0'; end++) {
        bool ends_here = end > part && *end == '/' && end[-1] != '/';
        if (ends_here) {
            *end = '\0';
            err = make_one(part);
            *end = '/';
        }
    }
    if (err == NG_OK) {
        err = make_one(part);
    }
    free(part);
    return err;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

char *file_join(const char *folder, const char *name)
{
    size_t size = strlen(folder);
    const char *between = size > 0 && folder[size - 1] == '/' ? "" : "/";
    char *joined = NULL;
    return asprintf(&joined, "%s%s%s", folder, between, name) < 0 ? NULL : joined;
}

/* An exclusive flock on a descriptor just opened; takes it over. */
static enum ng_err lock_opened(int fd, const char *path, bool wait, int *ret_fd)
{
    if (fd < 0) {
        return err_set_errno(errno, "%s", path);
    }
    while (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
        int saved_errno = errno;
        if (saved_errno == EINTR) {
            continue;
        }
        close(fd);
        if (saved_errno == EWOULDBLOCK) {
            return err_set(NG_ERR_BUSY, _("%s: in use by another process"), path);
        }
        return err_set_errno(saved_errno, "%s", path);
    }
    *ret_fd = fd;
    return NG_OK;
}

enum ng_err file_lock(const char *path, bool wait, int *ret_fd)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return lock_opened(fd, path, wait, ret_fd);
}

enum ng_err file_lock_folder(const char *path, int *ret_fd)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return lock_opened(fd, path, true, ret_fd);
}

void file_unlock(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}
