/* nganam-office alarms: what a person has to know; none is ever dropped. What proves one (signed
 * tree heads, a receipt) can be written out and handed over. */
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "party/alarm.h"

static enum ng_err add_json(json_t *array, uint64_t number, const struct alarm *a)
{
    json_t *item = json_pack("{s:I, s:o, s:o, s:I}", "number", (json_int_t)number, "at",
                             say_json_moment((uint64_t)a->at_ms), "text", say_json_text(a->text),
                             "evidence", (json_int_t)a->evidence.size);
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
            (void)printf("%4s  %s  %s\n", say_number(n), say_moment(a.at_ms), a.text);
        } else if (add_json(array, n, &a)) {
            return err_plain(NG_ERR_NOMEM);
        }
    }
    if (n == 0 && !array) {
        (void)printf(_("No alarms.\n"));
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err write_evidence(struct store_txn *t, uint64_t number)
{
    struct alarm a;
    const enum ng_err err = number > 0 ? alarm_get(t, number - 1, &a) : err_plain(NG_ERR_NOT_FOUND);
    if (err) {
        return err == NG_ERR_NOT_FOUND
                   ? err_set(err, _("there is no alarm number %llu"), (unsigned long long)number)
                   : err;
    }
    if (a.evidence.size == 0) {
        return err_set(NG_ERR_NOT_FOUND, _("alarm number %llu holds nothing that proves it"),
                       (unsigned long long)number);
    }
    (void)fwrite(a.evidence.data, 1, a.evidence.size, stdout);
    return NG_OK;
}

static enum ng_err run_in(const struct cmd_alarms *opt, struct store_txn *t, json_t **ret_array)
{
    if (opt->export_number) {
        return write_evidence(t, opt->export_number);
    }
    *ret_array = opt->common.json ? json_array() : NULL;
    return opt->common.json && !*ret_array ? err_plain(NG_ERR_NOMEM) : list(t, *ret_array);
}

enum ng_err cmd_alarms_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_alarms *opt = options;
    struct office o;
    struct store_txn *t = NULL;
    json_t *array = NULL;
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = store_begin_read(party_store(o.party), &t);
    }
    if (!err) {
        err = run_in(opt, t, &array);
    }
    store_end_read(&t);
    if (!err && array) {
        err = say_json(json_pack("{s:i, s:O}", "schema", 1, "alarms", array));
    }
    json_decref(array);
    office_close(&o);
    return err;
}
