/* Fault injection into a whole program: libnganam_preload.so, put in front of libc by LD_PRELOAD.
 *
 * fault.c reaches what is linked into a test; this one reaches a program as it is installed, with
 * LMDB, jansson and libc's own allocations, and needs no other build of it. The plan lies in a file
 * that is mapped here and in the test (tests/town/faults.py), so that a service can be started in
 * peace, armed when it is ready, and asked afterwards how many calls there were.
 *
 *   NGANAM_FAULT_PLAN     the file, one struct plan; without it every call goes straight on
 *   NGANAM_FAULT_PROGRAM  only a program of this name takes part
 *   NGANAM_FAULT_UNDER    only files whose path begins with this are counted: the data directory.
 *                         What libzmq does with its descriptors is none of ours.
 *
 * An allocation counts for who wants it: libzmq, what it brings with it and libcrypto end the
 * process when memory is out (libcrypto, which makes its tables at the start, may even crash),
 * which no caller can change, so theirs are a kind of their own. What libc or the loader allocate
 * (a name that is looked up, a thread's stack) is theirs if one of them is on the stack.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>
#include <unwind.h>

enum kind {
    KIND_MEMORY = 1, /* malloc calloc realloc */
    KIND_OPEN = 2,
    KIND_READ = 4,
    KIND_WRITE = 8, /* write pwrite writev pwritev */
    KIND_SYNC = 16, /* fsync fdatasync msync, and a write to a file opened with O_DSYNC */
    KIND_RENAME = 32,
    KIND_MAP = 64,
    KIND_FOLDER = 128, /* mkdir unlink fchmod ftruncate */
    KIND_FOREIGN = 256 /* malloc for libzmq, what it brings with it, and libcrypto */
};

#define ERROR_SHORT (-1) /* half of the write goes through, and the call says so */

struct plan {
    atomic_uint kinds; /* ORed; 0: nothing is counted, nothing fails */
    atomic_uint call;  /* this one fails, from 1 … */
    atomic_int error;
    atomic_uint sticky; /* … and all behind it */
    atomic_uint lazy;   /* syncs say that they are done, and are not */
    atomic_uint calls, struck;
    char what[228]; /* the first call that was struck: for the person who reads the failure */
};

_Static_assert(sizeof(struct plan) == 256, "as tests/town/faults.py has it");

/* Code of one kind: where it lies. */
struct places {
    unsigned count;
    struct {
        uintptr_t from, to;
    } at[16];
};

static struct plan *plan;
static const char *under;
static struct places foreign, system_own; /* system: who allocates on behalf of others */

/* ---- Start ---- */

static const struct {
    const char *name;
    struct places *places;
} libraries[] = {
    {"/libzmq.", &foreign},     {"/libpgm-", &foreign},     {"/libnorm.", &foreign},
    {"/libstdc++.", &foreign},  {"/libcrypto.", &foreign},  {"/libgssapi_", &foreign},
    {"/libc.so.", &system_own}, {"/ld-linux", &system_own}, {"/libgcc_s.", &system_own},
};

static struct places *places_of(const char *path)
{
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        if (strstr(path, libraries[i].name) != NULL) {
            return libraries[i].places;
        }
    }
    return NULL;
}

static int note_library(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    struct places *p = places_of(info->dlpi_name);
    for (unsigned i = 0; p != NULL && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) {
            continue;
        }
        if (p->count == sizeof(p->at) / sizeof(p->at[0])) {
            _exit(99); /* an allocation would count for the wrong one */
        }
        p->at[p->count].from = info->dlpi_addr + part->p_vaddr;
        p->at[p->count].to = p->at[p->count].from + part->p_memsz;
        p->count++;
    }
    return 0;
}

#define REAL(type, name) ((type)(uintptr_t)dlsym(RTLD_NEXT, name))

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("NGANAM_FAULT_PLAN");
    const char *program = getenv("NGANAM_FAULT_PROGRAM");
    under = getenv("NGANAM_FAULT_UNDER");
    if (path == NULL || (program != NULL && strcmp(program, program_invocation_short_name) != 0)) {
        return;
    }
    int fd = REAL(int (*)(const char *, int, ...), "open")(path, O_RDWR | O_CLOEXEC);
    void *map = fd < 0 ? MAP_FAILED
                       : REAL(void *(*)(void *, size_t, int, int, int, off_t), "mmap")(
                             NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        (void)fprintf(stderr, "nganam_preload: %s: %s\n", path, strerror(errno));
        _exit(99);
    }
    (void)close(fd);
    (void)dl_iterate_phdr(note_library, NULL);
    plan = map;
}

/* ---- Judging a call ---- */

static bool wanted(unsigned kind)
{
    return plan != NULL && (atomic_load(&plan->kinds) & kind) != 0;
}

/* Counts the call; true if it must fail. errno is set then. */
static bool strikes(const char *what, const char *where)
{
    unsigned number = atomic_fetch_add(&plan->calls, 1) + 1;
    unsigned call = atomic_load(&plan->call);
    if (number != call && (number < call || atomic_load(&plan->sticky) == 0)) {
        return false;
    }
    if (atomic_exchange(&plan->struck, 1) == 0) {
        (void)snprintf(plan->what, sizeof(plan->what), "%s %s", what, where);
    }
    errno = atomic_load(&plan->error);
    return true;
}

