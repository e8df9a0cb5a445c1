/* One loop in one thread; only signatures are checked by others too (ledger_use_workers):
 *
 *     wait ── take in every message there is ── desk_check (signatures) ── take in what came ─┐
 *      └── small housekeeping ── desk_turn (commit, answer) ──────────────────────────────────┘
 *
 * Housekeeping (serve_house.c): the head floor (at most once a second, behind the answers), the
 * counters (at most once a minute, when they moved), after a start a piece of the log that is read
 * again (ledger_recheck.h), and one log line when the disk, the clock or the log itself changes its
 * state. Handshakes are answered inside the wait.
 *
 * Memory: everything the desk keeps has a maximum; what the library gathers has none, and a timer
 * of this process's time (ITIMER_PROF) has memory_watch.h look at it.
 *
 * Failures: an error of desk_turn is a commit that failed or a proof that does not hold; the loop
 * ends there, before any answer of that turn, and the error is the one line the operator reads. A
 * floor that cannot be written is logged once and tried again: the log itself is safe without it.
 */
#include "broker/serve_state.h"

#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/log.h"
#include "broker/evidence.h"
#include "broker/home.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#define REST_SHORT_MS 1000
#define THREADS_MAX 3 /* that check signatures beside the loop */
#define REST_MS 5000  /* nothing comes: only the clock is still looked at */
#define REST_TURNS 2
#define MEMORY_CPU_MS 50 /* of processor time, after which memory is looked at */
#define MIB (UINT64_C(1024) * 1024)

_Static_assert(SESSION_PEER_MAX == NET_PEER_MAX, "a peer's name fits");
_Static_assert(SESSION_USER_MAX == NET_USER_MAX, "a user's name fits");
_Static_assert(WIRE_CREDIT + WIRE_ASKS_MAX + 2 <= NET_ANSWERS_ROOM,
               "who keeps within the credit loses no answer, that of a parked Fetch and a witness "
               "head included");

/* ---- Between net and desk ---- */

static bool admit(void *context, const uint8_t key[NET_CURVE_SIZE], char ret_user[NET_USER_MAX + 1])
{
    const struct serve *s = context;
    const int64_t wall_ms = clock_wall_ms();
    const bool trusted = clock_guard_off_ms(&s->guard, clock_mono(), wall_ms) == 0;
    return desk_admit(s->desk, key, trusted ? wall_ms : -1, ret_user);
}

static bool has_room(void *context, const char *user)
{
    const struct serve *s = context;
    return desk_has_room(s->desk, user, clock_mono());
}

static struct net_peer peer_of(const struct session_peer *from)
{
    struct net_peer peer = {.size = from->size, .line = from->line};
    memcpy(peer.id, from->id, from->size);
    return peer;
}

static bool send_to(void *context, const struct session_peer *to, struct bytes frame)
{
    const struct serve *s = context;
    const struct net_peer peer = peer_of(to);
    return net_server_send(s->server, &peer, frame) == NG_OK;
}

static void note_line(void *context, const struct session_peer *from, enum desk_line line)
{
    const struct serve *s = context;
    const struct net_peer peer = peer_of(from);
    if (line == DESK_LINE_CROWDED_OUT) {
        net_server_hang_up(s->server, &peer);
    } else {
        net_server_greeted(s->server, &peer, line == DESK_LINE_GREETED);
    }
}

static enum ng_err take_all(struct serve *s)
{
    enum ng_err err = NG_OK;
    while (err == NG_OK && !desk_is_full(s->desk)) {
        struct net_message m;
        err = net_server_receive(s->server, &m);
        if (err == NG_OK) {
            struct session_peer from = {.size = m.peer.size, .line = m.peer.line};
            memcpy(from.id, m.peer.id, m.peer.size);
            err = desk_take(s->desk, &from, m.user, m.data, clock_mono());
        }
    }
    return err == NG_ERR_AGAIN ? NG_OK : err;
}

/* ---- The loop ---- */

/* How long the loop may sleep: what a turn left to do is done within two short sleeps. */
static int64_t rest_ms(const struct serve *s)
{
    if (!ledger_recheck_is_done(&s->recheck)) {
        return 0;
    }
    return s->memory.due ? MEMORY_WATCH_MS : s->quiet_turns < REST_TURNS ? REST_SHORT_MS : REST_MS;
}

