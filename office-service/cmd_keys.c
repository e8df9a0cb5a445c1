/* nganam-office revoke, unfreeze, policy, parties: the office's word about keys. */
#include "base/lang.h"
#include "office-service/admin_sign.h"
#include "office-service/cmd.h"
#include "office-service/registry_say.h"
#include "office-service/say.h"
#include "office-service/show_keys.h"

#include <string.h>

int64_t cmd_timeout_ms(uint64_t timeout_s)
{
    return (int64_t)(timeout_s ? timeout_s : OFFICE_TIMEOUT_S) * 1000;
}

/* ---- revoke ---- */

static enum ng_err encode_revoke(const struct registry_party *p, const char *reason, struct buf *to)
{
    struct wire_revoke m = {.epoch = p->epoch};
    struct wire_revoke same;
    memcpy(m.party, p->code.text, sizeof m.party);
    (void)snprintf(m.reason, sizeof m.reason, "%s", reason);
    enum ng_err err = wire_revoke_encode(&m, to);
    if (err || (strlen(reason) <= WIRE_REASON_MAX && !wire_revoke_decode(buf_bytes(to), &same))) {
        return err;
    }
    return err_set(NG_ERR_INPUT, _("--reason: one line of 1 to %u bytes is needed"),
                   WIRE_REASON_MAX);
}

/* What became of it: the row after the statement. */
static enum ng_err overtaken(const struct registry_party *before,
                             const struct registry_party *after)
{
    return after->epoch == before->epoch
               ? NG_OK
               : err_set(NG_ERR_REFUSED,
                         _("%s has enrolled again meanwhile (epoch %u): run the command again if "
                           "that key is meant"),
                         after->code.text, after->epoch);
}

static enum ng_err say_about(struct office *o, uint32_t kind, struct bytes payload,
                             int64_t timeout_ms, struct registry_party *p, uint64_t *ret_index)
{
    const struct registry_party before = *p;
    enum ng_err err = registry_say(o, kind, p->code.text, payload, timeout_ms, ret_index);
    if (!err) {
        err = registry_say_party(o, before.code.text, true, p);
    }
    return err ? err : overtaken(&before, p);
}

enum ng_err cmd_revoke_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_revoke *opt = options;
    struct office o = {.fold_lock = -1};
    struct registry_party p = {.epoch = 0};
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    const int64_t timeout_ms = cmd_timeout_ms(opt->timeout);
    enum ng_err err = registry_say_open(opt->common.data, timeout_ms, &o);
    if (!err) {
        err = registry_say_party(&o, argv[0], true, &p);
    }
    if (!err && p.revoked) {
        err = err_set(NG_ERR_REFUSED, _("the key of %s is revoked already"), argv[0]);
    }
    if (!err && strcmp(p.code.text, party_identity(o.party)->party.text) == 0) {
        err = err_set(NG_ERR_REFUSED,
                      _("this is the office's own key: where the broker runs, nganam-broker revoke "
                        "%s does that"),
                      argv[0]);
    }
    if (!err) {
        err = encode_revoke(&p, opt->reason, &payload);
    }
    if (!err) {
        err = say_about(&o, STATEMENT_REVOKE, buf_bytes(&payload), timeout_ms, &p, &index);
    }
    buf_fini(&payload);
    office_close(&o);
    if (!err && opt->common.json) {
        return say_json(json_pack("{s:i, s:s, s:i, s:I}", "schema", 1, "party", p.code.text,
                                  "epoch", (int)p.epoch, "index", (json_int_t)index));
    }
    if (!err) {
        (void)printf(_("The key of %s (epoch %u) is revoked: nothing it says is taken any more. A "
                       "slip for a new key: nganam-office invite %s\n"),
                     p.code.text, p.epoch, p.code.text);
    }
    return err;
}

/* ---- unfreeze ---- */

enum ng_err cmd_unfreeze_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_write *opt = options;
    struct office o = {.fold_lock = -1};
    struct registry_party p = {.epoch = 0};
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    const int64_t timeout_ms = cmd_timeout_ms(opt->timeout);
    enum ng_err err = registry_say_open(opt->common.data, timeout_ms, &o);
    if (!err) {
        err = registry_say_party(&o, argv[0], true, &p);
    }
    if (!err && !p.frozen) {
        err = err_set(NG_ERR_REFUSED, _("%s is not frozen"), argv[0]);
    }
    if (!err) {
        struct wire_unfreeze m = {.epoch = p.epoch};
        memcpy(m.party, p.code.text, sizeof m.party);
        err = wire_unfreeze_encode(&m, &payload);
    }
    if (!err) {
        err = say_about(&o, STATEMENT_UNFREEZE, buf_bytes(&payload), timeout_ms, &p, &index);
    }
    buf_fini(&payload);
    office_close(&o);
    if (!err && opt->common.json) {
        return say_json(json_pack("{s:i, s:s, s:i, s:I}", "schema", 1, "party", p.code.text,
                                  "epoch", (int)p.epoch, "index", (json_int_t)index));
    }
    if (!err) {
        (void)printf(_("%s may write again with the key of epoch %u. The copy of its folder must "
                       "not be used any more: the next word from it freezes the key again.\n"),
                     p.code.text, p.epoch);
    }
    return err;
}