static bool is_under(const char *path)
{
    return under == NULL || strncmp(path, under, strlen(under)) == 0;
}

/* True for a file of the data directory; ret_path is its name. */
static bool is_ours(int fd, char ret_path[200])
{
    char link[40];
    int kept = errno;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, ret_path, 199);
    errno = kept;
    ret_path[size > 0 ? size : 0] = '\0';
    return size > 0 && ret_path[0] == '/' && is_under(ret_path);
}

static bool fails_at(unsigned kind, const char *what, const char *path)
{
    return wanted(kind) && is_under(path) && strikes(what, path);
}

static bool fails_on(unsigned kind, const char *what, int fd)
{
    char path[200];
    return wanted(kind) && is_ours(fd, path) && strikes(what, path);
}

/* A write to a file opened with O_DSYNC is a sync as well: LMDB writes its meta page so. */
static bool write_fails(const char *what, int fd)
{
    if (wanted(KIND_SYNC) && (fcntl(fd, F_GETFL) & O_DSYNC) != 0) {
        return fails_on(KIND_SYNC, what, fd);
    }
    return fails_on(KIND_WRITE, what, fd);
}

static bool is_lazy(void)
{
    return plan != NULL && atomic_load(&plan->lazy) != 0;
}

static bool lies_in(const struct places *p, uintptr_t at)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (at >= p->at[i].from && at < p->at[i].to) {
            return true;
        }
    }
    return false;
}

