#include "bench/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY_MS 60000
#define PATH_SIZE 4096

double process_now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- Starting and ending ---- */

static pid_t start(const char *const *argv, int out_fd, int err_fd)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (getppid() != parent || null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(out_fd, 1) < 0 ||
        (err_fd >= 0 && dup2(err_fd, 2) < 0)) {
        _exit(127);
    }
    (void)setenv("NGANAM_LANG", "en", 1);
    union {
        const char *const *in;
        char *const *out;
    } words = {.in = argv}; /* execv's prototype lacks a const it keeps */
    (void)execv(argv[0], words.out);
    _exit(127);
}

bool process_run(const char *const *argv, struct buf *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    const pid_t pid = start(argv, ends[1], -1);
    (void)close(ends[1]);
    char piece[4096];
    ssize_t n = 0;
    bool good = pid > 0;
    while (pid > 0 &&
           ((n = read(ends[0], piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR))) {
        if (n > 0 && out != NULL) {
            good = buf_add(out, piece, (size_t)n) == NG_OK && good;
        }
    }
    (void)close(ends[0]);
    int status = 0;
    good = good && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!good) {
        (void)fprintf(stderr, "nganam-bench: %s %s failed\n", argv[0], argv[1]);
    }
    return good;
}

pid_t process_spawn(const char *const *argv)
{
    const int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const pid_t pid = null_fd >= 0 ? start(argv, null_fd, -1) : -1;
    if (null_fd >= 0) {
        (void)close(null_fd);
    }
    return pid;
}

static bool wait_ready(int fd)
{
    char text[512];
    size_t size = 0;
    const double until = process_now_us() + READY_MS * 1e3;
    while (process_now_us() < until && size < sizeof(text) - 1) {
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        if (poll(&polled, 1, 1000) <= 0) {
            continue;
        }
        const ssize_t n = read(fd, text + size, sizeof(text) - 1 - size);
        if (n <= 0) {
            return false;
        }
        size += (size_t)n;
        text[size] = '\0';
        if (strstr(text, "ready") != NULL) {
            return true;
        }
    }
    return false;
}

bool process_start(const char *const *argv, const char *log_path, struct process *ret)
{
    int ends[2];
    const int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    *ret = (struct process){.pid = start(argv, ends[1], log), .out_fd = ends[0]};
    (void)close(ends[1]);
    (void)close(log);
    if (ret->pid > 0 && wait_ready(ret->out_fd)) {
        return true;
    }
    (void)fprintf(stderr, "nganam-bench: %s did not become ready: see %s\n", argv[0], log_path);
    process_stop(ret);
    return false;
}

void process_stop(struct process *p)
{
    if (p->pid > 0) {
        (void)kill(p->pid, SIGTERM);
        (void)waitpid(p->pid, NULL, 0);
        (void)close(p->out_fd);
    }
    *p = (struct process){0};
}

/* ---- Folders ---- */

bool process_make_folder(char *ret, size_t size)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(ret, size, "%s/nganam-bench-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(ret) != NULL;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *where)
{
    (void)s;
    (void)type;
    (void)where;
    return remove(path);
}

void process_remove_folder(const char *folder)
{
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static uint64_t disk_blocks;

static int add_blocks(const char *path, const struct stat *s, int type, struct FTW *where)
{
    (void)path;
    (void)where;
    disk_blocks += type == FTW_F ? (uint64_t)s->st_blocks : 0;
    return 0;
}

uint64_t process_disk_bytes(const char *folder)
{
    disk_blocks = 0;
    (void)nftw(folder, add_blocks, 16, FTW_PHYS);
    return disk_blocks * 512;
}

/* ---- Looking at one from outside ---- */

/* The number behind "NAME:" in a file of /proc, added up over its lines. */
static uint64_t proc_sum(const char *path, const char *name)
{
    FILE *f = fopen(path, "re");
    char line[512];
    uint64_t sum = 0;
    const size_t size = strlen(name);
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, name, size) == 0 && line[size] == ':') {
            sum += strtoull(line + size + 1, NULL, 10);
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return sum;
}

uint64_t process_private_bytes(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    /* What nobody else has and the kernel cannot drop: heap, stacks, written data. The pages of
     * LMDB and of programs are a file's and go when memory is needed. */
    return proc_sum(path, "Private_Dirty") * 1024;
}

uint64_t process_cpu_us(pid_t pid)
{
    char path[64];
    char line[1024];
    unsigned long long user = 0;
    unsigned long long sys = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f != NULL && fgets(line, sizeof(line), f) != NULL && strrchr(line, ')') != NULL) {
        char *at = strrchr(line, ')') + 2;
        for (unsigned field = 3; field < 14 && at != NULL; field++) {
            at = strchr(at, ' ');
            at = at != NULL ? at + 1 : NULL;
        }
        if (at != NULL) {
            user = strtoull(at, &at, 10);
            sys = strtoull(at, NULL, 10);
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return (user + sys) * 1000000u / (uint64_t)sysconf(_SC_CLK_TCK);
}

uint64_t process_switches(pid_t pid)
{
    char folder[64];
    uint64_t sum = 0;
    (void)snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(folder);
    const struct dirent *entry = NULL;
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        char path[PATH_SIZE];
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "%s/%s/status", folder, entry->d_name);
            sum += proc_sum(path, "voluntary_ctxt_switches");
        }
    }
    if (tasks != NULL) {
        (void)closedir(tasks);
    }
    return sum;
}

uint64_t process_logged(const char *log_path, const char *name)
{
    FILE *f = fopen(log_path, "re");
    char line[8192];
    char wanted[64];
    uint64_t value = 0;
    (void)snprintf(wanted, sizeof(wanted), " %s=", name);
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        const char *at = strstr(line, wanted);
        value = at != NULL ? strtoull(at + strlen(wanted), NULL, 10) : value;
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return value;
}

void process_program(const char *name, char *ret)
{
    const ssize_t n = readlink("/proc/self/exe", ret, PATH_SIZE - 64);
    ret[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(ret, '/');
    char *end = slash != NULL ? slash + 1 : ret;
    (void)snprintf(end, PATH_SIZE - (size_t)(end - ret), "nganam-%s", name);
}
