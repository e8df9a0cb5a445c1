/* Files done right: whole-file reads with a limit, atomic durable replacement, locks. */
#ifndef NGANAM_BASE_FILE_H
#define NGANAM_BASE_FILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>

/* Reads all of a regular file ("-" is stdin) into an empty buffer; NG_ERR_LIMIT beyond its max. */
enum ng_err file_read(const char *path, struct buf *to) NG_MUST_USE;

/* Writes PATH.tmp, fsyncs it, renames it over PATH and fsyncs the folder: after a power cut the
 * file is the old one or the new one. mode is applied exactly, whatever the umask. */
enum ng_err file_write(const char *path, const void *data, size_t size, mode_t mode) NG_MUST_USE;

/* The same in pieces, for what is not held in memory: begin, add …, then end puts it in the place
 * of PATH or drop forgets it; drop after end, or of a zeroed one, does nothing. path is borrowed.
 */
struct file_making {
    const char *path;
    char *temporary; /* NULL: none is being made */
    int fd;
};
enum ng_err file_begin(const char *path, mode_t mode, struct file_making *ret) NG_MUST_USE;
enum ng_err file_add(struct file_making *m, const void *data, size_t size) NG_MUST_USE;
enum ng_err file_end(struct file_making *m) NG_MUST_USE;
void file_drop(struct file_making *m);

/* Creates a folder and its missing parents (0700), each followed by a sync of its parent. */
enum ng_err file_make_folder(const char *path) NG_MUST_USE;
enum ng_err file_sync_folder(const char *path) NG_MUST_USE;
bool file_exists(const char *path);

/* "folder/name" into a new string the caller frees; NULL when out of memory. */
char *file_join(const char *folder, const char *name);

/* An exclusive flock on a file, made if missing. NG_ERR_BUSY (with the path) when another process
 * holds it and wait is false. Gives a descriptor; file_unlock closes it and sets it to −1. */
enum ng_err file_lock(const char *path, bool wait, int *ret_fd) NG_MUST_USE;
/* The same on a folder that is there; waits. Nothing is made in it. */
enum ng_err file_lock_folder(const char *path, int *ret_fd) NG_MUST_USE;
void file_unlock(int *fd);

#endif
