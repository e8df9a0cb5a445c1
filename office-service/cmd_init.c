/* nganam-office init, and rotate, which is the same without a slip on a machine that is set up.
 * init: from the broker's slip to a data directory with keys, our enrolment in the log, and our
 * copy of the log read to its head. Auditors are set up the same way. */
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "party/confirmation.h"
#include "party/rotate.h"
#include "party/slip_read.h"

#include <string.h>

#define WHY_MAX 512

static enum ng_err greet(struct office *o, const struct confirmation *c, bool json)
{
    struct party_status status;
    enum wire_role role;
    const struct identity *id = party_identity(o->party);
    enum ng_err err = party_status(o->party, &status);
    if (!err) {
        err = office_role(o, &role);
    }
    if (err) {
        return err;
    }
    if (json) {
        json_t *head = json_pack("{s:I, s:o}", "size", (json_int_t)status.head.size, "root",
                                 say_json_root(&status.head.root));
        const char *name = role == WIRE_ROLE_OFFICE ? "office" : "auditor";
        return say_json(json_pack("{s:i, s:s, s:i, s:s, s:o, s:o, s:o}", "schema", 1, "unit",
                                  id->party.text, "epoch", (int)id->epoch, "origin", id->origin,
                                  "role", c->missing ? json_null() : json_string(name), "head",
                                  head, "confirmation", confirmation_json(c)));
    }
    if (c->missing) {
        (void)printf(_("Set up as %s of the log %s.\n"), id->party.text, id->origin);
        confirmation_print(c);
        (void)printf(_("Then nganam-office serve reads the log.\n"));
        return NG_OK;
    }
    (void)printf(_("Set up as %s (%s) of the log %s, %s messages read.\n"), id->party.text,
                 role == WIRE_ROLE_OFFICE ? _("the office") : _("reading only"), id->origin,
                 say_number(status.head.size));
    return NG_OK;
}

/* Reads the log to its head, or finds that the key waits for its confirmation and is not given it.
 */
static enum ng_err read_log(struct office *o, int64_t timeout_ms, struct confirmation *ret)
{
    *ret = (struct confirmation){.missing = 0};
    const enum ng_err err = office_settle(o, 0, timeout_ms);
    if (err != NG_ERR_REFUSED) {
        return err;
    }
    char why[WHY_MAX];
    (void)snprintf(why, sizeof why, "%s", err_detail());
    const enum ng_err read = confirmation_read(o->party, ret);
    return read ? read : ret->missing ? NG_OK : err_set(err, "%s", why);
}

enum ng_err cmd_init_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_init *opt = options;
    struct slip slip;
    struct enrol_news news = {0};
    struct confirmation confirmation;
    struct office o = {.fold_lock = -1};
    int64_t timeout_ms = (int64_t)(opt->timeout ? opt->timeout : OFFICE_TIMEOUT_S) * 1000;
    enum ng_err err = slip_read(argv[0], &slip);
    if (!err) {
        const struct enrol_options how = {.endpoint = opt->broker, .timeout_ms = timeout_ms};
        err = enrol_run(opt->common.data, &slip, &how, &news);
    }
    if (!err) {
        err = office_open(opt->common.data, &o);
    }
    if (!err) {
        err = read_log(&o, timeout_ms, &confirmation);
    }
    if (!err) {
        err = greet(&o, &confirmation, opt->common.json);
    }
    office_close(&o);
    return err;
}

/* ---- rotate ---- */

static enum ng_err say_rotated(const struct office *o, bool json)
{
    const struct identity *id = party_identity(o->party);
    if (json) {
        return say_json(json_pack("{s:i, s:s, s:i}", "schema", 1, "unit", id->party.text, "epoch",
                                  (int)id->epoch));
    }
    (void)printf(_("This machine has new keys (epoch %u); the earlier ones are good for "
                   "nothing any more. Backups of before this are useless: make a new one.\n"),
                 (unsigned)id->epoch);
    return NG_OK;
}

enum ng_err cmd_rotate_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_write *opt = options;
    struct enrol_news news = {0};
    struct office o = {.fold_lock = -1};
    const int64_t timeout_ms = cmd_timeout_ms(opt->timeout);
    enum ng_err err = rotate_run(opt->common.data, timeout_ms, NULL, &news);
    if (err == NG_ERR_BUSY) {
        err = err_set(err, _("%s is in use by another nganam-office: stop its serve first"),
                      opt->common.data);
    }
    if (!err) {
        err = office_open(opt->common.data, &o);
    }
    if (!err) {
        err = office_settle(&o, 0, timeout_ms);
    }
    if (!err) {
        err = say_rotated(&o, opt->common.json);
    }
    office_close(&o);
    return err;
}
