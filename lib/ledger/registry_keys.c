/* One handler for each kind: parse, then change the row it is about. Happy path of a confirm: the
 * party's present key is named and waits, the actor's signature holds under the key the log has for
 * him, and he is the one that is needed or the second of two. Happy path of a person or a policy:
 * it names the entry that set what it changes, and as many admins signed as the policy asks for.
 * Failures: see the header; errors come from the rows and from memory alone. */
#include "ledger/registry_keys.h"

#include "ledger/registry_admins.h"
#include "ledger/registry_row.h"

#include <string.h>

/* ---- Rows ---- */

enum ng_err registry_keys_policy(const struct registry_fold_rows *rows, struct registry_policy *ret)
{
    struct registry_row_key key = registry_row_policy_key();
    struct bytes row;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    if (e == NG_ERR_NOT_FOUND) {
        *ret = (struct registry_policy){.enrolment = WIRE_ENROLMENT_CODE};
        return NG_OK;
    }
    return e == NG_OK ? registry_row_get_policy(row, ret) : e;
}

enum ng_err registry_keys_actor(const struct registry_fold_rows *rows, const char *id,
                                struct registry_actor *ret)
{
    struct registry_row_key key = registry_row_actor_key(id);
    struct bytes row;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    return e == NG_OK ? registry_row_get_actor(id, row, ret) : e;
}

enum ng_err registry_keys_first(const struct registry_fold_rows *rows,
                                const struct registry_party *p, struct registry_confirmation *ret)
{
    struct registry_row_key key = registry_row_confirmation_key(p->code.text);
    struct bytes row;
    struct registry_confirmation first;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    if (e == NG_OK) {
        e = registry_row_get_confirmation(row, &first);
    }
    if (e == NG_OK && first.epoch != p->epoch) {
        return err_plain(NG_ERR_NOT_FOUND); /* of an earlier key */
    }
    if (e == NG_OK) {
        *ret = first;
    }
    return e;
}

enum ng_err registry_keys_unconfirmed(const struct registry_fold_rows *rows,
                                      const struct registry_invite *invite, bool *ret)
{
    struct registry_policy policy = {.index = 0};
    enum ng_err e = registry_keys_policy(rows, &policy);
    /* Nobody is there to confirm an office whose machine was lost: the operator's invite is what
     * brings it back. */
    bool office_again = invite->by_log && invite->role == WIRE_ROLE_OFFICE;
    *ret = policy.enrolment != WIRE_ENROLMENT_CODE && !office_again;
    return e;
}

/* ---- The log's own ---- */

enum ng_err registry_keys_of_log(const struct registry_fold_rows *rows, struct log_keys *ret)
{
    enum ng_err e = NG_OK;
    ret->count = 0;
    while (e == NG_OK && ret->count < LOG_KEYS_MAX) {
        struct registry_row_key key = registry_row_log_key((uint32_t)ret->count);
        struct bytes row;
        e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
        if (e == NG_OK) {
            e = registry_row_get_log(row, &ret->links[ret->count]);
            ret->count += e == NG_OK ? 1 : 0;
        }
    }
    return e == NG_ERR_NOT_FOUND && ret->count > 0 ? NG_OK : e;
}

enum ng_err registry_keys_check_log(const struct registry_fold_rows *rows,
                                    const struct statement *s, uint64_t index, uint64_t received_at,
                                    enum refusal *ret_refusal)
{
    struct log_keys_change change = {.index = 0};
    struct log_keys keys = {.count = 0};
    enum ng_err e = log_keys_read(s, &change);
    if (e == NG_ERR_VERIFY) {
        *ret_refusal = REFUSAL_SIGNATURE;
        return NG_OK;
    }
    e = registry_fold_parsed(e, ret_refusal);
    if (e != NG_OK || *ret_refusal != REFUSAL_OK) {
        return e;
    }
    e = registry_keys_of_log(rows, &keys);
    if (e != NG_OK) {
        return e;
    }
    const struct key_public *present = &keys.links[keys.count - 1].key;
    const bool fits = keys.count < LOG_KEYS_MAX && change.index == index &&
                      change.at == received_at && !log_keys_has(&keys, &change.key) &&
                      memcmp(change.previous.bytes, present->bytes, KEY_PUBLIC_SIZE) == 0;
    *ret_refusal = fits ? REFUSAL_OK : REFUSAL_PAYLOAD;
    return NG_OK;
}

