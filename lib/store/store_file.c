#include "store/store_file.h"

#include "base/file.h"
#include "base/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fills a missing end with a hole. fallocate never shortens and never touches what is there, so a
 * writer in another process is not disturbed; where it is not possible nothing is worse than
 * before. */
void store_file_fill(const struct store *s)
{
    MDB_envinfo info = {0};
    MDB_stat stat = {0};
    struct stat st;
    int read_fd = -1;
    if (mdb_env_info(s->mdb, &info) != 0 || mdb_env_stat(s->mdb, &stat) != 0 ||
        mdb_env_get_fd(s->mdb, &read_fd) != 0 || fstat(read_fd, &st) != 0) {
        return;
    }
    /* A damaged meta page may name any page as the last. */
    if (info.me_last_pgno >= s->map_bytes_max / stat.ms_psize) {
        return;
    }
    const off_t whole = (off_t)(info.me_last_pgno + 1) * (off_t)stat.ms_psize;
    if (st.st_size >= whole) {
        return;
    }
    char *path = file_join(s->path, "data.mdb");
    int fd = path != NULL ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fallocate(fd, 0, whole - 1, 1); /* a hole takes no space but for its end */
        close(fd);
    }
    free(path);
}

/* LMDB begins a file with two meta pages in one write. A disk that is full in the middle of it
 * leaves less, which LMDB then takes for somebody else's file, though nothing was ever committed
 * there. True if that is what lies here: too short, and as far as it goes the head of a meta page
 * (mdb.c: page number 0, P_META, MDB_MAGIC). */
static bool is_unfinished(const char *data, const struct stat *st)
{
    const struct {
        uint64_t number;
        uint16_t pad, flags, lower, upper;
        uint32_t magic;
    } head = {.flags = 0x08, .magic = UINT32_C(0xBEEFC0DE)};
    uint8_t found[20];
    if (!S_ISREG(st->st_mode) || st->st_size >= 2 * (off_t)sysconf(_SC_PAGESIZE)) {
        return false;
    }
    int fd = open(data, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, found, sizeof(found)) : -1;
    bool unfinished = size >= 0 && memcmp(found, &head, (size_t)size) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return unfinished;
}

enum ng_err store_file_prepare(const struct store *s, bool create)
{
    enum ng_err err = NG_OK;
    char *data = file_join(s->path, "data.mdb");
    if (data == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", s->path);
    }
    struct stat st;
    if (stat(data, &st) != 0) {
        err = create && errno == ENOENT ? NG_OK : err_set_errno(errno, "%s", data);
    } else if (is_unfinished(data, &st)) {
        /* Nobody is at it right now: whoever may create it holds the folder's lock until it is
         * more than this. */
        err = !create             ? err_set(NG_ERR_NOT_FOUND, _("%s: the store is empty"), s->path)
              : unlink(data) == 0 ? NG_OK
                                  : err_set_errno(errno, "%s", data);
    }
    free(data);
    return err;
}
