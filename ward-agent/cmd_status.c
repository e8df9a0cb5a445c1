/* nganam-agent status: where things stand, read from this machine's own store; the network is not
 * asked, so it answers offline and beside a running service. */
#include "base/lang.h"
#include "party/confirmation.h"
#include "party/courier.h"
#include "party/overdue.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>

static enum ng_err add_alarm(void *context, int64_t at_ms, const char *text)
{
    json_t *array = context;
    json_t *item =
        json_pack("{s:o, s:o}", "at", say_json_moment(at_ms), "text", say_json_text(text));
    return json_array_append_new(array, item) == 0 ? NG_OK : err_set(NG_ERR_NOMEM, "JSON");
}

static enum ng_err print_alarm(void *context, int64_t at_ms, const char *text)
{
    (void)context;
    (void)printf("  %s  %s\n", say_moment(at_ms), text);
    return NG_OK;
}

/* Evidence that is not at the broker yet. */
struct waiting {
    size_t files;
    uint64_t bytes;
};

static enum ng_err print_json(const struct desk *d, const struct party_status *s,
                              const struct confirmation *c, const struct waiting *w)
{
    const struct wire_unit *unit = knowledge_unit(d->knowledge);
    json_t *alarms = json_array();
    enum ng_err err =
        alarms != NULL ? party_alarms(d->party, add_alarm, alarms) : err_set(NG_ERR_NOMEM, "JSON");
    if (err != NG_OK) {
        json_decref(alarms);
        return err;
    }
    return say_json_print(json_pack(
        "{s:i, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:I, s:o, s:{s:I, s:I}, s:I}",
        "schema", 1, "unit", party_identity(d->party)->party.text, "outbox", (json_int_t)s->outbox,
        "delivered", (json_int_t)s->delivered, "last_index",
        s->last_index_known ? json_integer((json_int_t)s->last_index) : json_null(), "head",
        say_json_head(&s->head), "alarms", alarms, "name",
        say_json_text(unit != NULL ? unit->name : NULL), "group",
        say_json_text(unit != NULL ? unit->group : NULL), "epoch", (int)s->epoch, "last_contact",
        say_json_moment(s->last_contact_ms), "refused", (json_int_t)desk_refused(d), "confirmation",
        confirmation_json(c), "evidence", "waiting", (json_int_t)w->files, "bytes",
        (json_int_t)w->bytes, "log_key_since", (json_int_t)s->log_key_index));
}

static enum ng_err print_text(const struct desk *d, const struct party_status *s,
                              const struct confirmation *c, const struct waiting *w)
{
    const char *code = party_identity(d->party)->party.text;
    size_t refused = desk_refused(d);
    bool named = knowledge_unit(d->knowledge) != NULL;
    (void)printf(_("Unit:            %s%s%s%s\n"), desk_unit_name(d), named ? " (" : "",
                 named ? code : "", named ? ")" : "");
    (void)printf(_("Waiting to send: %s\n"), say_number(s->outbox));
    if (w->files > 0) {
        (void)printf(_("Evidence waits:  %s files, %s KiB\n"), say_number(w->files),
                     say_number((w->bytes + 1023) / 1024));
    }
    (void)printf(_("Delivered:       %s, each with a receipt\n"), say_number(s->delivered));
    (void)printf(_("Last contact:    %s\n"),
                 s->last_contact_ms > 0 ? say_moment(s->last_contact_ms) : _("never"));
    if (s->head.size > 0) {
        (void)printf(_("Log seen:        %s entries\n"), say_number(s->head.size));
    }
    if (s->log_key_index > 0) {
        (void)printf(_("Log's key:       changed at entry %s\n"), say_number(s->log_key_index));
    }
    if (refused > 0) {
        (void)printf(_("Refused:         %s; nganam-agent inbox says why\n"), say_number(refused));
    }
    confirmation_print(c);
    if (s->alarm_count == 0) {
        return NG_OK;
    }
    (void)printf(_("ALARMS:          %s\n"), say_number(s->alarm_count));
    enum ng_err err = party_alarms(d->party, print_alarm, NULL);
    (void)printf(_("nganam-agent alarms lists all of them; --read marks what was read.\n"));
    return err;
}

/* A disk that is full cannot keep the alarm: what is known is told all the same. */
static enum ng_err look_overdue(struct desk *d)
{
    bool raised = false;
    enum ng_err err = overdue_look(d->party, clock_wall_ms(), &raised);
    return err == NG_ERR_FULL || err == NG_ERR_ACCESS ? NG_OK : err;
}

enum ng_err cmd_status_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *o = options;
    struct desk d;
    struct party_status status;
    struct confirmation confirmation;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? desk_read(&d) : err;
    err = err == NG_OK ? look_overdue(&d) : err;
    err = err == NG_OK ? party_status(d.party, &status) : err;
    err = err == NG_OK ? confirmation_read(d.party, &confirmation) : err;
    struct waiting w = {0, 0};
    err = err == NG_OK ? courier_waiting(o->common.data, &w.files, &w.bytes) : err;
    if (err == NG_OK) {
        err = o->common.json ? print_json(&d, &status, &confirmation, &w)
                             : print_text(&d, &status, &confirmation, &w);
    }
    desk_close(&d);
    return err;
}