enum ng_err registry_keys_apply_log(const struct registry_fold_rows *rows,
                                    const struct statement *s, uint64_t index,
                                    struct registry_party *log)
{
    struct log_keys keys = {.count = 0};
    struct wire_log_key m;
    struct registry_row row;
    if (s->kind == STATEMENT_LOG_KEY) {
        enum ng_err e = wire_log_key_decode(s->payload, &m);
        if (e == NG_OK) {
            e = registry_keys_of_log(rows, &keys);
        }
        if (e != NG_OK) {
            return e;
        }
        memcpy(log->key.bytes, m.key, KEY_PUBLIC_SIZE);
    }
    const struct log_keys_link link = {index, s->kind == STATEMENT_LOG_KEY ? s->authored_at : 0,
                                       log->key};
    struct registry_row_key key = registry_row_log_key((uint32_t)keys.count);
    registry_row_put_log(&link, &row);
    return rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
}

/* The party, if this epoch is its present one; NG_ERR_NOT_FOUND. */
static enum ng_err registry_keys_present(const struct registry_fold_rows *rows, const char *code,
                                         uint32_t epoch, struct registry_party *ret)
{
    enum ng_err e = registry_fold_party(rows, code, ret);
    return e == NG_OK && ret->epoch != epoch ? err_plain(NG_ERR_NOT_FOUND) : e;
}

/* ---- Each kind ---- */

/* What every payload of these kinds says, as far as it says it. */
struct registry_keys_said {
    const char *party;                /* NULL: it is about none */
    const char *actor;                /* likewise */
    const struct wire_admins *admins; /* NULL: of a kind that none signs */
    union {
        struct wire_revoke revoke;
        struct wire_unfreeze unfreeze;
        struct wire_policy policy;
        struct wire_confirm confirm;
        struct wire_registry_actor actor;
    } u;
};

static enum ng_err registry_keys_decode(const struct statement *s, struct registry_keys_said *ret)
{
    *ret = (struct registry_keys_said){.party = NULL};
    switch (s->kind) {
    case STATEMENT_REVOKE:
        ret->party = ret->u.revoke.party;
        return wire_revoke_decode(s->payload, &ret->u.revoke);
    case STATEMENT_UNFREEZE:
        ret->party = ret->u.unfreeze.party;
        return wire_unfreeze_decode(s->payload, &ret->u.unfreeze);
    case STATEMENT_POLICY:
        ret->admins = &ret->u.policy.admins;
        return wire_policy_decode(s->payload, &ret->u.policy);
    case STATEMENT_CONFIRM:
        ret->party = ret->u.confirm.party;
        ret->actor = ret->u.confirm.actor;
        return wire_confirm_decode(s->payload, &ret->u.confirm);
    default:
        ret->actor = ret->u.actor.id;
        ret->admins = &ret->u.actor.admins;
        return wire_registry_actor_decode(s->payload, &ret->u.actor);
    }
}

static bool registry_keys_is_mine(uint32_t kind)
{
    return kind >= STATEMENT_REVOKE && kind <= STATEMENT_ACTOR;
}

enum ng_err registry_keys_check(const struct registry_fold_rows *rows, const struct statement *s,
                                enum refusal *ret_refusal)
{
    (void)rows; /* only the bytes decide */
    *ret_refusal = REFUSAL_OK;
    if (!registry_keys_is_mine(s->kind)) {
        return NG_OK;
    }
    struct registry_keys_said said;
    enum ng_err e = registry_fold_parsed(registry_keys_decode(s, &said), ret_refusal);
    if (e != NG_OK || *ret_refusal != REFUSAL_OK) {
        return e;
    }
    if (said.party != NULL && strcmp(said.party, s->to.text) != 0) {
        *ret_refusal = REFUSAL_TO;
    } else if (said.actor != NULL && !registry_actor_id_valid(said.actor)) {
        *ret_refusal = REFUSAL_PAYLOAD;
    }
    for (size_t i = 0; said.admins != NULL && i < said.admins->count; i++) {
        if (!registry_actor_id_valid(said.admins->by[i].actor)) {
            *ret_refusal = REFUSAL_PAYLOAD;
        }
    }
    return NG_OK;
}

