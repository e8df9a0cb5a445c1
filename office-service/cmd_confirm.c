/* nganam-office confirm: a person of the office has compared the digits that a machine shows with
 * those of the key in the log, and signs for it with his own key. Everything that could be wrong is
 * told before anything is written; what counts is decided by the registry's rules alone. */
#include "base/lang.h"
#include "office-service/actor_key.h"
#include "office-service/cmd.h"
#include "office-service/registry_say.h"
#include "office-service/say.h"

#include <string.h>

/* The digits without what stands between them. */
static void bare_digits(const char *text, char *ret, size_t size)
{
    size_t count = 0;
    for (; *text != '\0' && count + 1 < size; text++) {
        if (*text >= '0' && *text <= '9') {
            ret[count++] = *text;
        }
    }
    ret[count] = '\0';
}

static enum ng_err check_digits(const struct identity *id, const struct registry_party *p,
                                const char *said)
{
    char digits[REGISTRY_DIGITS_SIZE], ours[REGISTRY_DIGITS_SIZE], theirs[REGISTRY_DIGITS_SIZE];
    registry_digits(id->log_id, &p->code, p->epoch, &p->key, p->curve, digits);
    bare_digits(digits, ours, sizeof ours);
    bare_digits(said, theirs, sizeof theirs);
    return strcmp(ours, theirs) == 0
               ? NG_OK
               : err_set(NG_ERR_REFUSED,
                         _("these are not the digits of the key in the log: ask for them again; if "
                           "they differ, somebody else used the slip: nganam-office revoke %s"),
                         p->code.text);
}

/* The person may confirm: he is in the log, an admin, and this is his key. */
static enum ng_err check_actor(struct office *o, const char *id, const struct key_pair *pair)
{
    struct registry_actor actor;
    enum ng_err err = signer_check(o, id, pair, &actor);
    if (!err && actor.role != WIRE_ACTOR_ADMIN) {
        return err_set(NG_ERR_REFUSED, _("%s is an appraiser: an admin confirms"), id);
    }
    return err;
}

static enum ng_err look_first(struct office *o, const struct registry_party *p,
                              struct registry_confirmation *ret)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (!err) {
        err = keys_first(mirror_view_state(&v), p, ret);
        mirror_view_end(&v);
    }
    return err;
}

static enum ng_err check_second(struct office *o, const struct registry_party *p, const char *id,
                                const struct key_pair *pair)
{
    struct registry_confirmation first;
    const enum ng_err err = look_first(o, p, &first);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    bool same = strcmp(first.actor, id) == 0 ||
                memcmp(first.key.bytes, pair->public_key.bytes, KEY_PUBLIC_SIZE) == 0;
    return same ? err_set(NG_ERR_REFUSED,
                          _("%s has confirmed %s already: the second must be another person with "
                            "another key"),
                          first.actor, p->code.text)
                : NG_OK;
}

static enum ng_err encode_confirm(const struct identity *id, const struct registry_party *p,
                                  const char *actor, const struct key_pair *pair, struct buf *to)
{
    struct wire_confirm m = {.epoch = p->epoch};
    memcpy(m.party, p->code.text, sizeof m.party);
    memcpy(m.key, p->key.bytes, sizeof m.key);
    (void)snprintf(m.actor, sizeof m.actor, "%s", actor);
    enum ng_err err = wire_confirm_encode(&m, to);
    if (!err) {
        err = registry_actor_sign(pair, id->log_id, buf_bytes(to), m.actor_signature);
    }
    buf_clear(to);
    return err ? err : wire_confirm_encode(&m, to);
}

static enum ng_err confirm(struct office *o, const struct cmd_confirm *opt, const char *code,
                           const struct key_pair *pair, struct registry_party *p)
{
    struct buf payload = BUF_INIT(1024);
    enum ng_err err = registry_say_party(o, code, true, p);
    if (!err && (!p->unconfirmed || p->revoked)) {
        err = err_set(NG_ERR_REFUSED,
                      p->revoked ? _("the key of %s is revoked already")
                                 : _("%s needs no confirmation"),
                      code);
    }
    if (!err) {
        err = check_digits(party_identity(o->party), p, opt->digits);
    }
    if (!err) {
        err = check_actor(o, opt->actor, pair);
    }
    if (!err) {
        err = check_second(o, p, opt->actor, pair);
    }
    if (!err) {
        err = encode_confirm(party_identity(o->party), p, opt->actor, pair, &payload);
    }
    if (!err) {
        err = registry_say(o, STATEMENT_CONFIRM, code, buf_bytes(&payload),
                           cmd_timeout_ms(opt->timeout), NULL);
    }
    if (!err) {
        err = registry_say_party(o, code, true, p);
    }
    buf_fini(&payload);
    return err;
}

static enum ng_err print_confirmed(const struct cmd_confirm *opt, const struct registry_party *p)
{
    if (opt->common.json) {
        return say_json(json_pack("{s:i, s:s, s:i, s:s, s:b}", "schema", 1, "party", p->code.text,
                                  "epoch", (int)p->epoch, "actor", opt->actor, "confirmed",
                                  !p->unconfirmed));
    }
    (void)printf(p->unconfirmed
                     ? _("%s is confirmed by one person; a second one is needed.\n")
                     : _("%s is confirmed: what waits on its machine is sent by itself now.\n"),
                 p->code.text);
    return NG_OK;
}

enum ng_err cmd_confirm_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_confirm *opt = options;
    struct office o = {.fold_lock = -1};
    struct registry_party p = {.epoch = 0};
    struct key_pair pair;
    memset(&pair, 0, sizeof pair);
    enum ng_err err = actor_key_open(opt->common.data, opt->actor, opt->key, &pair);
    if (!err) {
        err = registry_say_open(opt->common.data, cmd_timeout_ms(opt->timeout), &o);
    }
    if (!err) {
        err = confirm(&o, opt, argv[0], &pair, &p);
    }
    key_wipe(&pair);
    office_close(&o);
    return err ? err : print_confirmed(opt, &p);
}
