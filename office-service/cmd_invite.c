/* nganam-office invite: a slip for a unit. The invite is in the log before the slip is printed, so
 * a printed slip works at once. */
#include "base/lang.h"
#include "ledger/statement.h"
#include "office-service/cmd.h"
#include "office-service/keys.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "office-service/show_keys.h"
#include "office-service/slip_sheet.h"
#include "office-service/unit_row.h"
#include "party/kept_head.h"
#include "party/slip.h"

#include <string.h>

#define PAGE_NAME_MAX 4096

/* What the unit's group says; NG_ERR_NOT_FOUND for a code that is no unit. */
static enum ng_err role_of_unit(const struct kv *kv, const char *unit, enum wire_role *ret)
{
    struct unit_row row;
    const enum ng_err err = unit_row_get(kv, unit, &row);
    if (!err) {
        *ret = strcmp(row.group, "department") == 0 ? WIRE_ROLE_DEPARTMENT : WIRE_ROLE_WARD;
    }
    return err;
}

static enum ng_err read_role(const char *text, enum wire_role *ret)
{
    for (int role = WIRE_ROLE_WARD; role <= WIRE_ROLE_AUDITOR; role++) {
        if (strcmp(text, show_keys_role((enum wire_role)role)) == 0) {
            *ret = (enum wire_role)role;
            return NG_OK;
        }
    }
    return err_set(NG_ERR_USAGE, _("--role: ward, department or auditor is expected"));
}

