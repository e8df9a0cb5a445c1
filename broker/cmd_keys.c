/* nganam-broker revoke, invite and rotate: the operator's word about a key, a party's or the log's
 * own. It is the way out when the office's own machine is lost: nobody else could revoke it, and
 * nobody else could invite it. */
#include "audit/print.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/home.h"
#include "broker/operator.h"

#include <stdio.h>
#include <string.h>

/* The party's row, and the log beside the running broker; the log is to be closed. */
static enum ng_err find_party(const char *folder, const char *code, struct ledger **ret_ledger,
                              struct registry_party *ret)
{
    struct store_txn *t = NULL;
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = ledger_open(folder, NULL, LEDGER_READ, ret_ledger);
        if (err == NG_ERR_NOT_FOUND) {
            return err_set(err, _("%s holds no broker: run nganam-broker init first"), folder);
        }
    }
    if (err == NG_OK) {
        err = store_begin_read(ledger_store(*ret_ledger), &t);
    }
    if (err == NG_OK) {
        err = strcmp(code, STATEMENT_LOG_AUTHOR) == 0 || !statement_code_valid(code)
                  ? err_plain(NG_ERR_NOT_FOUND)
                  : registry_party_get(t, code, ret);
        store_end_read(&t);
    }
    return err == NG_ERR_NOT_FOUND
               ? err_set(NG_ERR_INPUT,
                         _("%.40s is no party of this log: nganam-broker log list "
                           "shows who wrote in it"),
                         code)
               : err;
}

/* ---- revoke ---- */

static enum ng_err encode_revoke(const char *party, uint32_t epoch, const char *reason,
                                 struct buf *to)
{
    struct wire_revoke m = {.epoch = epoch};
    struct wire_revoke same;
    (void)snprintf(m.party, sizeof(m.party), "%s", party);
    (void)snprintf(m.reason, sizeof(m.reason), "%s", reason);
    enum ng_err err = wire_revoke_encode(&m, to);
    if (err != NG_OK ||
        (strlen(reason) <= WIRE_REASON_MAX && wire_revoke_decode(buf_bytes(to), &same) == NG_OK)) {
        return err;
    }
    return err_set(NG_ERR_INPUT, _("--reason: one line of 1 to %u bytes is needed"),
                   WIRE_REASON_MAX);
}

static enum ng_err print_revoked(bool json, const struct registry_party *p, uint64_t index)
{
    if (json) {
        return print_document(json_pack("{s:i, s:s, s:i, s:I}", "schema", 1, "party", p->code.text,
                                        "epoch", (int)p->epoch, "index", (json_int_t)index));
    }
    (void)printf(_("The key of %s (epoch %u) is revoked, entry %llu of the log: nothing it says is "
                   "taken any more.\nA slip for a new key: %s invite %s\n"),
                 p->code.text, p->epoch, (unsigned long long)index,
                 p->role == WIRE_ROLE_OFFICE ? "nganam-broker" : "nganam-office", p->code.text);
    return NG_OK;
}

/* Read again, beside the running broker: who enrolled meanwhile, with a slip from the office, has a
 * key that this revocation is not about. */
static enum ng_err check_revoked(const char *folder, uint64_t index, struct registry_party *p)
{
    struct ledger *l = NULL;
    const uint32_t meant = p->epoch;
    enum ng_err err = find_party(folder, p->code.text, &l, p);
    ledger_close(&l);
    return err != NG_OK || p->revoked
               ? err
               : err_set(NG_ERR_REFUSED,
                         _("entry %llu revokes epoch %u of %s, but it has enrolled anew meanwhile "
                           "(epoch %u), and that key is not revoked: run the command again if it "
                           "is to be"),
                         (unsigned long long)index, meant, p->code.text, p->epoch);
}

enum ng_err cmd_revoke_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_revoke *o = options;
    struct ledger *l = NULL;
    struct registry_party p = {.epoch = 0};
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    enum ng_err err = find_party(o->common.data, argv[0], &l, &p);
    ledger_close(&l); /* a store is opened once a process */
    if (err == NG_OK && p.epoch == 0) {
        err = err_set(NG_ERR_REFUSED, _("%s has not enrolled: there is no key to revoke"), argv[0]);
    }
    if (err == NG_OK && p.revoked) {
        err = err_set(NG_ERR_REFUSED, _("the key of %s is revoked already"), argv[0]);
    }
    if (err == NG_OK) {
        err = encode_revoke(p.code.text, p.epoch, o->reason, &payload);
    }
    if (err == NG_OK) {
        err = operator_say(o->common.data, STATEMENT_REVOKE, p.code.text, buf_bytes(&payload),
                           &index);
    }
    if (err == NG_OK) {
        err = check_revoked(o->common.data, index, &p);
    }
    buf_fini(&payload);
    return err == NG_OK ? print_revoked(o->common.json, &p, index) : err;
}