/* Every key that came by rotation from the one that is named goes with it: whoever stole that one
 * would else only have to rotate faster than others revoke. */
static enum ng_err registry_keys_revoke(const struct registry_fold_rows *rows,
                                        const struct wire_revoke *said)
{
    struct registry_party p = {.epoch = 0};
    enum ng_err e = registry_fold_party(rows, said->party, &p);
    if (e == NG_OK && (said->epoch > p.epoch || said->epoch < p.enrolled)) {
        return NG_OK; /* no key yet, or one before the last enrolment */
    }
    p.revoked = true;
    return e == NG_OK ? registry_fold_put_party(rows, &p) : e;
}

static enum ng_err registry_keys_unfreeze(const struct registry_fold_rows *rows,
                                          const struct wire_unfreeze *said)
{
    struct registry_party p = {.epoch = 0};
    enum ng_err e = registry_keys_present(rows, said->party, said->epoch, &p);
    p.frozen = false;
    return e == NG_OK ? registry_fold_put_party(rows, &p) : e;
}

/* ---- What admins sign ---- */

/* `after` is what the office or the admins saw: what they say of it counts only while it is so,
 * which is once. */
static enum ng_err registry_keys_set_policy(const struct registry_fold_rows *rows,
                                            const struct statement *s,
                                            const struct wire_policy *said, uint64_t index)
{
    struct registry_row_key key = registry_row_policy_key();
    struct registry_policy policy = {.index = 0};
    struct registry_row row;
    enum registry_word word = REGISTRY_WORD_OFFICE;
    bool may = false;
    enum ng_err e = registry_keys_policy(rows, &policy);
    if (e == NG_OK && policy.index == said->after) {
        e = registry_admins_may(rows, s, &said->admins, &may, &word);
    }
    if (e != NG_OK || !may) {
        return e;
    }
    policy = (struct registry_policy){.enrolment = said->enrolment, .index = index};
    registry_row_put_policy(&policy, &row);
    return rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
}

static enum ng_err registry_keys_put_actor(const struct registry_fold_rows *rows,
                                           const struct registry_actor *actor)
{
    struct registry_row_key key = registry_row_actor_key(actor->id);
    struct registry_row row;
    registry_row_put_actor(actor, &row);
    return rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
}

static enum ng_err registry_keys_set_actor(const struct registry_fold_rows *rows,
                                           const struct statement *s,
                                           const struct wire_registry_actor *said, uint64_t index)
{
    struct registry_actor actor = {.index = 0};
    enum registry_word word = REGISTRY_WORD_OFFICE;
    bool may = false;
    enum ng_err e = registry_keys_actor(rows, said->id, &actor);
    if (e == NG_ERR_NOT_FOUND) {
        e = NG_OK;
    }
    if (e == NG_OK && actor.index == said->after) {
        e = registry_admins_may(rows, s, &said->admins, &may, &word);
    }
    if (e != NG_OK || !may) {
        return e;
    }
    actor = (struct registry_actor){
        .role = said->role, .ended = said->ended, .word = word, .index = index};
    memcpy(actor.id, said->id, sizeof(actor.id));
    memcpy(actor.key.bytes, said->key, KEY_PUBLIC_SIZE);
    e = registry_keys_put_actor(rows, &actor);
    return e == NG_OK && actor.role == WIRE_ACTOR_ADMIN && !actor.ended
               ? registry_admins_guard(rows, index)
               : e;
}

/* ---- Confirmations ---- */

