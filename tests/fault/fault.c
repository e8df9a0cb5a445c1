#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef NGANAM_VALGRIND
#include <valgrind/valgrind.h>
#endif

static atomic_uint plan_kinds;
static atomic_uint plan_call;
static atomic_int plan_error;
static atomic_bool plan_sticky;
static atomic_bool plan_short;
static atomic_uint calls;
static atomic_bool struck;
static atomic_int disk_full;
static atomic_uint writes_through;

void fault_set(unsigned kinds, unsigned call, int error, bool sticky)
{
    atomic_store(&plan_kinds, 0);
    atomic_store(&plan_call, call);
    atomic_store(&plan_error, error);
    atomic_store(&plan_sticky, sticky);
    atomic_store(&plan_short, false);
    atomic_store(&calls, 0);
    atomic_store(&struck, false);
    atomic_store(&writes_through, 0);
    atomic_store(&disk_full, error == ENOSPC && (kinds & FAULT_WRITE) != 0 ? FAULT_DISK_FULL
                                                                           : FAULT_DISK_AS_IT_IS);
    atomic_store(&plan_kinds, kinds);
}

void fault_set_disk(enum fault_disk disk)
{
    atomic_store(&disk_full, (int)disk);
}

void fault_set_short(unsigned call)
{
    fault_set(0, call, 0, false);
    atomic_store(&plan_short, true);
    atomic_store(&plan_kinds, FAULT_WRITE);
}

bool fault_clear(void)
{
    atomic_store(&plan_kinds, 0);
    return atomic_load(&struck);
}

unsigned fault_writes_through(void)
{
    return atomic_load(&writes_through);
}

unsigned fault_calls(void)
{
    return atomic_load(&calls);
}

/* Counts the call; true if the plan strikes it. */
static bool strikes(enum fault_kind kind)
{
    if ((atomic_load(&plan_kinds) & (unsigned)kind) == 0) {
        return false;
    }
    unsigned number = atomic_fetch_add(&calls, 1) + 1;
    unsigned wanted = atomic_load(&plan_call);
    if (number != wanted && (number < wanted || !atomic_load(&plan_sticky))) {
        return false;
    }
    atomic_store(&struck, true);
    return true;
}

/* True if the call must fail; errno is set. */
static bool fails(enum fault_kind kind)
{
    if (atomic_load(&plan_short) || !strikes(kind)) {
        return false;
    }
    if (atomic_load(&plan_error) == FAULT_STOP) {
#ifdef NGANAM_VALGRIND
        VALGRIND_CLO_CHANGE("--leak-check=no"); /* what an ended process held is no leak */
#endif
        _exit(FAULT_STOPPED);
    }
    errno = atomic_load(&plan_error);
    return true;
}

/* How much of a write goes through: all, half, or nothing (−1, errno is set). */
static ssize_t write_share(size_t size)
{
    if (atomic_load(&plan_short)) {
        return (ssize_t)(size > 1 && strikes(FAULT_WRITE) ? size / 2 : size);
    }
    return fails(FAULT_WRITE) ? -1 : (ssize_t)size;
}

/* The names ld --wrap gives: __wrap_x is called for x, __real_x is libc's x. */
/* clang-format off */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
int __real_vasprintf(char **out, const char *format, va_list args);
int __real_open(const char *path, int flags, ...);
int __real_openat(int folder, const char *path, int flags, ...);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __real_pread(int fd, void *to, size_t size, off_t at);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t at);
ssize_t __real_writev(int fd, const struct iovec *parts, int count);
ssize_t __real_pwritev(int fd, const struct iovec *parts, int count, off_t at);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_rename(const char *from, const char *to);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t from);
int __real_mkdir(const char *path, mode_t mode);
int __real_mkdirat(int folder, const char *path, mode_t mode);
int __real_unlink(const char *path);
int __real_unlinkat(int folder, const char *path, int flags);
int __real_fchmod(int fd, mode_t mode);
int __real_fstatvfs(int fd, struct statvfs *ret);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
int __wrap_vasprintf(char **out, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t at);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_pwritev(int fd, const struct iovec *parts, int count, off_t at);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t from);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdirat(int folder, const char *path, mode_t mode);
int __wrap_unlink(const char *path);
int __wrap_unlinkat(int folder, const char *path, int flags);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fstatvfs(int fd, struct statvfs *ret);
/* clang-format on */

