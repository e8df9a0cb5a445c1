#include "base/limits.h"

#include "base/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum ng_err limits_raise_files(uint64_t *ret_files)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return err_set_errno(errno, _("the limit of open files"));
    }
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            return err_set_errno(errno, _("the limit of open files"));
        }
    }
    *ret_files = limit.rlim_cur;
    return NG_OK;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMITS_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITS_SANITIZED 1
#endif
#ifndef LIMITS_SANITIZED
#define LIMITS_SANITIZED 0
#endif

enum ng_err limits_cap_memory(uint64_t bytes)
{
    struct rlimit limit;
    if (LIMITS_SANITIZED) {
        return NG_OK;
    }
    if (getrlimit(RLIMIT_DATA, &limit) != 0) {
        return err_set_errno(errno, _("the limit of memory"));
    }
    if (limit.rlim_cur <= bytes) {
        return NG_OK;
    }
    limit.rlim_cur = bytes;
    return setrlimit(RLIMIT_DATA, &limit) == 0 ? NG_OK
                                               : err_set_errno(errno, _("the limit of memory"));
}

/* /proc/self/statm, in pages: size resident shared …; shared is what lies in files (proc(5)). */
uint64_t limits_private_bytes(void)
{
    char text[128];
    unsigned long long pages[3] = {0};
    char *at = text;
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    for (size_t i = 0; i < 3; i++) {
        pages[i] = strtoull(at, &at, 10);
    }
    const bool read_well = at != text && pages[1] >= pages[2];
    return read_well ? (pages[1] - pages[2]) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
