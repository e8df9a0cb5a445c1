/* nganam-office init, and rotate, which is the same without a slip on a machine that is set up.
 * init: from the broker's slip to a data directory with keys, our enrolment in the log, and our
 * copy of the log read to its head. Auditors are set up the same way. */
#include "base/file.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "party/rotate.h"

#include <string.h>

static enum ng_err read_slip(const char *given, struct slip *ret)
{
    struct buf text = BUF_INIT(4 * SLIP_TEXT_MAX);
    if (strncmp(given, "nganam1:", 8) == 0) {
        return slip_decode(given, ret);
    }
    enum ng_err err = file_read(given, &text);
    if (err == NG_ERR_NOT_FOUND) {
        err = err_set(
            NG_ERR_INPUT,
            _("\"%.80s\" is neither a slip (text beginning nganam1:) nor a file with one"), given);
    } else if (!err) {
        err = slip_decode(buf_text(&text), ret);
        err = err_wrap(err, "%s", given);
    } else if (err != NG_ERR_NOMEM) {
        err = err_set(NG_ERR_INPUT, "%s", err_explain(err));
    }
    buf_fini(&text);
    return err;
}

static enum ng_err greet(struct office *o, bool json)
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
        return say_json(json_pack("{s:i, s:s, s:i, s:s, s:s, s:o}", "schema", 1, "unit",
                                  id->party.text, "epoch", (int)id->epoch, "origin", id->origin,
                                  "role", role == WIRE_ROLE_OFFICE ? "office" : "auditor", "head",
                                  head));
    }
    (void)printf(_("Set up as %s (%s) of the log %s, %s messages read.\n"), id->party.text,
                 role == WIRE_ROLE_OFFICE ? _("the office") : _("reading only"), id->origin,
                 say_number(status.head.size));
    return NG_OK;
}

enum ng_err cmd_init_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_init *opt = options;
    struct slip slip;
    struct enrol_news news = {0};
    struct office o = {.fold_lock = -1};
    int64_t timeout_ms = (int64_t)(opt->timeout ? opt->timeout : OFFICE_TIMEOUT_S) * 1000;
    enum ng_err err = read_slip(argv[0], &slip);
    if (!err) {
        const struct enrol_options how = {.endpoint = opt->broker, .timeout_ms = timeout_ms};
        err = enrol_run(opt->common.data, &slip, &how, &news);
    }
    if (!err) {
        err = office_open(opt->common.data, &o);
    }
    if (!err) {
        err = office_settle(&o, 0, timeout_ms);
    }
    if (!err) {
        err = greet(&o, opt->common.json);
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
