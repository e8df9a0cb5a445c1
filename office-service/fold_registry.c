#include "office-service/fold_registry.h"

#include "office-service/keys.h"

#include <string.h>

/* By the log itself (the office's first) or by an office. */
static enum ng_err may_invite(const struct fold *f, const char *author, bool *ret)
{
    *ret = strcmp(author, "log") == 0;
    if (*ret) {
        return NG_OK;
    }
    struct state_party party;
    enum ng_err err = state_party_get(f->kv, author, &party);
    *ret = !err && party.role == WIRE_ROLE_OFFICE;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err apply_invite(struct fold *f, const struct statement *s, uint64_t index)
{
    struct wire_invite invite;
    bool may;
    enum ng_err err = wire_invite_decode(s->payload, &invite);
    if (err == NG_ERR_NOMEM) {
        return err;
    }
    if (err) {
        f->meta.unreadable++;
        return NG_OK;
    }
    err = may_invite(f, s->author.text, &may);
    if (err || !may) {
        return err;
    }
    struct state_party party;
    err = state_party_get(f->kv, invite.party, &party);
    if (err == NG_ERR_NOT_FOUND) {
        party = (struct state_party){.enrolled = false};
    } else if (err) {
        return err;
    }
    if (!party.enrolled) { /* else it keeps its role until it enrols by the new slip */
        party.role = invite.role;
    }
    party.index = index;
    return state_party_put(f->kv, invite.party, &party);
}

/* Its role is the registry's, folded by now. */
static enum ng_err apply_enrol(const struct fold *f, const struct statement *s, uint64_t index)
{
    struct state_party party;
    struct registry_party keys;
    enum ng_err err = state_party_get(f->kv, s->author.text, &party);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    err = keys_party(f->kv, s->author.text, &keys);
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    party.role = err ? party.role : keys.role;
    party.enrolled = true;
    party.index = index;
    return state_party_put(f->kv, s->author.text, &party);
}

enum ng_err fold_registry_apply(struct fold *f, const struct statement *s,
                                const struct fold_origin *origin)
{
    enum ng_err err = keys_fold(f->kv, s, origin->index, origin->received_at);
    if (err) {
        return err;
    }
    switch (s->kind) {
    case STATEMENT_GENESIS:
    case STATEMENT_FORK:
    case STATEMENT_REVOKE:
    case STATEMENT_UNFREEZE:
    case STATEMENT_POLICY:
    case STATEMENT_CONFIRM:
    case STATEMENT_ACTOR:
    case STATEMENT_LOG_KEY:
    case STATEMENT_HEARTBEAT:
        return NG_OK; /* nothing of the field hangs on them */
    case STATEMENT_INVITE:
        return apply_invite(f, s, origin->index);
    case STATEMENT_ENROL:
    case STATEMENT_ROTATE:
        return apply_enrol(f, s, origin->index);
    default:
        f->meta.unknown++;
        return NG_OK;
    }
}