/* ---- policy ---- */

static enum ng_err read_policy(const char *subject, const char *text, enum wire_enrolment *ret)
{
    for (int i = WIRE_ENROLMENT_CODE; i <= WIRE_ENROLMENT_TWO_PERSON; i++) {
        if (strcmp(text, show_keys_policy((enum wire_enrolment)i)) == 0 &&
            strcmp(subject, "enrolment") == 0) {
            *ret = (enum wire_enrolment)i;
            return NG_OK;
        }
    }
    return err_set(NG_ERR_USAGE, _("enrolment and one of code, confirm, two-person are expected"));
}

/* Two persons who are not there could never be asked again: the operator alone could help. */
static enum ng_err check_policy(struct office *o, const struct admin_sign *by,
                                struct wire_policy *m)
{
    struct registry_policy present = {.index = 0};
    size_t admins = 0;
    enum ng_err err = admin_sign_look(o, &present, &admins);
    if (!err && m->enrolment == WIRE_ENROLMENT_TWO_PERSON && admins < 2) {
        err = err_set(NG_ERR_REFUSED,
                      _("two-person needs two admins, and there are %zu: nganam-office actor add "
                        "comes first"),
                      admins);
    }
    m->after = present.index;
    return err ? err : admin_sign_check(o, by);
}

static enum ng_err say_policy(struct office *o, const struct admin_sign *by, struct wire_policy *m,
                              int64_t timeout_ms)
{
    struct buf payload = BUF_INIT(1024);
    struct registry_policy present = {.index = 0};
    size_t admins = 0;
    uint64_t index = 0;
    enum ng_err err = wire_policy_encode(m, &payload);
    if (!err) {
        err = admin_sign(o, by, STATEMENT_POLICY, buf_bytes(&payload), &m->admins);
    }
    buf_clear(&payload);
    if (!err) {
        err = wire_policy_encode(m, &payload);
    }
    if (!err) {
        err = registry_say(o, STATEMENT_POLICY, "*", buf_bytes(&payload), timeout_ms, &index);
    }
    if (!err) {
        err = admin_sign_look(o, &present, &admins);
    }
    buf_fini(&payload);
    return err || present.index == index ? err : registry_say_overtaken(index);
}

enum ng_err cmd_policy_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_signed *opt = options;
    struct office o = {.fold_lock = -1};
    struct admin_sign by;
    struct wire_policy m = {.after = 0};
    const int64_t timeout_ms = cmd_timeout_ms(opt->timeout);
    memset(&by, 0, sizeof by);
    enum ng_err err = read_policy(argv[0], argv[1], &m.enrolment);
    if (!err) {
        err = admin_sign_load(opt->common.data, &opt->actors, &opt->keys, &by);
    }
    if (!err) {
        err = registry_say_open(opt->common.data, timeout_ms, &o);
    }
    if (!err) {
        err = check_policy(&o, &by, &m);
    }
    if (!err) {
        err = say_policy(&o, &by, &m, timeout_ms);
    }
    admin_sign_wipe(&by);
    office_close(&o);
    if (!err && opt->common.json) {
        return say_json(json_pack("{s:i, s:s}", "schema", 1, "enrolment", argv[1]));
    }
    if (!err) {
        (void)printf(m.enrolment == WIRE_ENROLMENT_CODE
                         ? _("From now on a slip is enough to enrol.\n")
                     : m.enrolment == WIRE_ENROLMENT_CONFIRM
                         ? _("From now on an enrolment waits until one person confirms it.\n")
                         : _("From now on an enrolment waits until two persons confirm it.\n"));
    }
    return err;
}

/* ---- parties ---- */

enum ng_err cmd_parties_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *opt = options;
    struct office o = {.fold_lock = -1};
    struct mirror_view v;
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = mirror_view_begin(o.mirror, &v);
    }
    if (!err) {
        err = show_keys_parties(&v, opt->common.json);
        mirror_view_end(&v);
    }
    office_close(&o);
    return err;
}