void *__wrap_malloc(size_t size)
{
    return fails(FAULT_MEMORY) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(FAULT_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails(FAULT_MEMORY) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails(FAULT_MEMORY) ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails(FAULT_MEMORY) ? NULL : __real_strndup(text, size);
}

int __wrap_vasprintf(char **out, const char *format, va_list args)
{
    return fails(FAULT_MEMORY) ? -1 : __real_vasprintf(out, format, args);
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = fails(FAULT_MEMORY) ? -1 : __real_vasprintf(out, format, args);
    va_end(args);
    return length;
}

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return fails(FAULT_OPEN) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return fails(FAULT_OPEN) ? -1 : __real_openat(folder, path, flags, mode);
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
    return fails(FAULT_READ) ? -1 : __real_read(fd, to, size);
}

ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
    return fails(FAULT_READ) ? -1 : __real_pread(fd, to, size, at);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    ssize_t share = write_share(size);
    return share < 0 ? -1 : __real_write(fd, data, (size_t)share);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t at)
{
    ssize_t share = write_share(size);
    if ((fcntl(fd, F_GETFL) & O_DSYNC) != 0) {
        atomic_fetch_add(&writes_through, 1);
    }
    return share < 0 ? -1 : __real_pwrite(fd, data, (size_t)share, at);
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
    if (atomic_load(&plan_short) && count > 0 && strikes(FAULT_WRITE)) {
        return __real_write(fd, parts[0].iov_base, parts[0].iov_len / 2);
    }
    return fails(FAULT_WRITE) ? -1 : __real_writev(fd, parts, count);
}

ssize_t __wrap_pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    if (atomic_load(&plan_short) && count > 0 && strikes(FAULT_WRITE)) {
        return __real_pwrite(fd, parts[0].iov_base, parts[0].iov_len / 2, at);
    }
    return fails(FAULT_WRITE) ? -1 : __real_pwritev(fd, parts, count, at);
}

int __wrap_fsync(int fd)
{
    return fails(FAULT_SYNC) ? -1 : __real_fsync(fd);
}

int __wrap_fdatasync(int fd)
{
    return fails(FAULT_SYNC) ? -1 : __real_fdatasync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return fails(FAULT_RENAME) ? -1 : __real_rename(from, to);
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return fails(FAULT_RENAME) ? -1 : __real_renameat(from_folder, from, to_folder, to);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t from)
{
    return fails(FAULT_MAP) ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, from);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return fails(FAULT_FOLDER) ? -1 : __real_mkdir(path, mode);
}

int __wrap_mkdirat(int folder, const char *path, mode_t mode)
{
    return fails(FAULT_FOLDER) ? -1 : __real_mkdirat(folder, path, mode);
}

int __wrap_unlink(const char *path)
{
    return fails(FAULT_FOLDER) ? -1 : __real_unlink(path);
}

int __wrap_unlinkat(int folder, const char *path, int flags)
{
    return fails(FAULT_FOLDER) ? -1 : __real_unlinkat(folder, path, flags);
}

int __wrap_fchmod(int fd, mode_t mode)
{
    return fails(FAULT_FOLDER) ? -1 : __real_fchmod(fd, mode);
}

/* A disk without space for a write has none to show either; one with space for a sync has. */
int __wrap_fstatvfs(int fd, struct statvfs *ret)
{
    const int result = __real_fstatvfs(fd, ret);
    const int full = atomic_load(&disk_full);
    if (full != FAULT_DISK_AS_IT_IS) {
        ret->f_bavail = full == FAULT_DISK_FULL ? 0 : 1U << 20;
    }
    return result;
}
