/* nganam-office serve: reads the log as it grows, folds it, sends verdicts and ticks. Ready once
 * the log is reached and what was missed has been folded. An auditor's copy only reads. */
#include "base/lang.h"
#include "base/log.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/pump.h"
#include "office-service/wanted.h"
#include "party/courier.h"
#include "party/heartbeat.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BEAT_MS 60000 /* how often a day's heartbeat is looked for */

struct serving {
    struct office *office;
    struct pump pump;
    struct wanted wanted;
    bool is_office;
    bool connected;
    bool told;
    bool wanted_failed;     /* as logged last */
    uint64_t folded;        /* size of the state */
    struct mono beat_after; /* when the heartbeat is looked at again */
    enum ng_err err;
};

/* SIGTERM and SIGINT become a descriptor; blocked before any thread starts. */
static enum ng_err catch_signals(int *ret_fd)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return err_set_errno(errno, "sigprocmask");
    }
    *ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *ret_fd >= 0 ? NG_OK : err_set_errno(errno, "signalfd");
}

static enum ng_err folded_size(struct office *o, uint64_t *ret)
{
    struct mirror_view v;
    struct state_meta meta;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    err = state_meta_get(mirror_view_state(&v), &meta);
    mirror_view_end(&v);
    *ret = err ? 0 : meta.applied;
    return err;
}

static void tell_ready(struct serving *s, uint64_t head)
{
    if (s->told || !s->connected || s->folded < head) {
        return;
    }
    s->told = true;
    (void)printf("ready -\n");
    (void)fflush(stdout);
}

/* Verdicts and ticks, at the pump's pace. A disk that is full keeps it waiting, nothing else. */
static enum ng_err pump(struct serving *s)
{
    size_t count = 0;
    if (pump_wait_ms(&s->pump, clock_mono(), s->folded) > 0) {
        return NG_OK;
    }
    if (!s->is_office) {
        enum wire_role role;
        enum ng_err err = office_role(s->office, &role);
        s->is_office = !err && role == WIRE_ROLE_OFFICE;
        if (err || !s->is_office) {
            pump_rest(&s->pump, clock_mono(), s->folded, 0);
            return err;
        }
    }
    enum ng_err err =
        pump_turn(&s->pump, s->office->mirror, s->office->party, clock_wall_ms(), &count);
    if (err == NG_ERR_FULL) {
        log_error("pump_waits", err);
        err = NG_OK;
    }
    pump_rest(&s->pump, clock_mono(), s->folded, count);
    return err;
}

static enum ng_err beat(struct serving *s)
{
    bool written = false;
    if (!s->is_office || clock_between_ms(clock_mono(), s->beat_after) > 0) {
        return NG_OK;
    }
    s->beat_after = clock_after(clock_mono(), BEAT_MS);
    enum ng_err err = heartbeat_author(s->office->party, NGANAM_VERSION, clock_wall_ms(), &written);
    return err == NG_ERR_FULL ? NG_OK : err; /* the pump has said it */
}

/* Evidence that is cited goes on the courier's list. Its folder may be full or gone: the standings
 * do not wait for it. */
static enum ng_err want_evidence(struct serving *s)
{
    enum ng_err err = wanted_turn(&s->wanted, s->office->mirror, s->office->folder, clock_mono());
    const bool storage = err == NG_ERR_FULL || err == NG_ERR_IO || err == NG_ERR_ACCESS;
    if (storage && !s->wanted_failed) {
        log_error("evidence_waits", err);
    }
    s->wanted_failed = storage;
    return storage ? NG_OK : err;
}

static enum ng_err look(struct serving *s)
{
    struct party_status status;
    enum ng_err err = party_status(s->office->party, &status);
    if (!err) {
        err = folded_size(s->office, &s->folded);
    }
    if (err) {
        return err;
    }
    tell_ready(s, status.head.size);
    err = pump(s);
    err = err ? err : beat(s);
    return err ? err : want_evidence(s);
}

static bool each_turn(void *context)
{
    struct serving *s = context;
    s->err = look(s);
    return s->err != NG_OK;
}

static int64_t until_turn(void *context)
{
    const struct serving *s = context;
    const int64_t pump_ms = pump_wait_ms(&s->pump, clock_mono(), s->folded);
    const int64_t wanted_ms = wanted_wait_ms(&s->wanted, clock_mono());
    return wanted_ms < pump_ms ? wanted_ms : pump_ms;
}

static void note_connected(void *context)
{
    struct serving *s = context;
    s->connected = true;
}

static enum ng_err serve(struct office *o, int stop_fd)
{
    struct serving s = {.office = o, .beat_after = clock_mono()};
    struct courier *courier = NULL;
    enum ng_err err = mirror_catch_up(o->mirror);
    if (err) {
        return err;
    }
    const struct party_run run = {.reader = mirror_reader(o->mirror),
                                  .timeout_ms = -1,
                                  .stop_fd = stop_fd,
                                  .done = each_turn,
                                  .done_context = &s,
                                  .done_ms = until_turn,
                                  .ready = note_connected};
    err = courier_start(o->party, COURIER_FETCH, &courier);
    err = err ? err : party_run(o->party, &run);
    courier_stop(&courier);
    wanted_fini(&s.wanted);
    if (err == NG_ERR_BUSY) {
        return err_set(err, _("%s is in use by another nganam-office"), o->folder);
    }
    return err ? err : s.err;
}

enum ng_err cmd_serve_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *opt = options;
    struct office o = {.fold_lock = -1};
    int stop_fd = -1;
    enum ng_err err = catch_signals(&stop_fd);
    if (err) {
        return err;
    }
    err = office_open(opt->common.data, &o);
    if (!err) {
        err = office_take_state(&o);
    }
    if (!err) {
        err = serve(&o, stop_fd);
    }
    office_close(&o);
    (void)close(stop_fd);
    return err;
}