/* Whether who was first is still the admin that he was; else the next one is the first. */
static enum ng_err registry_keys_stands(const struct registry_fold_rows *rows,
                                        const struct registry_confirmation *first, bool *ret)
{
    struct registry_actor actor = {.ended = true};
    const enum ng_err e = registry_keys_actor(rows, first->actor, &actor);
    *ret = e == NG_OK && !actor.ended && actor.role == WIRE_ACTOR_ADMIN &&
           memcmp(actor.key.bytes, first->key.bytes, KEY_PUBLIC_SIZE) == 0;
    return e;
}

/* One is enough, or this is the second: another person with another key than the first. */
static enum ng_err registry_keys_suffices(const struct registry_fold_rows *rows,
                                          const struct registry_party *p,
                                          const struct registry_actor *actor, bool *ret)
{
    struct registry_policy policy = {.index = 0};
    struct registry_confirmation first;
    enum ng_err e = registry_keys_policy(rows, &policy);
    *ret = policy.enrolment != WIRE_ENROLMENT_TWO_PERSON;
    if (e != NG_OK || *ret) {
        return e;
    }
    bool stands = false;
    e = registry_keys_first(rows, p, &first);
    if (e == NG_OK) {
        e = registry_keys_stands(rows, &first, &stands);
    }
    if (e == NG_OK && stands) {
        *ret = strcmp(first.actor, actor->id) != 0 &&
               memcmp(first.key.bytes, actor->key.bytes, KEY_PUBLIC_SIZE) != 0;
        return NG_OK;
    }
    if (e != NG_OK && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    struct registry_row_key key = registry_row_confirmation_key(p->code.text);
    struct registry_row row;
    first = (struct registry_confirmation){.epoch = p->epoch, .key = actor->key};
    memcpy(first.actor, actor->id, sizeof(first.actor));
    registry_row_put_confirmation(&first, &row);
    return rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
}

static enum ng_err registry_keys_confirm(const struct registry_fold_rows *rows,
                                         const struct statement *s, const struct wire_confirm *said)
{
    struct registry_party p = {.epoch = 0};
    struct registry_actor actor = {.ended = true};
    bool enough = false;
    enum ng_err e = registry_keys_present(rows, said->party, said->epoch, &p);
    if (e == NG_OK) {
        e = registry_keys_actor(rows, said->actor, &actor);
    }
    if (e != NG_OK) {
        return e;
    }
    if (!p.unconfirmed || memcmp(p.key.bytes, said->key, KEY_PUBLIC_SIZE) != 0 || actor.ended ||
        actor.role != WIRE_ACTOR_ADMIN) {
        return NG_OK;
    }
    struct bytes covered = {s->payload.data, s->payload.size - WIRE_CONFIRM_SIGNATURE_SIZE};
    e = registry_actor_verify(&actor.key, s->log_id, covered, said->actor_signature);
    if (e != NG_OK) {
        return e == NG_ERR_VERIFY ? NG_OK : e;
    }
    e = registry_keys_suffices(rows, &p, &actor, &enough);
    if (e == NG_OK && enough) {
        p.unconfirmed = false;
        e = registry_fold_put_party(rows, &p);
    }
    return e;
}

enum ng_err registry_keys_apply(const struct registry_fold_rows *rows, const struct statement *s,
                                uint64_t index)
{
    if (!registry_keys_is_mine(s->kind)) {
        return NG_OK;
    }
    struct registry_keys_said said;
    enum ng_err e = registry_keys_decode(s, &said);
    if (e != NG_OK) {
        return e;
    }
    switch (s->kind) {
    case STATEMENT_REVOKE:
        e = registry_keys_revoke(rows, &said.u.revoke);
        break;
    case STATEMENT_UNFREEZE:
        e = registry_keys_unfreeze(rows, &said.u.unfreeze);
        break;
    case STATEMENT_POLICY:
        e = registry_keys_set_policy(rows, s, &said.u.policy, index);
        break;
    case STATEMENT_CONFIRM:
        e = registry_keys_confirm(rows, s, &said.u.confirm);
        break;
    default:
        e = registry_keys_set_actor(rows, s, &said.u.actor, index);
        break;
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e; /* that key or person is not there: overtaken */
}
