/* Preloaded into the programs of the sample town, never linked into them: their calendar is so many
 * seconds away from the machine's, which brings a year into a minute.
 *
 * A leap is what a suspended machine sees when it wakes: the wall clock and CLOCK_BOOTTIME go
 * forward together, CLOCK_MONOTONIC does not. So the broker's guard against a clock that is set
 * wrongly stays as it is, and would refuse if only one of the two moved.
 *
 * $TOWN_LEAP names a file of two numbers in the machine's byte order, written by leap.py: how far
 * the calendar is ahead now (mostly below zero), and how far it was when the town began. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct leap {
    _Atomic int64_t now_s;
    int64_t first_s;
};

static struct leap *leap; /* NULL: the machine's own time */

__attribute__((constructor)) static void open_leap(void)
{
    const char *path = getenv("TOWN_LEAP");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) {
        return;
    }
    void *map = mmap(NULL, sizeof *leap, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    leap = map == MAP_FAILED ? NULL : map;
    (void)close(fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int failed = (int)syscall(SYS_clock_gettime, id, t);
    if (failed || !leap) {
        return failed;
    }
    int64_t now = atomic_load(&leap->now_s);
    if (id == CLOCK_REALTIME) {
        t->tv_sec += (time_t)now;
    } else if (id == CLOCK_BOOTTIME) {
        t->tv_sec += (time_t)(now - leap->first_s);
    }
    return 0;
}
