/* A socket's path has 107 bytes at most, a data folder's may be longer: the folder is opened first
 * and the socket named through /proc/self/fd, so that no length of the folder matters and nobody's
 * working directory changes. */
#include "party/wake.h"

#include "base/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int open_folder(const char *folder, struct sockaddr_un *ret_address)
{
    const int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/wake",
                   fd);
    return fd;
}

static const struct sockaddr *generic(const struct sockaddr_un *address)
{
    return (const struct sockaddr *)address;
}

enum ng_err wake_open(const char *folder, int *ret_fd)
{
    struct sockaddr_un address;
    const int dir = open_folder(folder, &address);
    if (dir < 0) {
        return err_set_errno(errno, "%s", folder);
    }
    int saved = 0;
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || (unlinkat(dir, "wake", 0) != 0 && errno != ENOENT) ||
        bind(fd, generic(&address), sizeof(address)) != 0 || fchmodat(dir, "wake", 0600, 0) != 0) {
        saved = errno;
    }
    (void)close(dir);
    if (saved == 0) {
        *ret_fd = fd;
        return NG_OK;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return err_set_errno(saved, "%s/wake", folder);
}

void wake_drain(int fd)
{
    char bytes[16];
    ssize_t got = 0;
    do {
        got = recv(fd, bytes, sizeof(bytes), 0);
    } while (got > 0);
}

void wake_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

void wake_send(const char *folder)
{
    struct sockaddr_un address;
    const int dir = open_folder(folder, &address);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (dir >= 0 && fd >= 0) {
        (void)sendto(fd, "w", 1, MSG_NOSIGNAL, generic(&address), sizeof(address));
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (dir >= 0) {
        (void)close(dir);
    }
}