static enum ng_err wait_for_something(struct serve *s)
{
    struct net_fd fds[] = {{.fd = s->signal_fd}, {.fd = s->cpu_fd}, {.fd = s->control_fd}};
    int64_t idle = desk_idle_ms(s->desk, clock_mono(), rest_ms(s));
    enum ng_err err = net_server_wait(s->server, idle, fds, 3);
    if (err != NG_OK) {
        return err;
    }
    struct signalfd_siginfo info;
    s->stop = fds[0].readable;
    if (fds[1].readable && read(s->cpu_fd, &info, sizeof(info)) > 0) {
        s->memory.due = true;
    }
    if (fds[2].readable) {
        control_serve(s->control_fd, serve_house_answer, s);
    }
    return NG_OK;
}

static enum ng_err turn(struct serve *s)
{
    const uint64_t before = desk_counts(s->desk).requests;
    enum ng_err err = wait_for_something(s);
    if (err == NG_OK) {
        err = take_all(s);
    }
    if (err == NG_OK) {
        err = desk_check(s->desk);
    }
    if (err == NG_OK) {
        err = take_all(s); /* what came in meanwhile shares the commit */
    }
    if (err != NG_OK) {
        return err;
    }
    struct desk_now now = {.mono = clock_mono(), .wall_ms = clock_wall_ms()};
    int64_t off = clock_guard_off_ms(&s->guard, now.mono, now.wall_ms);
    now.clock_trusted = off == 0;
    s->quiet_turns = desk_counts(s->desk).requests == before ? s->quiet_turns + 1 : 0;
    if (s->quiet_turns == REST_TURNS) {
        (void)malloc_trim(0); /* little that was given back goes to the machine too, once a rest */
    }
    err = desk_turn(s->desk, &now);
    if (err == NG_OK) {
        serve_house_keep(s, &now, off);
    }
    return err;
}

/* ---- Start and stop ---- */

/* Signals become a descriptor before the network's threads are born, so that they inherit the mask.
 */
static enum ng_err open_signals(struct serve *s)
{
    const struct timeval often = {.tv_usec = MEMORY_CPU_MS * 1000};
    const struct itimerval timer = {.it_interval = often, .it_value = often};
    sigset_t ends, used;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigemptyset(&used);
    (void)sigaddset(&used, SIGPROF);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) != 0 || sigprocmask(SIG_BLOCK, &used, NULL) != 0) {
        return err_set_errno(errno, "signals");
    }
    s->signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    s->cpu_fd = signalfd(-1, &used, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0 || s->cpu_fd < 0 || setitimer(ITIMER_PROF, &timer, NULL) != 0) {
        return err_set_errno(errno, "signals");
    }
    return NG_OK;
}

static enum ng_err open_ledger(struct serve *s, const char *head)
{
    char *path = NULL;
    enum ng_err err = home_lock(s->folder, &s->lock_fd);
    if (err == NG_OK) {
        err = home_head_path(s->folder, head, &path);
    }
    if (err == NG_OK) {
        err = ledger_open(s->folder, path, LEDGER_WRITE, &s->ledger);
    }
    free(path);
    if (err == NG_OK && !ledger_has_floor(s->ledger) && ledger_read_only(s->ledger) == NULL) {
        /* A disk that is not mounted looks like this too: the person should know. */
        log_event(LOG_WARNING, "floor_missing",
                  "path=%s an old copy of the log would not be noticed; it is written anew now",
                  ledger_head_path(s->ledger));
    } else if (err == NG_OK && home_on_one_disk(s->folder, ledger_head_path(s->ledger))) {
        log_event(LOG_WARNING, "floor_beside_the_log",
                  "path=%s a disk set back to an earlier day would not be noticed here but by the "
                  "parties; keep it on another one: serve --head FILE",
                  ledger_head_path(s->ledger));
    }
    return err;
}

