/* A socket's address has 107 bytes and a data folder's path may have more, so the folder is opened
 * and the socket addressed through /proc/self/fd. */
#include "broker/control.h"

#include "base/lang.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME "control"
#define BATCH 16 /* requests answered in one turn */

static enum ng_err folder_address(const char *folder, int *ret_folder, struct sockaddr_un *ret)
{
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(errno, "%s", folder);
    }
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/" NAME, fd);
    *ret_folder = fd;
    return NG_OK;
}

enum ng_err control_open(const char *folder, int *ret_fd)
{
    int folder_fd = -1;
    struct sockaddr_un address;
    enum ng_err err = folder_address(folder, &folder_fd, &address);
    if (err != NG_OK) {
        return err;
    }
    (void)unlinkat(folder_fd, NAME, 0);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        fchmodat(folder_fd, NAME, 0600, 0) != 0) {
        err = err_set_errno(errno, "%s/" NAME, folder);
        if (fd >= 0) {
            (void)close(fd);
        }
    } else {
        *ret_fd = fd;
    }
    (void)close(folder_fd);
    return err;
}

void control_close(const char *folder, int *fd)
{
    int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0) {
        (void)close(*fd);
        (void)unlinkat(folder_fd, NAME, 0);
        *fd = -1;
    }
    if (folder_fd >= 0) {
        (void)close(folder_fd);
    }
}

void control_serve(int fd, control_fn answer, void *context)
{
    for (int i = 0; i < BATCH; i++) {
        char request[CONTROL_TEXT_MAX];
        char reply[CONTROL_TEXT_MAX] = "";
        struct sockaddr_un from;
        socklen_t from_size = sizeof(from);
        ssize_t size =
            recvfrom(fd, request, sizeof(request) - 1, 0, (struct sockaddr *)&from, &from_size);
        if (size < 0) {
            return;
        }
        request[size] = '\0';
        answer(context, request, reply);
        /* Somebody who does not wait for the answer has his answer lost. */
        (void)sendto(fd, reply, strlen(reply), MSG_DONTWAIT, (const struct sockaddr *)&from,
                     from_size);
    }
}

static enum ng_err ask(int fd, const struct sockaddr_un *to, const char *request, int timeout_ms,
                       char ret_answer[CONTROL_TEXT_MAX])
{
    /* Autobind (unix(7)): a name of our own, so that the answer finds us. */
    const struct sockaddr_un own = {.sun_family = AF_UNIX};
    if (bind(fd, (const struct sockaddr *)&own, sizeof(sa_family_t)) != 0) {
        return err_set_errno(errno, "control");
    }
    if (sendto(fd, request, strlen(request), 0, (const struct sockaddr *)to, sizeof(*to)) < 0) {
        return errno == ENOENT || errno == ECONNREFUSED
                   ? err_set(NG_ERR_PEER, _("no broker is running on this folder"))
                   : err_set_errno(errno, "control");
    }
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    ssize_t size =
        poll(&wait, 1, timeout_ms) == 1 ? recv(fd, ret_answer, CONTROL_TEXT_MAX - 1, 0) : -1;
    if (size < 0) {
        return err_set(NG_ERR_PEER, _("the running broker does not answer"));
    }
    ret_answer[size] = '\0';
    return NG_OK;
}

enum ng_err control_ask(const char *folder, const char *request, int timeout_ms,
                        char ret_answer[CONTROL_TEXT_MAX])
{
    int folder_fd = -1;
    struct sockaddr_un address;
    enum ng_err err = folder_address(folder, &folder_fd, &address);
    if (err != NG_OK) {
        return err;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    err = fd < 0 ? err_set_errno(errno, "control")
                 : ask(fd, &address, request, timeout_ms, ret_answer);
    if (fd >= 0) {
        (void)close(fd);
    }
    (void)close(folder_fd);
    return err;
}
