#include "office-service/fold_actor.h"

#include "ledger/act_signature.h"
#include "office-service/keys.h"
#include "office-service/state.h"

#include <string.h>

bool fold_signs_nothing_new(const char *actor, const char *before)
{
    return actor[0] == '\0' || strcmp(actor, before) == 0;
}

/* Only the office has persons. */
static enum ng_err is_office(const struct kv *kv, const char *author, bool *ret)
{
    struct state_party party;
    enum ng_err err = state_party_get(kv, author, &party);
    *ret = !err && party.role == WIRE_ROLE_OFFICE;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err fold_actor_check(const struct kv *kv, const struct statement *s,
                             const struct wire_acts *acts, struct registry_actor *ret,
                             bool *ret_holds)
{
    struct registry_actor actor;
    bool office;
    ret->id[0] = '\0';
    *ret_holds = acts->actor[0] == '\0';
    if (*ret_holds) {
        return NG_OK;
    }
    enum ng_err err = is_office(kv, s->author.text, &office);
    if (err || !office) {
        return err;
    }
    err = keys_actor(kv, acts->actor, &actor);
    if (err || actor.ended) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    err = act_signature_check(&actor.key, s);
    if (!err) {
        *ret = actor;
        *ret_holds = true;
    }
    return err == NG_ERR_VERIFY ? NG_OK : err;
}
