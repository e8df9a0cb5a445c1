/* nganam-office status: where things stand, from our own store; the network is not asked. */
#include "audit/entry.h"
#include "audit/print.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/keys.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "office-service/silent.h"
#include "office-service/verdict_row.h"
#include "office-service/witness_view.h"
#include "party/confirmation.h"

#define SILENT_SHOWN 10 /* codes printed for a person */

struct standing_of_things {
    struct party_status party;
    struct witness_view witnesses;
    struct state_meta meta;
    uint64_t mirrored;
    uint64_t owed;
    enum wire_role role;
    struct silent silent;
    struct previous previous; /* the log that this one follows */
    struct confirmation confirmation;
};

static enum ng_err count_owed(const struct kv *kv, uint64_t *ret)
{
    uint64_t index = 0;
    *ret = 0;
    for (;; index++, ++*ret) {
        enum ng_err err = verdict_row_owed(kv, index, &index);
        if (err) {
            return err == NG_ERR_NOT_FOUND ? NG_OK : err;
        }
    }
}

static enum ng_err find_previous(const struct mirror_view *v, struct previous *ret)
{
    struct bytes leaf;
    struct hash hash;
    struct entry first;
    enum ng_err err = mirror_view_leaf(v, 0, &leaf, &hash);
    if (!err) {
        err = entry_read(0, leaf, &first);
    }
    if (!err) {
        entry_previous(&first, ret);
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* Whether our key waits for its confirmation. Once the log has been read with it, it does not; what
 * came into the inbox before that is all that is known until then. */
static enum ng_err find_confirmation(struct office *o, const struct kv *kv,
                                     struct confirmation *ret)
{
    struct registry_party own;
    const struct identity *id = party_identity(o->party);
    const enum ng_err err = keys_party(kv, id->party.text, &own);
    *ret = (struct confirmation){.missing = 0};
    if (err == NG_ERR_NOT_FOUND || (!err && own.epoch != id->epoch)) {
        return confirmation_read(o->party, ret);
    }
    return err;
}

static enum ng_err look(struct office *o, struct standing_of_things *ret)
{
    struct mirror_view v;
    enum ng_err err = party_status(o->party, &ret->party);
    if (!err) {
        err = witness_view(o, &ret->witnesses);
    }
    if (!err) {
        err = office_role(o, &ret->role);
    }
    if (!err) {
        err = mirror_view_begin(o->mirror, &v);
    }
    if (err) {
        return err;
    }
    ret->mirrored = v.edge.size;
    err = state_meta_get(mirror_view_state(&v), &ret->meta);
    if (!err) {
        err = count_owed(mirror_view_state(&v), &ret->owed);
    }
    if (!err) {
        err = find_previous(&v, &ret->previous);
    }
    if (!err) {
        err = find_confirmation(o, mirror_view_state(&v), &ret->confirmation);
    }
    if (!err && ret->party.last_contact_ms > 0) {
        err = silent_find(&v, party_identity(o->party)->party.text, ret->party.last_contact_ms,
                          &ret->silent);
    }
    mirror_view_end(&v);
    return err;
}

static const char *role_name(enum wire_role role)
{
    switch (role) {
    case WIRE_ROLE_OFFICE:
        return "office";
    case WIRE_ROLE_AUDITOR:
        return "auditor";
    case WIRE_ROLE_WARD:
        return "ward";
    case WIRE_ROLE_DEPARTMENT:
        return "department";
    case WIRE_ROLE_NONE:
        break;
    }
    return "unknown";
}

static const char *role_text(enum wire_role role)
{
    switch (role) {
    case WIRE_ROLE_OFFICE:
        return _("the office");
    case WIRE_ROLE_AUDITOR:
        return _("auditor");
    case WIRE_ROLE_WARD:
        return _("ward or commune");
    case WIRE_ROLE_DEPARTMENT:
        return _("department");
    case WIRE_ROLE_NONE:
        break;
    }
    return _("role not known yet: the log was not read");
}

static enum ng_err add_alarm(void *context, int64_t at_ms, const char *text)
{
    json_t *array = context;
    json_t *item = json_pack("{s:o, s:o}", "at", say_json_moment((uint64_t)at_ms), "text",
                             say_json_text(text));
    return json_array_append_new(array, item) ? err_plain(NG_ERR_NOMEM) : NG_OK;
}

/* null: not known. */
static json_t *silent_json(const struct silent *s)
{
    json_t *array = s->known ? json_array() : json_null();
    for (size_t i = 0; i < s->count; i++) {
        if (json_array_append_new(array, json_string(s->codes[i].text))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static enum ng_err print_document_of(struct office *o, const struct standing_of_things *s)
{
    json_t *alarms = json_array();
    enum ng_err err = alarms ? party_alarms(o->party, add_alarm, alarms) : err_plain(NG_ERR_NOMEM);
    if (err) {
        json_decref(alarms);
        return err;
    }
    json_t *head = json_pack("{s:I, s:o}", "size", (json_int_t)s->party.head.size, "root",
                             say_json_root(&s->party.head.root));
    const struct witness_view *w = &s->witnesses;
    json_t *witnesses =
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "size", (json_int_t)w->size, "cosigned",
                  (json_int_t)w->cosigned, "parties", (json_int_t)w->parties, "needed",
                  (json_int_t)w->needed, "final_size", (json_int_t)w->final_size);
    return say_json(json_pack(
        "{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, "
        "s:o, s:o, s:o, s:o}",
        "schema", 1, "unit", party_identity(o->party)->party.text, "role", role_name(s->role),
        "outbox", (json_int_t)s->party.outbox, "delivered", (json_int_t)s->party.delivered,
        "mirrored", (json_int_t)s->mirrored, "applied", (json_int_t)s->meta.applied, "head", head,
        "log_key_since", (json_int_t)s->party.log_key_index, "owed_verdicts", (json_int_t)s->owed,
        "accepted", (json_int_t)s->meta.accepted, "refused", (json_int_t)s->meta.refused,
        "unreadable", (json_int_t)s->meta.unreadable, "unknown", (json_int_t)s->meta.unknown,
        "fold_version", (json_int_t)s->meta.fold_version, "last_contact",
        say_json_moment((uint64_t)s->party.last_contact_ms), "witnesses", witnesses, "alarms",
        alarms, "silent", silent_json(&s->silent), "previous", entry_previous_json(&s->previous),
        "confirmation", confirmation_json(&s->confirmation)));
}

static enum ng_err print_alarm(void *context, int64_t at_ms, const char *text)
{
    (void)context;
    (void)printf("  %s  %s\n", say_moment(at_ms), text);
    return NG_OK;
}

static void print_silent(const struct silent *s)
{
    if (s->count == 0) {
        return;
    }
    (void)printf(_("Silent for 2 days: %s"), say_number(s->count));
    for (size_t i = 0; i < s->count && i < SILENT_SHOWN; i++) {
        (void)printf("%s %s", i == 0 ? ":" : ",", s->codes[i].text);
    }
    (void)printf("%s\n", s->count > SILENT_SHOWN ? ", …" : "");
}

static enum ng_err print_text(struct office *o, const struct standing_of_things *s)
{
    (void)printf(_("Here:              %s (%s)\n"), party_identity(o->party)->party.text,
                 role_text(s->role));
    (void)printf(_("Log known:         %s messages\n"), say_number(s->party.head.size));
    print_previous(&s->previous, "");
    if (s->party.log_key_index > 0) {
        (void)printf(_("Log's key:         changed at entry %s\n"),
                     say_number(s->party.log_key_index));
    }
    if (s->witnesses.size > 0) {
        (void)printf(_("Cosigned:          %s messages, by %zu of %zu parties; final: %s\n"),
                     say_number(s->witnesses.size), s->witnesses.cosigned, s->witnesses.parties,
                     say_number(s->witnesses.final_size));
    }
    (void)printf(_("Folded:            %s\n"), say_number(s->meta.applied));
    (void)printf(_("Waiting to send:   %s\n"), say_number(s->party.outbox));
    (void)printf(_("Verdicts to send:  %s\n"), say_number(s->owed));
    (void)printf(_("Acts accepted:     %s, refused: %s\n"), say_number(s->meta.accepted),
                 say_number(s->meta.refused));
    if (s->meta.unreadable + s->meta.unknown > 0) {
        (void)printf(_("Unreadable:        %s, of an unknown kind: %s\n"),
                     say_number(s->meta.unreadable), say_number(s->meta.unknown));
    }
    (void)printf(_("Last contact:      %s\n"),
                 s->party.last_contact_ms > 0 ? say_moment(s->party.last_contact_ms) : _("never"));
    print_silent(&s->silent);
    confirmation_print(&s->confirmation);
    if (s->party.alarm_count == 0) {
        return NG_OK;
    }
    (void)printf(_("ALARMS:            %s\n"), say_number(s->party.alarm_count));
    return party_alarms(o->party, print_alarm, NULL);
}

enum ng_err cmd_status_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *opt = options;
    struct office o;
    struct standing_of_things s = {0};
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = look(&o, &s);
    }
    if (!err) {
        err = opt->common.json ? print_document_of(&o, &s) : print_text(&o, &s);
    }
    silent_fini(&s.silent);
    office_close(&o);
    return err;
}
