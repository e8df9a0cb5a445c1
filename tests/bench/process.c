#include "bench/process.h"

#include "bench/bench.h"

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

/* ---- Watching over ---- */

static char own_folder[PATH_SIZE];

const char *process_folder(void)
{
    return own_folder;
}

static bool make_own_folder(void)
{
    const char *base = getenv("TMPDIR");
    const int n = snprintf(own_folder, sizeof(own_folder), "%s/nganam-bench-XXXXXX",
                           base != NULL && *base != '\0' ? base : "/tmp");
    if (n >= PATH_SIZE / 2) { /* what is in it must have room too */
        return bench_failed(own_folder, err_set(NG_ERR_LIMIT, "the path is too long"));
    }
    return mkdtemp(own_folder) != NULL ||
           bench_failed("folder", err_set_errno(errno, "%s", own_folder));
}

/* Waits for all descendants; they become this process's children when their parents end. The
 * status of `worker` is kept. */
static void reap_all(pid_t worker, int *status)
{
    int any = 0;
    pid_t ended = 0;
    while ((ended = waitpid(-1, &any, 0)) > 0 || (ended < 0 && errno == EINTR)) {
        *status = ended == worker ? any : *status;
    }
}

static int watch(pid_t worker, const sigset_t *signals)
{
    int status = 0;
    int signal_number = SIGCHLD;
    while (signal_number == SIGCHLD && !process_ended(worker)) {
        signal_number = sigwaitinfo(signals, NULL);
        signal_number = signal_number < 0 ? SIGCHLD : signal_number;
    }
    (void)kill(-worker, SIGKILL);
    reap_all(worker, &status);
    if (signal_number != SIGCHLD) {
        return 128 + signal_number;
    }
    if (!WIFEXITED(status)) {
        (void)fprintf(stderr, "nganam-bench: the measurement was ended by signal %d\n",
                      WTERMSIG(status));
        return 1;
    }
    return WEXITSTATUS(status);
}

int process_watch_over(int (*fn)(void *context), void *context)
{
    sigset_t signals;
    sigset_t before;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigaddset(&signals, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &signals, &before);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (!make_own_folder()) {
        return 1;
    }
    const pid_t watcher = getpid();
    const pid_t worker = fork();
    if (worker == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)setpgid(0, 0); /* a group, to be ended as one */
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        _exit(getppid() == watcher ? fn(context) : 1);
    }
    int status = 1;
    if (worker > 0) {
        (void)setpgid(worker, worker); /* whichever comes first */
        status = watch(worker, &signals);
    } else {
        (void)bench_failed("measurement", err_set_errno(errno, "fork"));
    }
    process_remove_folder(own_folder);
    return status;
}

bool process_ended(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid;
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
    const int n = snprintf(ret, size, "%s/XXXXXX", own_folder);
    if (n < 0 || (size_t)n >= size) {
        return bench_failed(own_folder, err_set(NG_ERR_LIMIT, "the path is too long"));
    }
    return mkdtemp(ret) != NULL || bench_failed("folder", err_set_errno(errno, "%s", ret));
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

struct process_memory process_memory(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    return (struct process_memory){(double)proc_sum(path, "Private_Dirty") * 1024,
                                   (double)proc_sum(path, "Private_Clean") * 1024};
}

void process_memory_peak(struct process_memory *peak, pid_t pid)
{
    const struct process_memory now = process_memory(pid);
    peak->dirty = now.dirty > peak->dirty ? now.dirty : peak->dirty;
    peak->clean = now.clean > peak->clean ? now.clean : peak->clean;
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
