/* nganam-office alarms: what a person has to know, read or not; none is ever dropped. What proves
 * one (signed tree heads, a receipt) can be written out and handed over. */
#include "base/clock.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "party/alarm.h"
#include "party/alarm_said.h"

static enum ng_err add_json(json_t *array, uint64_t number, const struct alarm *a)
{
    json_t *item =
        json_pack("{s:I, s:o, s:o, s:o, s:I}", "number", (json_int_t)number, "at",
                  say_json_moment((uint64_t)a->at_ms), "text", say_json_text(a->text), "read",
                  say_json_moment((uint64_t)a->read_ms), "evidence", (json_int_t)a->evidence.size);
    return json_array_append_new(array, item) ? err_plain(NG_ERR_NOMEM) : NG_OK;
}

/* Into the array, or printed where there is none. */
static enum ng_err list(struct store_txn *t, json_t *array)
{
    struct alarm a;
    uint64_t n = 0;
    enum ng_err err = alarm_get(t, n, &a);
    for (; !err; err = alarm_get(t, n, &a)) {
        n++;
        if (!array) {
            (void)printf("%4s  %s  %s%s\n", say_number(n), say_moment(a.at_ms), a.text,
                         a.read_ms ? _(" (read)") : "");
        } else if (add_json(array, n, &a)) {
            return err_plain(NG_ERR_NOMEM);
        }
    }
    if (n == 0 && !array) {
        (void)printf(_("No alarms.\n"));
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err list_all(struct office *o, bool as_json)
{
    struct store_txn *t = NULL;
    json_t *array = as_json ? json_array() : NULL;
    enum ng_err err = as_json && !array ? err_plain(NG_ERR_NOMEM) : NG_OK;
    if (!err) {
        err = store_begin_read(party_store(o->party), &t);
    }
    if (!err) {
        err = list(t, array);
    }
    store_end_read(&t);
    if (!err && array) {
        err = say_json(json_pack("{s:i, s:O}", "schema", 1, "alarms", array));
    }
    json_decref(array);
    return err;
}

enum ng_err cmd_alarms_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_alarms *opt = options;
    struct office o;
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err && opt->read) {
        err = alarm_said_read(o.party, opt->read, clock_wall_ms());
    }
    if (!err && opt->export_number) {
        err = alarm_said_export(o.party, opt->export_number);
    } else if (!err) {
        err = list_all(&o, opt->common.json);
    }
    office_close(&o);
    return err;
}
