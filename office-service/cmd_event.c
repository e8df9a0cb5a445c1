/* nganam-office event CODE DATE: the day on which an event took place that deadlines hang on. */
#include "base/clock.h"
#include "base/day.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/event_task.h"
#include "office-service/fold_actor.h"
#include "office-service/office.h"
#include "office-service/pending.h"
#include "office-service/say.h"
#include "par/reason.h"
#include "par/text.h"

/* The day as the state has it, and as it will be once our outbox is delivered. */
struct known_days {
    int32_t now, then;
    uint64_t newest; /* our newest statement about events that waits; 0: none */
};

/* A day that `actor` has yet to sign counts as none. */
static enum ng_err day_in(const struct kv *kv, const char *code, const char *actor, int32_t *ret)
{
    struct state_event event;
    enum ng_err err = state_event_get(kv, code, &event);
    *ret = err || !fold_signs_nothing_new(actor, event.actor) ? DAY_NONE : event.day;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err look_up(struct office *o, const char *code, const char *actor,
                           struct known_days *ret)
{
    struct mirror_view v;
    struct pending p = {0};
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    err = day_in(mirror_view_state(&v), code, actor, &ret->now);
    if (!err) {
        err = pending_begin(o, &v, &p);
    }
    if (!err) {
        err = day_in(pending_state(&p), code, actor, &ret->then);
        ret->newest = pending_newest(&p, WIRE_KIND_EVENTS);
    }
    pending_end(&p);
    mirror_view_end(&v);
    return err;
}

/* How many tasks hang on the event. */
static enum ng_err count_tasks(struct office *o, const char *code, uint64_t *ret)
{
    struct mirror_view v;
    struct event_task_walk w;
    struct task_ref ref;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    *ret = 0;
    event_task_walk_begin(&w, mirror_view_state(&v), code);
    while ((err = event_task_walk_next(&w, &ref)) == NG_OK) {
        (*ret)++;
    }
    mirror_view_end(&v);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* What became of the command. */
enum came {
    CAME_KNOWN,  /* the day is in the state already */
    CAME_WAITED, /* our statement of before is in the log now */
    CAME_WRITTEN
};

static enum ng_err say_result(struct office *o, const struct cmd_say *opt, const char *code,
                              int32_t day, enum came came, uint64_t index)
{
    const bool changed = came != CAME_KNOWN;
    uint64_t tasks = 0;
    enum ng_err err = count_tasks(o, code, &tasks);
    if (err) {
        return err;
    }
    if (opt->common.json) {
        return say_json(json_pack("{s:i, s:s, s:o, s:b, s:o, s:I, s:s?}", "schema", 1, "event",
                                  code, "day", say_json_day(day), "changed", changed, "index",
                                  say_json_index(index), "tasks", (json_int_t)tasks, "actor",
                                  signer_id(o, came == CAME_WRITTEN)));
    }
    (void)printf(changed ? _("Event %s took place on %s.\n")
                         : _("Event %s: %s is known already, nothing changes.\n"),
                 code, say_day(day));
    signer_say(o, came == CAME_WRITTEN);
    if (tasks == 0) { /* the right code too, before the tasks are imported */
        (void)printf(_("No task's deadline hangs on %s; check the code if one should.\n"), code);
    }
    return NG_OK;
}

/* Said before, when the broker could not be reached: waited for as the first time. */
static enum ng_err wait_for(struct office *o, const struct cmd_say *opt, const char *code,
                            int32_t day, uint64_t seq)
{
    uint64_t index = 0;
    if (!opt->common.json) {
        (void)printf(_("Event %s: %s waits to be delivered already; it is not written again.\n"),
                     code, say_day(day));
        (void)fflush(stdout);
    }
    enum ng_err err = office_settle(o, seq, cmd_timeout_ms(opt->timeout));
    if (!err) {
        err = office_own_index(o, seq, &index);
    }
    return err ? err : say_result(o, opt, code, day, CAME_WAITED, index);
}

static enum ng_err say_event(struct office *o, const struct cmd_say *opt, const char *code,
                             int32_t day)
{
    char date[11];
    struct office_outcome outcome;
    day_format_iso(day, date);
    const struct wire_act act = {.kind = WIRE_ACT_EVENT, .u.event = {.code = code, .date = date}};
    enum ng_err err = signer_warn(o);
    if (!err) {
        err = office_say(o, WIRE_KIND_EVENTS, "*", &act, 1, cmd_timeout_ms(opt->timeout), &outcome);
    }
    if (err) {
        return err;
    }
    if (outcome.refused) {
        struct buf text = BUF_INIT(4096);
        err = reason_format((enum reason)outcome.findings[0].reason, NULL,
                            outcome.findings[0].argument, &text);
        err = err ? err : err_set(NG_ERR_REFUSED, "%s: %s", code, buf_text(&text));
        buf_fini(&text);
    } else {
        err = say_result(o, opt, code, day, CAME_WRITTEN, outcome.last_index);
    }
    office_outcome_fini(&outcome);
    return err;
}

enum ng_err cmd_event_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_say *opt = options;
    struct office o = {.fold_lock = -1};
    struct signer signer = {.id = NULL};
    int32_t day;
    struct known_days known = {0};
    if (!text_is_code(argv[0], TEXT_CODE_MAX)) {
        return err_set(NG_ERR_USAGE, _("an event's code has letters, digits, . - _"));
    }
    enum ng_err err = day_parse(argv[1], &day);
    if (err) {
        return err;
    }
    err = office_open(opt->common.data, &o);
    if (!err) {
        err = office_must_write(&o);
    }
    if (!err) {
        err = signer_open(&o, &opt->signer, &signer);
    }
    if (!err) {
        err = look_up(&o, argv[0], signer.id ? signer.id : "", &known);
    }
    if (!err && known.then == day && known.now == day) {
        err = say_result(&o, opt, argv[0], day, CAME_KNOWN, 0);
    } else if (!err && known.then == day) {
        err = wait_for(&o, opt, argv[0], day, known.newest);
    } else if (!err) {
        err = say_event(&o, opt, argv[0], day);
    }
    signer_close(&signer);
    office_close(&o);
    return err;
}