static enum ng_err open_log(struct serve *s, const struct serve_options *options)
{
    enum ng_err err = open_ledger(s, options->head);
    if (err != NG_OK) {
        return err;
    }
    ledger_recheck_begin(&s->recheck, s->ledger);
    const uint64_t last = ledger_last_received_at(s->ledger);
    const int64_t last_ms = last < INT64_MAX ? (int64_t)last : INT64_MAX;
    clock_guard_init(&s->guard, clock_mono(), clock_wall_ms(), last_ms);
    err = witnesses_open(s->folder, s->ledger, false, &s->witnesses);
    if (err != NG_OK) { /* the log is whole: serve it, and leave the cosignatures to a person */
        log_error("witness_failed", err);
    }
    err = evidence_open(s->folder, &s->options->evidence, &s->blobs);
    if (err != NG_OK) {
        return err;
    }
    const struct desk_config config = {.ledger = s->ledger,
                                       .send = send_to,
                                       .line = note_line,
                                       .context = s,
                                       .witnesses = s->witnesses,
                                       .blobs = s->blobs,
                                       .rate_max = options->rate_max,
                                       .kib_max = options->kib_max,
                                       .start_ms = options->start_ms};
    return desk_new(&config, &s->desk);
}

static enum ng_err open_server(struct serve *s, const char *listen)
{
    char endpoint[NET_ENDPOINT_MAX + 1];
    struct net_curve keys;
    enum ng_err err = home_load_curve(s->folder, &keys);
    if (err == NG_OK) {
        err = home_load_endpoint(s->folder, endpoint);
    }
    if (err == NG_OK) {
        const struct net_server_config config = {.endpoint = listen != NULL ? listen : endpoint,
                                                 .keys = &keys,
                                                 .admit = admit,
                                                 .has_room = has_room,
                                                 .context = s};
        err = net_server_open(&config, &s->server);
    }
    explicit_bzero(&keys, sizeof(keys));
    return err;
}

static enum ng_err start(struct serve *s, const struct serve_options *options)
{
    char endpoint[NET_ENDPOINT_MAX + 1];
    /* The cheap and likely mistakes first: no broker here, or one is running. */
    enum ng_err err = home_load_endpoint(s->folder, endpoint);
    if (err == NG_OK) {
        err = open_log(s, options);
    }
    if (err == NG_OK) {
        err = open_signals(s);
    }
    if (err == NG_OK) {
        err = workers_new(workers_threads(THREADS_MAX), &s->workers);
    }
    if (err == NG_OK) {
        ledger_use_workers(s->ledger, s->workers);
        err = open_server(s, options->listen);
    }
    if (err == NG_OK) {
        err = control_open(s->folder, &s->control_fd);
    }
    return err;
}

static void finish(struct serve *s)
{
    if (s->server != NULL && s->desk != NULL) {
        serve_house_tell(s);
    }
    control_close(s->folder, &s->control_fd);
    net_server_close(&s->server);
    desk_destroy(&s->desk);
    if (s->witnesses != NULL) {
        serve_house_witnesses(s);
    }
    witnesses_close(&s->witnesses);
    blob_close(&s->blobs);
    ledger_close(&s->ledger);
    workers_destroy(&s->workers);
    if (s->signal_fd >= 0) {
        (void)close(s->signal_fd);
    }
    if (s->cpu_fd >= 0) {
        (void)close(s->cpu_fd);
    }
    file_unlock(&s->lock_fd);
}

static enum ng_err set_limits(uint64_t memory_mib)
{
    uint64_t files = 0;
    if (memory_mib != 0 && (memory_mib < SERVE_MEMORY_MIB_MIN || memory_mib > UINT64_MAX / MIB)) {
        return err_set(NG_ERR_INPUT, _("--memory-max: %u MiB is the least a broker needs"),
                       SERVE_MEMORY_MIB_MIN);
    }
    enum ng_err err = limits_raise_files(&files);
    return err == NG_OK ? limits_cap_memory((memory_mib != 0 ? memory_mib : SERVE_MEMORY_MIB) * MIB)
                        : err;
}

enum ng_err serve_run(const struct serve_options *options)
{
    struct serve s = {.folder = options->folder,
                      .options = options,
                      .started = clock_mono(),
                      .lock_fd = -1,
                      .signal_fd = -1,
                      .cpu_fd = -1,
                      .control_fd = -1};
    enum ng_err err = set_limits(options->memory_mib);
    if (err == NG_OK) {
        err = start(&s, options);
    }
    if (err == NG_OK) {
        (void)printf("ready %s\n", net_server_endpoint(s.server));
        if (fflush(stdout) != 0) {
            err = err_set_errno(errno, _("standard output"));
        }
    }
    while (err == NG_OK && !s.stop) {
        err = turn(&s);
    }
    if (err != NG_OK && s.desk != NULL && s.server != NULL) {
        err = err_wrap(err, _("the broker stops here; nothing was acknowledged after this"));
    }
    finish(&s);
    return err;
}
