/* nganam-agent serve: the uplink, for as long as the machine is on. Reports saved by other commands
 * are sent as they come; a line that is down is tried again for days. It is ready as soon as it has
 * the directory to itself, for a ward may be offline all morning. */
#include "base/lang.h"
#include "base/log.h"
#include "party/courier.h"
#include "party/heartbeat.h"
#include "party/overdue.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

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

static void say_ready(void *context)
{
    (void)context;
    (void)printf("ready -\n");
    (void)fflush(stdout);
}

struct serving {
    struct desk desk;
    struct mono after; /* when to look again */
    enum ng_err err;
};

/* What time alone brings: alarms about receipts, the daily heartbeat. */
static enum ng_err look(const struct serving *s)
{
    bool done = false;
    enum ng_err err = overdue_look(s->desk.party, clock_wall_ms(), &done);
    return err != NG_OK ? err
                        : heartbeat_author(s->desk.party, NGANAM_VERSION, clock_wall_ms(), &done);
}

/* A disk that is full keeps it waiting, nothing else. */
static bool each_turn(void *context)
{
    struct serving *s = context;
    if (clock_between_ms(clock_mono(), s->after) > 0) {
        return false;
    }
    s->after = clock_after(clock_mono(), OVERDUE_LOOK_MS);
    enum ng_err err = look(s);
    if (err == NG_ERR_FULL) {
        log_error("serve_waits", err);
        err = NG_OK;
    }
    s->err = err;
    return err != NG_OK;
}

static int64_t until_look(void *context)
{
    const struct serving *s = context;
    const int64_t ms = clock_between_ms(clock_mono(), s->after);
    return ms > 0 ? ms : 0;
}

enum ng_err cmd_serve_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *o = options;
    struct serving s = {.after = clock_mono()};
    struct courier *courier = NULL;
    struct party_run run = {.timeout_ms = -1,
                            .started = say_ready,
                            .done = each_turn,
                            .done_ms = until_look,
                            .done_context = &s};
    enum ng_err err = catch_signals(&run.stop_fd);
    if (err != NG_OK) {
        return err;
    }
    err = desk_open(o->common.data, &s.desk);
    err = err == NG_OK ? courier_start(s.desk.party, COURIER_SEND, &courier) : err;
    err = err == NG_OK ? party_run(s.desk.party, &run) : err;
    courier_stop(&courier);
    err = err == NG_OK ? s.err : err;
    desk_close(&s.desk);
    (void)close(run.stop_fd);
    if (err == NG_ERR_BUSY) {
        return err_set(err, _("%s: another nganam-agent is running on this folder"),
                       o->common.data);
    }
    return err;
}
