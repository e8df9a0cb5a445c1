#include "office-service/signer.h"

#include "base/lang.h"
#include "ledger/act_signature.h"
#include "office-service/actor_key.h"
#include "office-service/registry_say.h"

#include <stdio.h>
#include <string.h>

enum ng_err signer_check(struct office *o, const char *id, const struct key_pair *pair,
                         struct registry_actor *ret)
{
    const enum ng_err err = registry_say_actor(o, id, ret);
    if (err == NG_ERR_NOT_FOUND || (!err && ret->ended)) {
        return err_set(NG_ERR_REFUSED, _("%s is no person of the office"), id);
    }
    if (!err && memcmp(ret->key.bytes, pair->public_key.bytes, KEY_PUBLIC_SIZE) != 0) {
        return err_set(NG_ERR_REFUSED, _("this is not the key that the log has for %s"), id);
    }
    return err;
}

enum ng_err signer_open(struct office *o, const struct signer_options *opt, struct signer *ret)
{
    struct registry_actor actor;
    *ret = (struct signer){.id = NULL};
    if (!opt->actor) {
        return opt->key ? err_set(NG_ERR_USAGE, _("--key goes with --actor")) : NG_OK;
    }
    enum ng_err err = actor_key_open(o->folder, opt->actor, opt->key, &ret->pair);
    if (!err) {
        err = signer_check(o, opt->actor, &ret->pair, &actor);
    }
    if (!err) {
        ret->id = opt->actor;
        o->signer = ret;
    }
    return err;
}

void signer_close(struct signer *s)
{
    key_wipe(&s->pair);
    s->id = NULL;
}

static enum ng_err has_persons(struct office *o, bool *ret)
{
    struct mirror_view v;
    struct keys_walk w;
    struct registry_actor actor;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    *ret = false;
    if (err) {
        return err;
    }
    keys_walk_actors(&w, mirror_view_state(&v));
    while (!*ret && (err = keys_walk_next_actor(&w, &actor)) == NG_OK) {
        *ret = !actor.ended;
    }
    mirror_view_end(&v);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err signer_warn(struct office *o)
{
    bool persons = false;
    const enum ng_err err = o->signer ? NG_OK : has_persons(o, &persons);
    if (!err && persons) {
        (void)fprintf(
            stderr, "nganam-office: %s\n",
            _("no person has signed this; it is the office's word alone (--actor ID signs "
              "it)"));
    }
    return err;
}

enum ng_err signer_sign(void *context, const struct statement *place, struct buf *payload)
{
    const struct signer *s = context;
    uint8_t signature[KEY_SIGNATURE_SIZE];
    enum ng_err err = wire_acts_add_actor(s->id, payload);
    if (!err) {
        err = act_signature_make(&s->pair, place, buf_bytes(payload), signature);
    }
    return err ? err : buf_add(payload, signature, sizeof signature);
}

void signer_say(const struct office *o, bool written)
{
    if (o->signer && written) {
        (void)printf(_("Signed by %s.\n"), o->signer->id);
    } else if (o->signer) {
        (void)printf(_("Nothing was written just now, so nothing was signed.\n"));
    }
}

const char *signer_id(const struct office *o, bool written)
{
    return o->signer && written ? o->signer->id : NULL;
}
