/* A look: each descriptor of the process that is a TCP connection, its count of bytes received from
 * the kernel (TCP_INFO), the difference to the look before. Within one connection messages come in
 * order, so a whole message says that all before it was whole; what came behind it between two
 * looks is not counted, which forgives at most one interval's bytes. A message is one frame, so
 * more bytes than that without a whole message are either such a message without end or whole ones
 * that the loop has not taken yet; the second does not last.
 *
 * shutdown() from here, while the library's own thread owns the socket, is what a cut line looks
 * like to it: it reads the end, drops the unfinished message and closes. Between the look and the
 * shutdown the descriptor may have become another connection's: that one connects again.
 *
 * Rejected: a limit on the process alone (everybody pays for one), and a transport of our own. */
#include "net/net_unfinished.h"

#include "base/check.h"
#include "base/lang.h"

#include <dirent.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FD_MAX (1 << 20)

void net_unfinished_fini(struct net_unfinished *u)
{
    free(u->lines);
    *u = (struct net_unfinished){NULL, 0};
}

/* The line of a descriptor; NULL: out of memory. */
static struct net_unfinished_line *line_of(struct net_unfinished *u, int fd)
{
    const size_t at = (size_t)fd;
    if (at >= u->count) {
        const size_t count = 2 * at + 64;
        struct net_unfinished_line *more = realloc(u->lines, count * sizeof(*more));
        if (more == NULL) {
            return NULL;
        }
        memset(more + u->count, 0, (count - u->count) * sizeof(*more));
        u->lines = more;
        u->count = count;
    }
    return &u->lines[at];
}

void net_unfinished_heard(struct net_unfinished *u, int fd)
{
    /* A table that cannot grow now is made by the next look. */
    if (fd >= 0 && (size_t)fd < u->count) {
        u->lines[fd].heard = true;
    }
}

/* Bytes received over a TCP connection; false: it is none. */
static bool received(int fd, uint64_t *ret_bytes)
{
    int protocol = 0, listens = 0;
    struct tcp_info info;
    socklen_t size = sizeof(protocol), listens_size = sizeof(listens), info_size = sizeof(info);
    memset(&info, 0, sizeof(info));
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0 || protocol != IPPROTO_TCP ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) != 0 || listens != 0 ||
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_size) != 0) {
        return false;
    }
    *ret_bytes = info.tcpi_bytes_received;
    return true;
}

static bool is_too_much(const struct net_unfinished_line *line)
{
    return line->pending > NET_UNFINISHED_MAX || line->unheard >= NET_UNFINISHED_LOOKS;
}

static enum ng_err look_at(struct net_unfinished *u, int fd, struct net_unfinished_seen *seen)
{
    struct stat st;
    uint64_t bytes = 0;
    if (!received(fd, &bytes) || fstat(fd, &st) != 0) {
        return NG_OK;
    }
    struct net_unfinished_line *line = line_of(u, fd);
    if (line == NULL) {
        return err_set(NG_ERR_NOMEM, "net: connections");
    }
    struct net_unfinished_line now = {.socket = st.st_ino, .bytes = bytes};
    if (line->socket == st.st_ino && bytes >= line->bytes && !line->heard) {
        now.pending = line->pending + bytes - line->bytes;
        now.unheard = now.pending > NET_UNFINISHED_MESSAGE ? line->unheard + 1 : 0;
    }
    *line = now;
    if (is_too_much(line) && shutdown(fd, SHUT_RDWR) == 0) {
        *line = (struct net_unfinished_line){.socket = 0};
        seen->closed++;
    } else {
        seen->suspects += now.unheard > 0;
    }
    return NG_OK;
}

enum ng_err net_unfinished_look(struct net_unfinished *u, struct net_unfinished_seen *ret)
{
    struct net_unfinished_seen seen = {0, 0};
    enum ng_err err = NG_OK;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return err_set_errno(errno, "/proc/self/fd");
    }
    const struct dirent *entry = NULL;
    while (err == NG_OK && (entry = readdir(folder)) != NULL) {
        char *end = NULL;
        const long fd = strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && *end == '\0' && fd >= 0 && fd < FD_MAX) {
            err = look_at(u, (int)fd, &seen);
        }
    }
    (void)closedir(folder);
    *ret = seen;
    return err;
}
