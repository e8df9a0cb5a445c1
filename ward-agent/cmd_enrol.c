/* nganam-agent enrol, and rotate, which is the same without a slip on a machine that is a unit's.
 * enrol: makes this machine a unit's. The slip may be given as text, as a file, or on
 * stdin; a run that was interrupted goes on with the same slip. Ends with the inbox fetched, so
 * that the next command can be a report even if the line is gone by then. */
#include "base/lang.h"
#include "party/confirmation.h"
#include "party/rotate.h"
#include "party/slip_read.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_S = 60 };

/* A person waits for this: say what takes the time. */
static void say_delivering(uint64_t count)
{
    (void)fprintf(stderr,
                  ngettext("Sending first what the earlier key wrote: %s message …\n",
                           "Sending first what the earlier key wrote: %s messages …\n", count),
                  say_number(count));
}

/* What there is to work with, or how to get it. */
static void say_ready(const struct desk *d)
{
    struct tasks_unit own;
    size_t place = 0;
    size_t count = 0;
    uint32_t year = 0;
    const struct tasks *tasks = knowledge_tasks(d->knowledge, &own);
    while (tasks_next(tasks, &own, &place) != NULL) {
        count++;
    }
    if (knowledge_years(d->knowledge, &year, 1) == 0) {
        (void)printf(_("There are no criteria here yet; nganam-agent send fetches them.\n"));
        return;
    }
    (void)printf(ngettext("Criteria of %u and %zu task are here; nganam-agent inbox shows them.\n",
                          "Criteria of %u and %zu tasks are here; nganam-agent inbox shows them.\n",
                          count),
                 year, count);
}

static void say_news(const struct enrol_news *news)
{
    if (news->delivered > 0) {
        (void)printf(ngettext("%s message of the earlier key is in the log, with its receipt.\n",
                              "%s messages of the earlier key are in the log, with receipts.\n",
                              news->delivered),
                     say_number(news->delivered));
    }
    if (news->lost > 0) {
        (void)printf(ngettext("%s message of the earlier key is not in the log: report it again. "
                              "nganam-agent receipts shows it.\n",
                              "%s messages of the earlier key are not in the log: report them "
                              "again. nganam-agent receipts shows them.\n",
                              news->lost),
                     say_number(news->lost));
    }
}

/* epoch_before: 0 when nobody was enrolled here. */
static enum ng_err greet(const struct cmd_enrol *o, uint32_t epoch_before,
                         const struct enrol_news *news)
{
    struct desk d;
    struct party_status status;
    struct confirmation confirmation;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? desk_read(&d) : err;
    err = err == NG_OK ? party_status(d.party, &status) : err;
    err = err == NG_OK ? confirmation_read(d.party, &confirmation) : err;
    if (err != NG_OK) {
        desk_close(&d);
        return err;
    }
    const struct identity *id = party_identity(d.party);
    const struct wire_unit *unit = knowledge_unit(d.knowledge);
    bool again = id->epoch == epoch_before;
    if (o->common.json) {
        err = say_json_print(json_pack(
            "{s:i, s:s, s:o, s:i, s:b, s:o, s:I, s:I, s:o}", "schema", 1, "unit", id->party.text,
            "name", say_json_text(unit != NULL ? unit->name : NULL), "epoch", (int)id->epoch,
            "already_enrolled", again, "head", say_json_head(&status.head), "earlier_delivered",
            (json_int_t)news->delivered, "earlier_lost", (json_int_t)news->lost, "confirmation",
            confirmation_json(&confirmation)));
    } else {
        if (again) {
            (void)printf(_("This machine was already enrolled as %s.\n"), id->party.text);
        }
        (void)printf(_("Welcome, %s!\n"), desk_unit_name(&d));
        if (unit == NULL) {
            (void)printf(_("The office has not listed this unit yet.\n"));
        } else {
            say_ready(&d);
        }
        say_news(news);
        confirmation_print(&confirmation);
    }
    desk_close(&d);
    return err;
}

enum ng_err cmd_enrol_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_enrol *o = options;
    struct slip slip;
    struct identity before = {0};
    enum ng_err err = slip_read(argv[0], &slip);
    if (err != NG_OK) {
        return err;
    }
    uint32_t epoch_before = identity_load(o->common.data, &before) == NG_OK ? before.epoch : 0;
    identity_wipe(&before);
    uint64_t timeout_s = o->timeout > 0 ? o->timeout : TIMEOUT_S;
    const struct enrol_options how = {.endpoint = o->broker,
                                      .timeout_ms = (int64_t)timeout_s * 1000,
                                      .delivering = o->common.json ? NULL : say_delivering};
    struct enrol_news news = {0};
    err = enrol_run(o->common.data, &slip, &how, &news);
    return err == NG_OK ? greet(o, epoch_before, &news) : err;
}

/* ---- rotate ---- */

static enum ng_err say_rotated(const struct cmd_send *o, const struct enrol_news *news)
{
    struct desk d;
    struct confirmation confirmation;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? confirmation_read(d.party, &confirmation) : err;
    if (err != NG_OK) {
        desk_close(&d);
        return err;
    }
    const struct identity *id = party_identity(d.party);
    if (o->common.json) {
        err = say_json_print(json_pack(
            "{s:i, s:s, s:i, s:I, s:I, s:o}", "schema", 1, "unit", id->party.text, "epoch",
            (int)id->epoch, "earlier_delivered", (json_int_t)news->delivered, "earlier_lost",
            (json_int_t)news->lost, "confirmation", confirmation_json(&confirmation)));
    } else {
        (void)printf(_("This machine has new keys (epoch %u); the earlier ones are good for "
                       "nothing any more. Backups of before this are useless: make a new one.\n"),
                     (unsigned)id->epoch);
        say_news(news);
        confirmation_print(&confirmation);
    }
    desk_close(&d);
    return err;
}

enum ng_err cmd_rotate_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_send *o = options;
    struct enrol_news news = {0};
    const uint64_t timeout_s = o->timeout > 0 ? o->timeout : TIMEOUT_S;
    enum ng_err err = rotate_run(o->common.data, (int64_t)timeout_s * 1000,
                                 o->common.json ? NULL : say_delivering, &news);
    if (err == NG_ERR_BUSY) {
        return err_set(err, _("%s: another nganam-agent is running on this folder: stop it first"),
                       o->common.data);
    }
    return err == NG_OK ? say_rotated(o, &news) : err;
}
