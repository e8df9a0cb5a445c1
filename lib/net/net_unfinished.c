/* A look: each descriptor of the process that is a TCP connection, and its count of bytes received
 * from the kernel (TCP_INFO). What of them is in no whole message taken yet is pending: an
 * unfinished message, or whole ones that the loop has not come to; the second does not last. What a
 * message takes on the line is known exactly (ZMTP 3.1 and CURVE, ZeroMQ RFCs 23 and 26); the
 * handshake and heartbeats are not told to us and are allowed for by time. Within one connection
 * messages come in order, so what came before a whole message is settled whatever the sum says.
 *
 * A connection is counted from its first byte, not from the first look at it: who sends all it
 * wants to be kept between two looks, and then is silent, holds it for ever.
 *
 * Who is connected and says nothing holds a descriptor and some memory too. What counts as having
 * said who one is the caller decides (net_unfinished_greeted); the rest goes by age.
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
#define HANDSHAKE 2048u      /* greeting, HELLO, INITIATE with its metadata: about 600 bytes */
#define COMMANDS_A_SECOND 16 /* bytes: ping and pong, 42 bytes each in 15 s, and some room */
#define SHORT_FRAME_MAX 255u
#define CURVE_MESSAGE 33u /* command name, nonce, box, flags around each frame's data */

void net_unfinished_init(struct net_unfinished *u, struct mono now)
{
    *u = (struct net_unfinished){.looked = now};
}

void net_unfinished_fini(struct net_unfinished *u)
{
    free(u->lines);
    *u = (struct net_unfinished){.lines = NULL};
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

/* The line as it stands for the socket that has this descriptor now. */
static void begin_anew(struct net_unfinished_line *line, ino_t socket)
{
    if (line->socket != socket) {
        *line = (struct net_unfinished_line){.socket = socket};
    }
}

void net_unfinished_heard(struct net_unfinished *u, int fd, unsigned frames, size_t bytes)
{
    struct stat st;
    struct net_unfinished_line *line = NULL;
    /* Out of memory, the message is not counted: that costs its sender a connection, at most. */
    if (fd < 0 || fd >= FD_MAX || fstat(fd, &st) != 0 || (line = line_of(u, fd)) == NULL) {
        return;
    }
    begin_anew(line, st.st_ino);
    const bool is_short = bytes + CURVE_MESSAGE <= SHORT_FRAME_MAX;
    line->whole += bytes + (uint64_t)frames * (CURVE_MESSAGE + (is_short ? 2 : 9));
}

/* ---- Greeted ---- */

#define FD_BITS 20 /* FD_MAX */

/* The socket's inode above the descriptor: descriptors are used again. */
uint64_t net_unfinished_line_of(int fd)
{
    struct stat st;
    return fd >= 0 && fd < FD_MAX && fstat(fd, &st) == 0
               ? (uint64_t)st.st_ino << FD_BITS | (unsigned)fd
               : 0;
}

/* The descriptor, if it is still that connection's; else −1. */
static int fd_of(uint64_t line)
{
    const int fd = (int)(line & (FD_MAX - 1));
    return line != 0 && net_unfinished_line_of(fd) == line ? fd : -1;
}

void net_unfinished_greeted(struct net_unfinished *u, uint64_t line, bool greeted)
{
    const int fd = fd_of(line);
    struct net_unfinished_line *l = fd >= 0 ? line_of(u, fd) : NULL;
    if (l != NULL) { /* out of memory: it is closed in time, and comes again */
        begin_anew(l, (ino_t)(line >> FD_BITS));
        l->greeted = greeted;
        l->since = (struct mono){0};
    }
}

void net_unfinished_hang_up(uint64_t line)
{
    const int fd = fd_of(line);
    if (fd >= 0) {
        (void)shutdown(fd, SHUT_RDWR);
    }
}

/* ---- A look ---- */

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

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* What is in no whole message, of a line that has received so much in all. */
static uint64_t pending_of(const struct net_unfinished_line *line, uint64_t bytes,
                           uint64_t allowance)
{
    const uint64_t came = less(bytes, line->bytes);
    const uint64_t sum = less(line->pending + came, line->whole);
    return less(line->whole > 0 && came < sum ? came : sum, allowance);
}

static bool is_too_silent(const struct net_unfinished *u, const struct net_unfinished_line *line,
                          struct mono now)
{
    const int64_t most = u->ungreeted > NET_UNGREETED_MAX ? NET_UNGREETED_FEW_MS : NET_UNGREETED_MS;
    return !line->greeted && clock_between_ms(line->since, now) > most;
}

static enum ng_err look_at(struct net_unfinished *u, int fd, uint64_t allowance, struct mono at,
                           struct net_unfinished_seen *seen)
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
    begin_anew(line, st.st_ino);
    struct net_unfinished_line now = {.socket = st.st_ino,
                                      .bytes = bytes,
                                      .greeted = line->greeted,
                                      .since = line->since.ms != 0 ? line->since : at};
    now.pending = pending_of(line, bytes, allowance + (line->bytes == 0 ? HANDSHAKE : 0));
    if (now.pending > NET_UNFINISHED_MESSAGE) {
        now.unheard = (line->whole == 0 ? line->unheard : 0) + 1;
    }
    *line = now;
    const bool too_much = is_too_much(line);
    if ((too_much || is_too_silent(u, line, at)) && shutdown(fd, SHUT_RDWR) == 0) {
        line->pending = 0; /* it is gone as soon as the library reads its end */
        line->unheard = 0;
        line->since = at;
        seen->closed += too_much;
        seen->silent += !too_much;
    } else {
        seen->suspects += now.unheard > 0;
        seen->ungreeted += !now.greeted;
    }
    return NG_OK;
}

enum ng_err net_unfinished_look(struct net_unfinished *u, struct mono now,
                                struct net_unfinished_seen *ret)
{
    const int64_t elapsed = clock_between_ms(u->looked, now);
    const uint64_t allowance = elapsed > 0 ? (uint64_t)elapsed * COMMANDS_A_SECOND / 1000 + 1 : 0;
    struct net_unfinished_seen seen = {0};
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
            err = look_at(u, (int)fd, allowance, now, &seen);
        }
    }
    (void)closedir(folder);
    u->looked = now;
    u->ungreeted = seen.ungreeted;
    *ret = seen;
    return err;
}
