/* nganam-office event CODE DATE: the day on which an event took place that deadlines hang on. */
#include "base/clock.h"
#include "base/day.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "par/reason.h"
#include "par/text.h"

static enum ng_err known_day(struct office *o, const char *code, int32_t *ret)
{
    struct mirror_view v;
    uint64_t index;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    err = state_event_get(mirror_view_state(&v), code, ret, &index);
    mirror_view_end(&v);
    if (err == NG_ERR_NOT_FOUND) {
        *ret = DAY_NONE;
        err = NG_OK;
    }
    return err;
}

static enum ng_err say_result(const struct cmd_write *opt, const char *code, int32_t day,
                              bool changed, uint64_t index)
{
    if (opt->common.json) {
        return say_json(json_pack("{s:i, s:s, s:o, s:b, s:o}", "schema", 1, "event", code, "day",
                                  say_json_day(day), "changed", changed, "index",
                                  say_json_index(index)));
    }
    (void)printf(changed ? _("Event %s took place on %s.\n")
                         : _("Event %s: %s is known already, nothing changes.\n"),
                 code, say_day(day));
    return NG_OK;
}

static enum ng_err say_event(struct office *o, const struct cmd_write *opt, const char *code,
                             int32_t day)
{
    char date[11];
    struct office_outcome outcome;
    day_format_iso(day, date);
    const struct wire_act act = {.kind = WIRE_ACT_EVENT, .u.event = {.code = code, .date = date}};
    int64_t timeout_ms = (int64_t)(opt->timeout ? opt->timeout : OFFICE_TIMEOUT_S) * 1000;
    enum ng_err err = office_say(o, WIRE_KIND_EVENTS, "*", &act, 1, timeout_ms, &outcome);
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
        err = say_result(opt, code, day, true, outcome.last_index);
    }
    office_outcome_fini(&outcome);
    return err;
}

enum ng_err cmd_event_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_write *opt = options;
    struct office o = {.fold_lock = -1};
    int32_t day;
    int32_t known = DAY_NONE;
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
        err = known_day(&o, argv[0], &known);
    }
    if (!err && known == day) {
        err = say_result(opt, argv[0], day, false, 0);
    } else if (!err) {
        err = say_event(&o, opt, argv[0], day);
    }
    office_close(&o);
    return err;
}
