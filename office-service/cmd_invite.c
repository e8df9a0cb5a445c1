/* nganam-office invite: a slip for a unit. The invite is in the log before the slip is printed, so
 * a printed slip works at once. */
#include "base/lang.h"
#include "ledger/statement.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "office-service/unit_row.h"
#include "party/slip.h"

#include <string.h>

static enum ng_err find_role(struct office *o, const char *unit, enum wire_role *ret)
{
    struct mirror_view v;
    struct unit_row row;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    err = unit_row_get(mirror_view_state(&v), unit, &row);
    if (!err) {
        *ret = strcmp(row.group, "department") == 0 ? WIRE_ROLE_DEPARTMENT : WIRE_ROLE_WARD;
    }
    mirror_view_end(&v);
    return err == NG_ERR_NOT_FOUND
               ? err_set(err, _("unit %.40s is not known: import it with units import first"), unit)
               : err;
}

static void make_slip(const struct identity *id, const char *unit, struct slip *ret)
{
    memset(ret, 0, sizeof *ret);
    (void)snprintf(ret->party.text, sizeof ret->party.text, "%s", unit);
    (void)snprintf(ret->endpoint, sizeof ret->endpoint, "%s", id->endpoint);
    (void)snprintf(ret->origin, sizeof ret->origin, "%s", id->origin);
    memcpy(ret->broker_curve, id->broker_curve, sizeof ret->broker_curve);
    ret->log_key = id->log_key;
    slip_new_code(ret->code);
}

static enum ng_err say_invite(struct office *o, const struct slip *slip, enum wire_role role,
                              int64_t timeout_ms)
{
    struct slip_keys keys;
    struct wire_invite invite = {.role = role,
                                 .expires_at = (uint64_t)(clock_wall_ms() + SLIP_VALID_MS)};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t seq = 0;
    slip_keys(slip, &keys);
    (void)snprintf(invite.party, sizeof invite.party, "%s", slip->party.text);
    memcpy(invite.invite_key, keys.sign.public_key.bytes, sizeof invite.invite_key);
    memcpy(invite.invite_curve, keys.curve_public, sizeof invite.invite_curve);
    explicit_bzero(&keys, sizeof keys);
    enum ng_err err = wire_invite_encode(&invite, &payload);
    if (!err) {
        const struct party_draft draft = {.kind = STATEMENT_INVITE, .payload = buf_bytes(&payload)};
        err = party_author(o->party, &draft, 1, clock_wall_ms(), &seq);
    }
    if (!err) {
        err = office_settle(o, seq, timeout_ms);
    }
    buf_fini(&payload);
    return err;
}

static enum ng_err print_slip(const struct slip *slip, bool json)
{
    struct buf text = BUF_INIT(SLIP_TEXT_MAX);
    enum ng_err err = slip_encode(slip, &text);
    if (!err && json) {
        err = say_json(json_pack("{s:i, s:s, s:s}", "schema", 1, "unit", slip->party.text, "slip",
                                 buf_text(&text)));
    } else if (!err) {
        (void)printf("%s\n", buf_text(&text));
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
    const struct cmd_write *opt = options;
    struct office o = {.fold_lock = -1};
    struct slip slip;
    enum wire_role role = WIRE_ROLE_NONE;
    int64_t timeout_ms = (int64_t)(opt->timeout ? opt->timeout : OFFICE_TIMEOUT_S) * 1000;
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = office_must_write(&o);
    }
    if (!err) {
        err = find_role(&o, argv[0], &role);
    }
    if (!err) {
        make_slip(party_identity(o.party), argv[0], &slip);
        err = say_invite(&o, &slip, role, timeout_ms);
    }
    if (!err) {
        err = print_slip(&slip, opt->common.json);
    }
    explicit_bzero(&slip, sizeof slip);
    office_close(&o);
    return err;
}