/* A role is never changed under a code that has written: what it wrote was judged by the role. */
static enum ng_err check_same_role(const struct kv *kv, const char *unit, enum wire_role role)
{
    struct registry_party p;
    const enum ng_err err = keys_party(kv, unit, &p);
    if (!err && p.epoch > 0 && p.role != role) {
        return err_set(NG_ERR_REFUSED, _("%s has enrolled in another role (%s): use another code"),
                       unit, show_keys_role(p.role));
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err find_role(struct office *o, const char *unit, const char *given,
                             enum wire_role *ret)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    const struct kv *kv = mirror_view_state(&v);
    err = role_of_unit(kv, unit, ret);
    if (given && (!err || err == NG_ERR_NOT_FOUND)) {
        bool is_unit = !err;
        err = read_role(given, ret);
        /* Only an auditor is no unit; and a unit is none. */
        if (!err && is_unit && *ret == WIRE_ROLE_AUDITOR) {
            err = err_set(NG_ERR_REFUSED, _("%s is a unit: give the auditor a code of his own"),
                          unit);
        } else if (!err && !is_unit && *ret != WIRE_ROLE_AUDITOR) {
            err = err_plain(NG_ERR_NOT_FOUND);
        }
    }
    if (!err) {
        err = check_same_role(kv, unit, *ret);
    }
    mirror_view_end(&v);
    return err == NG_ERR_NOT_FOUND
               ? err_set(err, _("unit %.40s is not known: import it with units import first"), unit)
               : err;
}

/* With the log's present key: an older one would lead there too, but a thief may have it. */
static enum ng_err make_slip(struct party *party, const char *unit, struct slip *ret)
{
    const struct identity *id = party_identity(party);
    struct log_keys keys;
    enum ng_err err = kept_head_read_keys(party_store(party), id, &keys);
    if (err) {
        return err;
    }
    memset(ret, 0, sizeof *ret);
    (void)snprintf(ret->party.text, sizeof ret->party.text, "%s", unit);
    (void)snprintf(ret->endpoint, sizeof ret->endpoint, "%s", id->endpoint);
    (void)snprintf(ret->origin, sizeof ret->origin, "%s", id->origin);
    memcpy(ret->broker_curve, id->broker_curve, sizeof ret->broker_curve);
    ret->log_key = *log_keys_newest(&keys);
    slip_new_code(ret->code);
    return NG_OK;
}

/* A party that has a key already finds the invite in its inbox. */
static enum ng_err has_key(struct office *o, const char *code, bool *ret)
{
    struct mirror_view v;
    struct registry_party p;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    err = keys_party(mirror_view_state(&v), code, &p);
    mirror_view_end(&v);
    *ret = !err && p.epoch > 0;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err say_invite(struct office *o, const struct slip *slip, enum wire_role role,
                              uint64_t expires_at, int64_t timeout_ms)
{
    struct slip_keys keys;
    struct wire_invite invite = {.role = role, .expires_at = expires_at};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t seq = 0;
    bool copied = false;
    slip_keys(slip, &keys);
    (void)snprintf(invite.party, sizeof invite.party, "%s", slip->party.text);
    memcpy(invite.invite_key, keys.sign.public_key.bytes, sizeof invite.invite_key);
    memcpy(invite.invite_curve, keys.curve_public, sizeof invite.invite_curve);
    explicit_bzero(&keys, sizeof keys);
    enum ng_err err = wire_invite_encode(&invite, &payload);
    if (!err) {
        err = has_key(o, slip->party.text, &copied);
    }
    if (!err) {
        const struct party_draft draft = {.kind = STATEMENT_INVITE,
                                          .copied = copied ? slip->party : (struct party_code){""},
                                          .payload = buf_bytes(&payload)};
        err = party_author(o->party, &draft, 1, clock_wall_ms(), &seq);
    }
    if (!err) {
        err = office_settle(o, seq, timeout_ms);
    }
    buf_fini(&payload);
    return err;
}

/* The unit's name into `ret`, "" where none is known. */
static enum ng_err name_of(struct office *o, const char *unit, struct buf *ret)
{
    struct mirror_view v;
    struct unit_row row;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    err = unit_row_get(mirror_view_state(&v), unit, &row);
    err = err == NG_ERR_NOT_FOUND ? NG_OK : err ? err : buf_add_text(ret, row.name);
    mirror_view_end(&v);
    return err;
}

static enum ng_err write_page(struct office *o, const struct slip *slip, const char *text,
                              uint64_t expires_at, const char *path)
{
    struct buf name = BUF_INIT(PAGE_NAME_MAX);
    struct buf vkey = BUF_INIT(NOTE_SIZE_MAX);
    enum ng_err err = name_of(o, slip->party.text, &name);
    if (!err) {
        err = note_vkey(slip->origin, &slip->log_key, &vkey);
    }
    if (!err) {
        const struct slip_sheet sheet = {.slip = text,
                                         .unit = slip->party.text,
                                         .name = name.size > 0 ? buf_text(&name) : NULL,
                                         .expires = say_moment((int64_t)expires_at),
                                         .origin = slip->origin,
                                         .vkey = buf_text(&vkey)};
        err = slip_sheet_page(&sheet, path);
    }
    buf_fini(&vkey);
    buf_fini(&name);
    return err;
}

/* The files first: once the slip is on the screen all of it was done. */
static enum ng_err write_files(struct office *o, const struct cmd_invite *opt,
                               const struct slip *slip, const char *text, uint64_t expires_at)
{
    const char *path = opt->png;
    enum ng_err err = path ? slip_sheet_png(text, path) : NG_OK;
    if (!err && opt->page) {
        path = opt->page;
        err = write_page(o, slip, text, expires_at, path);
    }
    return err == NG_ERR_NOT_FOUND
               ? err_set(NG_ERR_INPUT, _("%s: the folder is not there: make it first"), path)
               : err;
}

static enum ng_err print_slip(struct office *o, const struct cmd_invite *opt,
                              const struct slip *slip, uint64_t expires_at)
{
    struct buf text = BUF_INIT(SLIP_TEXT_MAX);
    enum ng_err err = slip_encode(slip, &text);
    if (!err) {
        err = write_files(o, opt, slip, buf_text(&text), expires_at);
    }
    if (!err && opt->common.json) {
        err =
            say_json(json_pack("{s:i, s:s, s:s, s:o}", "schema", 1, "unit", slip->party.text,
                               "slip", buf_text(&text), "expires_at", say_json_moment(expires_at)));
    } else if (!err) {
        (void)printf("%s\n", buf_text(&text));
        err = opt->qr ? slip_sheet_terminal(buf_text(&text), stdout) : NG_OK;
        (void)fprintf(stderr,
                      _("Slip of %s: good for 72 hours and one enrolment. Hand it over by "
                        "a way you trust.\n"),
                      slip->party.text);
    }
    if (text.data) {
        explicit_bzero(text.data, text.size);
    }
    buf_fini(&text);
    return err;
}

enum ng_err cmd_invite_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_invite *opt = options;
    struct office o = {.fold_lock = -1};
    struct slip slip;
    enum wire_role role = WIRE_ROLE_NONE;
    const uint64_t expires_at = (uint64_t)(clock_wall_ms() + SLIP_VALID_MS);
    int64_t timeout_ms = cmd_timeout_ms(opt->timeout);
    if (!statement_code_valid(argv[0]) || strcmp(argv[0], STATEMENT_LOG_AUTHOR) == 0) {
        return err_set(NG_ERR_USAGE, _("\"%.40s\" is no unit's code"), argv[0]);
    }
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = office_must_write(&o);
    }
    if (!err) {
        err = find_role(&o, argv[0], opt->role, &role);
    }
    if (!err) {
        err = make_slip(o.party, argv[0], &slip);
        err = err ? err : say_invite(&o, &slip, role, expires_at, timeout_ms);
    }
    if (!err) {
        err = print_slip(&o, opt, &slip, expires_at);
    }
    explicit_bzero(&slip, sizeof slip);
    office_close(&o);
    return err;
}
