/* One loop in one thread; only signatures are checked by others too (ledger_use_workers):
 *
 *     wait ── take in every message there is ── desk_check (signatures) ── take in what came ─┐
 *      └── small housekeeping ── desk_turn (commit, answer) ──────────────────────────────────┘
 *
 * Housekeeping: the head floor (at most once a second, behind the answers), the counters (at most
 * once a minute, when they moved), after a start a piece of the log that is read again
 * (ledger_recheck.h), and one log line when the disk, the clock or the log itself
 * changes its state. Handshakes are answered inside the wait.
 *
 * Memory: everything the desk keeps has a maximum; what the library gathers has none, and a timer
 * of this process's time (ITIMER_PROF) has memory_watch.h look at it.
 *
 * Failures: an error of desk_turn is a commit that failed or a proof that does not hold; the loop
 * ends there, before any answer of that turn, and the error is the one line the operator reads. A
 * floor that cannot be written is logged once and tried again: the log itself is safe without it.
 */
#include "broker/serve.h"

#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/workers.h"
#include "broker/clock_guard.h"
#include "broker/control.h"
#include "broker/desk.h"
#include "broker/evidence.h"
#include "broker/home.h"
#include "broker/memory_watch.h"
#include "broker/operator.h"
#include "broker/status.h"
#include "broker/tally.h"
#include "broker/witnesses.h"
#include "ledger/ledger_recheck.h"
#include "net/net_server.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#define HOUSEKEEPING_MS 1000
#define TALLY_MS 60000
#define THREADS_MAX 3 /* that check signatures beside the loop */
#define REST_MS 5000  /* nothing comes: only the clock is still looked at */
#define REST_TURNS 2
#define RECHECK_BYTES ((size_t)128 * 1024) /* of the log, each turn until all is read again */
#define MEMORY_CPU_MS 50                   /* of processor time, after which memory is looked at */
#define MIB (UINT64_C(1024) * 1024)

_Static_assert(SESSION_PEER_MAX == NET_PEER_MAX, "a peer's name fits");
_Static_assert(SESSION_USER_MAX == NET_USER_MAX, "a user's name fits");
_Static_assert(WIRE_CREDIT + WIRE_ASKS_MAX + 2 <= NET_ANSWERS_ROOM,
               "who keeps within the credit loses no answer, that of a parked Fetch and a witness "
               "head included");

struct serve {
    const char *folder;
    const struct serve_options *options;
    int lock_fd, signal_fd, cpu_fd, control_fd;
    struct ledger *ledger;
    struct witnesses *witnesses; /* NULL: they could not be opened */
    struct blob_folder *blobs;
    struct desk *desk;
    struct net_server *server;
    struct workers *workers;
    struct clock_guard guard;
    struct mono started;
    struct mono floor_next, tally_next;
    struct memory_watch memory;
    struct ledger_recheck recheck;
    unsigned quiet_turns;                  /* in which nothing came */
    uint64_t tally_requests, tally_denied; /* counters at the last line */
    bool floor_failed, witness_failed, clock_off, disk_full, read_only; /* as logged last */
    bool stop;
};

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

/* ---- Control ---- */

static void answer_status(const struct serve *s, char ret_answer[CONTROL_TEXT_MAX])
{
    const struct mono now = clock_mono();
    const struct status status = {
        .started = s->started,
        .now = now,
        .desk = s->desk,
        .ledger = s->ledger,
        .witnesses = s->witnesses,
        .net = net_server_counts(s->server),
        .clock_off_ms = clock_guard_off_ms(&s->guard, now, clock_wall_ms()),
        .floor_failed = s->floor_failed,
        .witness_failed = s->witness_failed,
        .recheck = &s->recheck,
    };
    status_answer(&status, ret_answer);
}

static void answer_control(void *context, const char *request, char ret_answer[CONTROL_TEXT_MAX])
{
    struct serve *s = context;
    if (operator_is_request(request)) {
        struct desk_now now = {.mono = clock_mono(), .wall_ms = clock_wall_ms()};
        now.clock_trusted = clock_guard_off_ms(&s->guard, now.mono, now.wall_ms) == 0;
        operator_answer(s->desk, &now, request, ret_answer);
        return;
    }
    if (evidence_order(s->blobs, request, ret_answer)) {
        return;
    }
    if (strcmp(request, STATUS_REQUEST) == 0) {
        answer_status(s, ret_answer);
        return;
    }
    if (strcmp(request, "clock accept") == 0) {
        clock_guard_accept(&s->guard, clock_mono(), clock_wall_ms());
        log_event(LOG_NOTICE, "clock_accepted", "by=operator");
    } else if (strcmp(request, "copy accept") == 0) {
        enum ng_err err = desk_accept_copy(s->desk);
        if (err != NG_OK) {
            (void)snprintf(ret_answer, CONTROL_TEXT_MAX, "%s", err_explain(err));
            return;
        }
        log_event(LOG_NOTICE, "copy_accepted", "by=operator");
    } else {
        (void)snprintf(ret_answer, CONTROL_TEXT_MAX, "unknown");
        return;
    }
    (void)snprintf(ret_answer, CONTROL_TEXT_MAX, "ok");
}

