/* Happy path: an admin was entered once, so the door is closed; the statement carries the
 * signatures of as many admins as the policy asks for, different persons with different keys, each
 * over the payload before the signatures. Errors come from the rows and from memory alone:
 * signatures that do not hold are not counted. */
#include "ledger/registry_admins.h"

#include "ledger/registry_keys.h"
#include "ledger/registry_row.h"

#include <string.h>

enum ng_err registry_admins_guarded(const struct registry_fold_rows *rows, bool *ret)
{
    struct registry_row_key key = registry_row_guard_key();
    struct bytes row;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    *ret = e == NG_OK;
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

enum ng_err registry_admins_needed(const struct registry_fold_rows *rows, size_t *ret)
{
    struct registry_policy policy = {.index = 0};
    bool guarded = false;
    enum ng_err e = registry_admins_guarded(rows, &guarded);
    if (e == NG_OK) {
        e = registry_keys_policy(rows, &policy);
    }
    *ret = !guarded ? 0 : policy.enrolment == WIRE_ENROLMENT_TWO_PERSON ? 2 : 1;
    return e;
}

static bool registry_admins_is_log(const struct statement *s)
{
    return strcmp(s->author.text, STATEMENT_LOG_AUTHOR) == 0;
}

/* Whether the person is an admin now and this is his signature; NG_OK with ret's id "": no. */
static enum ng_err registry_admins_signer(const struct registry_fold_rows *rows,
                                          const struct statement *s, size_t covered,
                                          const struct wire_admin_signature *by,
                                          struct registry_actor *ret)
{
    struct registry_actor actor = {.ended = true};
    enum ng_err e = registry_keys_actor(rows, by->actor, &actor);
    ret->id[0] = '\0';
    if (e == NG_ERR_NOT_FOUND || (e == NG_OK && (actor.ended || actor.role != WIRE_ACTOR_ADMIN))) {
        return NG_OK;
    }
    if (e == NG_OK) {
        e = registry_admin_verify(&actor.key, s->log_id, s->kind,
                                  (struct bytes){s->payload.data, covered}, by->signature);
    }
    if (e == NG_OK) {
        *ret = actor;
    }
    return e == NG_ERR_VERIFY ? NG_OK : e;
}

/* How many admins have signed. A person has one key, so two keys are two persons. */
static enum ng_err registry_admins_signers(const struct registry_fold_rows *rows,
                                           const struct statement *s,
                                           const struct wire_admins *admins, size_t *ret)
{
    struct registry_actor signers[WIRE_ADMINS_MAX];
    enum ng_err e = NG_OK;
    size_t count = 0;
    for (size_t i = 0; i < admins->count && e == NG_OK; i++) {
        struct registry_actor *one = &signers[count];
        e = registry_admins_signer(rows, s, admins->covered, &admins->by[i], one);
        bool counts = e == NG_OK && one->id[0] != '\0';
        for (size_t j = 0; j < count && counts; j++) {
            counts = memcmp(signers[j].key.bytes, one->key.bytes, KEY_PUBLIC_SIZE) != 0;
        }
        count += counts ? 1 : 0;
    }
    *ret = count;
    return e;
}

enum ng_err registry_admins_may(const struct registry_fold_rows *rows, const struct statement *s,
                                const struct wire_admins *admins, bool *ret_may,
                                enum registry_word *ret)
{
    size_t needed = 0;
    size_t signers = 0;
    if (registry_admins_is_log(s)) {
        *ret = REGISTRY_WORD_OPERATOR;
        *ret_may = s->kind == STATEMENT_ACTOR;
        return NG_OK;
    }
    enum ng_err e = registry_admins_needed(rows, &needed);
    if (e == NG_OK) {
        e = registry_admins_signers(rows, s, admins, &signers);
    }
    *ret = needed == 0 ? REGISTRY_WORD_OFFICE : REGISTRY_WORD_ADMINS;
    *ret_may = signers >= needed;
    return e;
}

enum ng_err registry_admins_guard(const struct registry_fold_rows *rows, uint64_t index)
{
    struct registry_row_key key = registry_row_guard_key();
    struct registry_row row;
    bool guarded = false;
    enum ng_err e = registry_admins_guarded(rows, &guarded);
    if (e != NG_OK || guarded) {
        return e;
    }
    registry_row_put_index(index, &row);
    return rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
}

enum ng_err registry_admins_became(const struct registry_fold_rows *rows, const struct statement *s,
                                   uint64_t index, enum registry_became *ret)
{
    struct wire_registry_actor person;
    struct wire_policy other;
    struct registry_actor actor = {.index = 0};
    struct registry_policy policy = {.index = 0};
    uint64_t after = 0;
    enum ng_err e = err_plain(NG_ERR_PROTO);
    *ret = REGISTRY_BECAME_NOTHING;
    if (s->kind == STATEMENT_ACTOR && wire_registry_actor_decode(s->payload, &person) == NG_OK) {
        after = person.after;
        e = registry_keys_actor(rows, person.id, &actor);
    } else if (s->kind == STATEMENT_POLICY && wire_policy_decode(s->payload, &other) == NG_OK) {
        after = other.after;
        e = registry_keys_policy(rows, &policy);
    }
    if (e == NG_ERR_PROTO) {
        return NG_OK;
    }
    if (e != NG_OK && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    const uint64_t present = s->kind == STATEMENT_ACTOR ? actor.index : policy.index;
    *ret = present == index   ? REGISTRY_BECAME_TRUE
           : present == after ? REGISTRY_BECAME_UNSIGNED
                              : REGISTRY_BECAME_NOTHING;
    return NG_OK;
}
