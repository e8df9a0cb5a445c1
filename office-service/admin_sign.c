#include "office-service/admin_sign.h"

#include "base/lang.h"
#include "ledger/passphrase.h"
#include "office-service/actor_key.h"
#include "office-service/keys.h"
#include "office-service/signer.h"

#include <stdio.h>
#include <string.h>

static enum ng_err load_key(const char *folder, const char *id, const char *given,
                            struct key_pair *ret)
{
    const enum ng_err err = actor_key_open(folder, id, given, ret);
    passphrase_forget(PASSPHRASE_PERSON); /* the next one has his own */
    return err;
}

enum ng_err admin_sign_load(const char *folder, const struct cli_list *actors,
                            const struct cli_list *keys, struct admin_sign *ret)
{
    enum ng_err err = NG_OK;
    memset(ret, 0, sizeof *ret);
    if (actors->count > WIRE_ADMINS_MAX) {
        return err_set(NG_ERR_USAGE, _("--actor: two persons sign at most"));
    }
    if (keys->count > actors->count) {
        return err_set(NG_ERR_USAGE, _("--actor-key: each is that of an --actor, in their order"));
    }
    for (size_t i = 0; i < actors->count && !err; i++) {
        ret->ids[i] = actors->items[i];
        err = load_key(folder, actors->items[i], i < keys->count ? keys->items[i] : NULL,
                       &ret->pairs[i]);
    }
    ret->count = actors->count;
    return err;
}

void admin_sign_wipe(struct admin_sign *a)
{
    for (size_t i = 0; i < WIRE_ADMINS_MAX; i++) {
        key_wipe(&a->pairs[i]);
    }
    a->count = 0;
}

static enum ng_err check_one(struct office *o, const char *id, const struct key_pair *pair)
{
    struct registry_actor actor;
    const enum ng_err err = signer_check(o, id, pair, &actor);
    return err || actor.role == WIRE_ACTOR_ADMIN
               ? err
               : err_set(NG_ERR_REFUSED, _("%s is an appraiser: an admin signs this"), id);
}

static enum ng_err look_needed(struct office *o, size_t *ret)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (!err) {
        err = keys_admins_needed(mirror_view_state(&v), ret);
        mirror_view_end(&v);
    }
    return err;
}

enum ng_err admin_sign_check(struct office *o, const struct admin_sign *a)
{
    size_t needed = 0;
    enum ng_err err = look_needed(o, &needed);
    if (!err && a->count < needed) {
        err = err_set(NG_ERR_REFUSED,
                      needed == 1
                          ? _("the office has admins: one of them signs this with his own key; add "
                              "--actor ID, and --actor-key FILE where his key lies elsewhere")
                          : _("the policy is two-person: two admins sign this, each with his own "
                              "key; add --actor ID --actor OTHER, and --actor-key FILE for each "
                              "where the keys lie elsewhere"));
    }
    for (size_t i = 0; i < a->count && !err; i++) {
        err = check_one(o, a->ids[i], &a->pairs[i]);
    }
    if (!err && a->count == 2 &&
        (strcmp(a->ids[0], a->ids[1]) == 0 ||
         memcmp(a->pairs[0].public_key.bytes, a->pairs[1].public_key.bytes, KEY_PUBLIC_SIZE) ==
             0)) {
        err = err_set(NG_ERR_REFUSED, _("the second must be another person with another key"));
    }
    return err;
}

enum ng_err admin_sign(const struct office *o, const struct admin_sign *a, uint32_t kind,
                       struct bytes payload, struct wire_admins *ret)
{
    enum ng_err err = NG_OK;
    *ret = (struct wire_admins){.count = a->count};
    for (size_t i = 0; i < a->count && !err; i++) {
        (void)snprintf(ret->by[i].actor, sizeof ret->by[i].actor, "%s", a->ids[i]);
        err = registry_admin_sign(&a->pairs[i], party_identity(o->party)->log_id, kind, payload,
                                  ret->by[i].signature);
    }
    return err;
}

enum ng_err admin_sign_look(struct office *o, struct registry_policy *ret,
                            size_t *ret_living_admins)
{
    struct mirror_view v;
    struct keys_walk w;
    struct registry_actor a;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    *ret_living_admins = 0;
    err = keys_policy(mirror_view_state(&v), ret);
    keys_walk_actors(&w, mirror_view_state(&v));
    while (!err && (err = keys_walk_next_actor(&w, &a)) == NG_OK) {
        *ret_living_admins += !a.ended && a.role == WIRE_ACTOR_ADMIN;
    }
    mirror_view_end(&v);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}