/* ---- Housekeeping ---- */

static void log_tally(struct serve *s, bool always)
{
    const struct desk_counts desk = desk_counts(s->desk);
    const struct net_server_counts net = net_server_counts(s->server);
    if (!always && desk.requests == s->tally_requests && net.denied == s->tally_denied) {
        return;
    }
    struct buf text = BUF_INIT(4096);
    if (tally_format(&desk, &net, &text) == NG_OK && text.size > 0) {
        log_event(LOG_INFO, "counts", "%s", buf_text(&text));
    }
    buf_fini(&text);
    s->tally_requests = desk.requests;
    s->tally_denied = net.denied;
}

static void write_floor(struct serve *s)
{
    enum ng_err err = ledger_write_floor(s->ledger);
    if (err != NG_OK && !s->floor_failed) {
        log_error("floor_failed", err);
    }
    s->floor_failed = err != NG_OK;
}

/* What is lost when it fails is only how many cosigned. */
static void write_witnesses(struct serve *s)
{
    enum ng_err err = s->witnesses != NULL ? witnesses_flush(s->witnesses) : NG_OK;
    if (err != NG_OK && !s->witness_failed) {
        log_error("witness_failed", err);
    }
    s->witness_failed = err != NG_OK;
}

static void log_changes(struct serve *s, int64_t clock_off_ms)
{
    if ((clock_off_ms != 0) != s->clock_off) {
        s->clock_off = clock_off_ms != 0;
        if (s->clock_off) {
            log_event(LOG_ERROR, "clock_untrusted",
                      "off_s=%lld statements are refused until the clock is right again or "
                      "\"nganam-broker clock accept\" is given",
                      (long long)(clock_off_ms / 1000));
        } else {
            log_event(LOG_NOTICE, "clock_trusted", "statements are taken again");
        }
    }
    if (desk_disk_full(s->desk) != s->disk_full) {
        s->disk_full = desk_disk_full(s->desk);
        log_event(s->disk_full ? LOG_ERROR : LOG_NOTICE, s->disk_full ? "disk_full" : "disk_free",
                  "folder=%s statements are %s", s->folder,
                  s->disk_full ? "refused until there is space" : "taken again");
    }
    const char *why = desk_read_only(s->desk);
    if (why != NULL && !s->read_only) {
        s->read_only = true;
        log_event(LOG_ERROR, "read_only", "why=\"%s\" statements are refused", why);
    } else if (why == NULL && s->read_only) {
        s->read_only = false;
        log_event(LOG_NOTICE, "writable", "statements are taken again");
    }
}

/* What it finds log_changes tells. */
static void recheck(struct serve *s)
{
    if (ledger_recheck_is_done(&s->recheck)) {
        return;
    }
    const enum ng_err err = ledger_recheck_some(&s->recheck, s->ledger, RECHECK_BYTES);
    if (err == NG_OK && ledger_recheck_is_done(&s->recheck)) {
        log_event(LOG_INFO, "log_rechecked", "entries=%llu", (unsigned long long)s->recheck.size);
    }
}

static void housekeep(struct serve *s, const struct desk_now *now, int64_t clock_off_ms)
{
    recheck(s);
    log_changes(s, clock_off_ms);
    if (clock_between_ms(s->floor_next, now->mono) >= 0) {
        write_floor(s);
        write_witnesses(s);
        s->floor_next = clock_after(now->mono, HOUSEKEEPING_MS);
    }
    memory_watch_look(&s->memory, s->server, now->mono);
    if (clock_between_ms(s->tally_next, now->mono) >= 0) {
        log_tally(s, false);
        s->tally_next = clock_after(now->mono, TALLY_MS);
    }
}

/* ---- The loop ---- */

/* How long the loop may sleep: what a turn left to do is done within two short sleeps. */
static int64_t rest_ms(const struct serve *s)
{
    if (!ledger_recheck_is_done(&s->recheck)) {
        return 0;
    }
    return s->memory.due                 ? MEMORY_WATCH_MS
           : s->quiet_turns < REST_TURNS ? HOUSEKEEPING_MS
                                         : REST_MS;
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
        control_serve(s->control_fd, answer_control, s);
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
        housekeep(s, &now, off);
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
        log_tally(s, true);
    }
    control_close(s->folder, &s->control_fd);
    net_server_close(&s->server);
    desk_destroy(&s->desk);
    if (s->witnesses != NULL) {
        write_witnesses(s);
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
