/* nganam-agent alarms: what a person has to know, read or not; none is ever dropped. What proves
 * one (signed tree heads, a receipt) can be written out and handed over. */
#include "base/lang.h"
#include "party/alarm.h"
#include "party/alarm_said.h"
#include "party/overdue.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>

static json_t *alarm_json(const struct party_alarm *a)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:I}", "number", (json_int_t)a->number, "at",
                     say_json_moment(a->at_ms), "text", say_json_text(a->text), "read",
                     say_json_moment(a->read_ms), "evidence", (json_int_t)a->evidence_size);
}

static void print_alarm(const struct party_alarm *a)
{
    (void)printf("%4s  %s  %s%s\n", say_number(a->number), say_moment(a->at_ms), a->text,
                 a->read_ms != 0 ? _(" (read)") : "");
}

/* Into the array, or printed where there is none. */
static enum ng_err each(struct desk *d, json_t *array, uint64_t *ret_count)
{
    struct buf text = BUF_INIT(ALARM_TEXT_MAX);
    struct party_alarm a;
    enum ng_err err = NG_OK;
    *ret_count = 0;
    while (err == NG_OK) {
        err = party_alarm_get(d->party, *ret_count + 1, &a, &text, NULL);
        *ret_count += err == NG_OK;
        if (err == NG_OK && array == NULL) {
            print_alarm(&a);
        } else if (err == NG_OK && json_array_append_new(array, alarm_json(&a)) != 0) {
            err = err_set(NG_ERR_NOMEM, "JSON");
        }
    }
    buf_fini(&text);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err list(const struct cmd_alarms *o, struct desk *d)
{
    uint64_t count = 0, hours = 0;
    json_t *array = o->common.json ? json_array() : NULL;
    enum ng_err err = overdue_hours(d->party, &hours);
    err = err == NG_OK ? each(d, array, &count) : err;
    if (err != NG_OK) {
        json_decref(array);
        return err;
    }
    if (o->common.json) {
        err = say_json_print(json_pack("{s:i, s:I, s:o}", "schema", 1, "after_hours",
                                       (json_int_t)hours, "alarms", array));
    } else if (count == 0) {
        (void)printf(_("No alarms.\n"));
    }
    return err == NG_OK && count == 0 ? cli_quiet(NG_ERR_NOT_FOUND) : err;
}

enum ng_err cmd_alarms_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_alarms *o = options;
    struct desk d;
    bool raised = false;
    enum ng_err err = desk_open(o->common.data, &d);
    if (err == NG_OK && o->after > 0) {
        err = overdue_set_hours(d.party, o->after);
    }
    if (err == NG_OK && o->read != NULL) {
        err = alarm_said_read(d.party, o->read, clock_wall_ms());
    }
    if (err == NG_OK && o->export_number != NULL) {
        err = alarm_said_export(d.party, o->export_number);
    } else if (err == NG_OK) {
        err = overdue_look(d.party, clock_wall_ms(), &raised);
        err = err == NG_OK ? list(o, &d) : err;
    }
    desk_close(&d);
    return err;
}