static _Unwind_Reason_Code note_frame(struct _Unwind_Context *frame, void *context)
{
    bool *found = context;
    *found = *found || lies_in(&foreign, (uintptr_t)_Unwind_GetIP(frame));
    return *found ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static _Thread_local bool unwinding;

static unsigned caller_kind(const void *caller)
{
    bool found = lies_in(&foreign, (uintptr_t)caller);
    if (!found && !unwinding && lies_in(&system_own, (uintptr_t)caller)) {
        unwinding = true;
        (void)_Unwind_Backtrace(note_frame, &found);
        unwinding = false;
    }
    return found ? KIND_FOREIGN : KIND_MEMORY;
}

static bool memory_fails(const char *what, const void *caller)
{
    if (!wanted(KIND_MEMORY | KIND_FOREIGN) || !wanted(caller_kind(caller))) {
        return false;
    }
    Dl_info info = {0};
    unsigned next = atomic_load(&plan->calls) + 1;
    bool known = next >= atomic_load(&plan->call) && dladdr(caller, &info) != 0;
    return strikes(what, known && info.dli_fname != NULL ? info.dli_fname : "");
}

/* ---- Memory ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* What the compiler may put in place of open and read (_FORTIFY_SOURCE). */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
ssize_t __read_chk(int fd, void *to, size_t size, size_t room);

/* The next malloc is libc's, or that of a sanitizer; dlsym itself may allocate. */
static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static _Thread_local bool looking;

static void look_up_memory(void)
{
    looking = true;
    next_calloc = REAL(void *(*)(size_t, size_t), "calloc");
    next_realloc = REAL(void *(*)(void *, size_t), "realloc");
    next_malloc = REAL(void *(*)(size_t), "malloc");
    looking = false;
}

void *malloc(size_t size)
{
    if (next_malloc == NULL && !looking) {
        look_up_memory();
    }
    if (memory_fails("malloc", __builtin_return_address(0))) {
        return NULL;
    }
    return next_malloc != NULL ? next_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (next_malloc == NULL && !looking) {
        look_up_memory();
    }
    if (memory_fails("calloc", __builtin_return_address(0))) {
        return NULL;
    }
    return next_malloc != NULL ? next_calloc(count, size) : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    if (next_malloc == NULL && !looking) {
        look_up_memory();
    }
    if (memory_fails("realloc", __builtin_return_address(0))) {
        return NULL;
    }
    return next_malloc != NULL ? next_realloc(old, size) : __libc_realloc(old, size);
}

/* ---- Files ---- */

static int open_next(const char *name, const char *path, int flags, mode_t mode)
{
    if (fails_at(KIND_OPEN, "open", path)) {
        return -1;
    }
    flags = is_lazy() ? flags & ~(O_SYNC | O_DSYNC) : flags;
    return REAL(int (*)(const char *, int, ...), name)(path, flags, mode);
}

#define MODE_OF(flags, mode)                                                                       \
    mode_t mode = 0;                                                                               \
    if (((flags)&O_CREAT) != 0) {                                                                  \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        (mode) = va_arg(args, mode_t);                                                             \
        va_end(args);                                                                              \
    }

int open(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_next("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_next("open64", path, flags, mode);
}

int __open_2(const char *path, int flags)
{
    return open_next("open", path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
    return open_next("open64", path, flags, 0);
}

ssize_t read(int fd, void *to, size_t size)
{
    return fails_on(KIND_READ, "read", fd)
               ? -1
               : REAL(ssize_t(*)(int, void *, size_t), "read")(fd, to, size);
}

ssize_t __read_chk(int fd, void *to, size_t size, size_t room)
{
    (void)room;
    return read(fd, to, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t at)
{
    return fails_on(KIND_READ, "pread", fd)
               ? -1
               : REAL(ssize_t(*)(int, void *, size_t, off_t), "pread")(fd, to, size, at);
}

ssize_t pread64(int fd, void *to, size_t size, off_t at)
{
    return pread(fd, to, size, at);
}

/* How much of a struck write goes through: half of it, at least one byte, or −1: errno is set. */
static ssize_t share(size_t size)
{
    if (atomic_load(&plan->error) != ERROR_SHORT) {
        return -1;
    }
    return (ssize_t)(size > 1 ? size / 2 : size);
}

ssize_t write(int fd, const void *data, size_t size)
{
    ssize_t (*next)(int, const void *, size_t) =
        REAL(ssize_t(*)(int, const void *, size_t), "write");
    if (!write_fails("write", fd)) {
        return next(fd, data, size);
    }
    ssize_t part = share(size);
    return part < 0 ? -1 : next(fd, data, (size_t)part);
}

/* Room before a commit, which asks for itself whether there is any (lib/store/store.c). */
#define AHEAD_BYTES 262144

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    ssize_t (*next)(int, const void *, size_t, off_t) =
        REAL(ssize_t(*)(int, const void *, size_t, off_t), "pwrite");
    if (!write_fails(size == AHEAD_BYTES ? "ahead: pwrite" : "pwrite", fd)) {
        return next(fd, data, size, at);
    }
    ssize_t part = share(size);
    return part < 0 ? -1 : next(fd, data, (size_t)part, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at)
{
    return pwrite(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (!write_fails("writev", fd)) {
        return REAL(ssize_t(*)(int, const struct iovec *, int), "writev")(fd, parts, count);
    }
    ssize_t part = share(parts[0].iov_len);
    return part < 0 ? -1
                    : REAL(ssize_t(*)(int, const void *, size_t), "write")(fd, parts[0].iov_base,
                                                                           (size_t)part);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    if (!write_fails("pwritev", fd)) {
        return REAL(ssize_t(*)(int, const struct iovec *, int, off_t), "pwritev")(fd, parts, count,
                                                                                  at);
    }
    ssize_t part = share(parts[0].iov_len);
    return part < 0 ? -1
                    : REAL(ssize_t(*)(int, const void *, size_t, off_t),
                           "pwrite")(fd, parts[0].iov_base, (size_t)part, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at)
{
    return pwritev(fd, parts, count, at);
}

int fsync(int fd)
{
    if (fails_on(KIND_SYNC, "fsync", fd)) {
        return -1;
    }
    return is_lazy() ? 0 : REAL(int (*)(int), "fsync")(fd);
}

int fdatasync(int fd)
{
    if (fails_on(KIND_SYNC, "fdatasync", fd)) {
        return -1;
    }
    return is_lazy() ? 0 : REAL(int (*)(int), "fdatasync")(fd);
}

int msync(void *at, size_t size, int flags)
{
    if (wanted(KIND_SYNC) && strikes("msync", "")) {
        return -1;
    }
    return is_lazy() ? 0 : REAL(int (*)(void *, size_t, int), "msync")(at, size, flags);
}

int rename(const char *from, const char *to)
{
    return fails_at(KIND_RENAME, "rename", to)
               ? -1
               : REAL(int (*)(const char *, const char *), "rename")(from, to);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t from)
{
    if (fd >= 0 && fails_on(KIND_MAP, "mmap", fd)) {
        return MAP_FAILED;
    }
    return REAL(void *(*)(void *, size_t, int, int, int, off_t), "mmap")(at, size, protection,
                                                                         flags, fd, from);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t from)
{
    return mmap(at, size, protection, flags, fd, from);
}

/* A disk without space for a write has none to show either. */
int fstatvfs(int fd, struct statvfs *ret)
{
    const int result = REAL(int (*)(int, struct statvfs *), "fstatvfs")(fd, ret);
    if (result == 0 && wanted(KIND_WRITE) && atomic_load(&plan->error) == ENOSPC) {
        ret->f_bavail = 0;
    }
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    return fails_at(KIND_FOLDER, "mkdir", path)
               ? -1
               : REAL(int (*)(const char *, mode_t), "mkdir")(path, mode);
}

int unlink(const char *path)
{
    return fails_at(KIND_FOLDER, "unlink", path) ? -1 : REAL(int (*)(const char *), "unlink")(path);
}

int fchmod(int fd, mode_t mode)
{
    return fails_on(KIND_FOLDER, "fchmod", fd) ? -1
                                               : REAL(int (*)(int, mode_t), "fchmod")(fd, mode);
}

int ftruncate(int fd, off_t size)
{
    return fails_on(KIND_FOLDER, "ftruncate", fd)
               ? -1
               : REAL(int (*)(int, off_t), "ftruncate")(fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return ftruncate(fd, size);
}