/* ---- invite ---- */

static enum ng_err make_slip(const char *folder, const char *party, struct slip *ret,
                             struct buf *payload)
{
    struct ledger *l = NULL;
    struct registry_party p = {.epoch = 0};
    struct net_curve curve;
    char endpoint[NET_ENDPOINT_MAX + 1];
    uint64_t now_ms = 0;
    enum ng_err err = find_party(folder, party, &l, &p);
    if (err == NG_OK && p.role != WIRE_ROLE_OFFICE) {
        err = err_set(NG_ERR_REFUSED,
                      _("the log gives a slip to its office alone; everybody else has it from "
                        "there: nganam-office invite %s"),
                      party);
    }
    if (err == NG_OK) {
        err = home_load_endpoint(folder, endpoint);
    }
    if (err == NG_OK) {
        err = home_load_curve(folder, &curve);
    }
    if (err == NG_OK) {
        err = operator_log_time(l, &now_ms);
    }
    if (err == NG_OK) {
        err = operator_slip(l, endpoint, &curve, p.code.text, p.role, now_ms, ret, payload);
    }
    ledger_close(&l);
    explicit_bzero(&curve, sizeof(curve));
    return err;
}

static enum ng_err print_slip(bool json, const struct slip *slip)
{
    struct buf text = BUF_INIT(SLIP_TEXT_MAX);
    enum ng_err err = slip_encode(slip, &text);
    if (err == NG_OK && json) {
        err = print_document(json_pack("{s:i, s:s, s:s}", "schema", 1, "party", slip->party.text,
                                       "slip", buf_text(&text)));
    } else if (err == NG_OK) {
        (void)printf("%s\n", buf_text(&text));
        (void)fprintf(stderr,
                      _("Slip of %s: good for 72 hours and one enrolment. Hand it over by "
                        "a way you trust.\n"),
                      slip->party.text);
    }
    if (text.data != NULL) {
        explicit_bzero(text.data, text.size);
    }
    buf_fini(&text);
    return err;
}

enum ng_err cmd_invite_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_plain *o = options;
    struct slip slip;
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    memset(&slip, 0, sizeof(slip));
    enum ng_err err = make_slip(o->common.data, argv[0], &slip, &payload);
    if (err == NG_OK) {
        err = operator_say(o->common.data, STATEMENT_INVITE, "", buf_bytes(&payload), &index);
    }
    if (err == NG_OK) {
        err = print_slip(o->common.json, &slip);
    }
    buf_fini(&payload);
    explicit_bzero(&slip, sizeof(slip));
    return err;
}

/* ---- rotate ---- */

static enum ng_err find_vkey(const char *folder, struct buf *to)
{
    struct ledger *l = NULL;
    enum ng_err err = ledger_open(folder, NULL, LEDGER_READ, &l);
    if (err == NG_OK) {
        err = note_vkey(ledger_origin(l), ledger_log_key(l), to);
    }
    ledger_close(&l);
    return err;
}

static enum ng_err print_rotated(const struct cmd_plain *o, uint64_t index, const char *vkey)
{
    if (o->common.json) {
        return print_document(json_pack("{s:i, s:I, s:s}", "schema", 1, "index", (json_int_t)index,
                                        "log_vkey", vkey));
    }
    (void)printf("%s\n", vkey);
    (void)fprintf(
        stderr,
        _("The log has a new key, from entry %llu on. Publish the verifier key above, and "
          "keep a copy of %s/log.key in a safe place: without it the log cannot go "
          "on.\n"),
        (unsigned long long)index, o->common.data);
    return NG_OK;
}

enum ng_err cmd_rotate_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *o = options;
    struct buf vkey = BUF_INIT(1024);
    uint64_t index = 0;
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = operator_rotate(o->common.data, &index);
    }
    if (err == NG_OK) {
        err = find_vkey(o->common.data, &vkey);
    }
    if (err == NG_OK) {
        err = print_rotated(o, index, buf_text(&vkey));
    }
    buf_fini(&vkey);
    return err;
}
