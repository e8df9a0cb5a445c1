/* What the broker does beside its work: answers the operator, and keeps house, which never fails
 * the loop: what cannot be written is logged once and tried again. */
#include "broker/serve_state.h"

#include "base/log.h"
#include "broker/control.h"
#include "broker/operator.h"
#include "broker/status.h"
#include "broker/tally.h"

#include <stdio.h>
#include <string.h>

#define HOUSEKEEPING_MS 1000
#define TALLY_MS 60000
#define RECHECK_BYTES ((size_t)128 * 1024) /* of the log, each turn until all is read again */

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

void serve_house_answer(void *context, const char *request, char ret_answer[CONTROL_TEXT_MAX])
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

void serve_house_witnesses(struct serve *s)
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

void serve_house_keep(struct serve *s, const struct desk_now *now, int64_t clock_off_ms)
{
    recheck(s);
    log_changes(s, clock_off_ms);
    if (clock_between_ms(s->floor_next, now->mono) >= 0) {
        write_floor(s);
        serve_house_witnesses(s);
        s->floor_next = clock_after(now->mono, HOUSEKEEPING_MS);
    }
    memory_watch_look(&s->memory, s->server, now->mono);
    if (clock_between_ms(s->tally_next, now->mono) >= 0) {
        log_tally(s, false);
        s->tally_next = clock_after(now->mono, TALLY_MS);
    }
}

void serve_house_tell(struct serve *s)
{
    log_tally(s, true);
}
