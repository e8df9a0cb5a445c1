/* One check for each kind: what the payload says holds against the rows. Happy path of an enrol:
 * its invite is open and countersigned it, its keys are nobody's. Errors come from the rows and
 * from memory alone; what the author did wrong is a refusal. Revoke to actor: registry_keys.c. */
#include "ledger/registry_check.h"

#include "ledger/registry_keys.h"
#include "ledger/registry_row.h"

#include <string.h>

static const uint8_t zeros[32];

static bool registry_check_is_log(const char *code)
{
    return strcmp(code, STATEMENT_LOG_AUTHOR) == 0;
}

/* A CURVE key says who a connection belongs to, so it may stand for one party only, once. */
static enum ng_err registry_check_curve_taken(const struct registry_fold_rows *rows,
                                              const uint8_t curve[32], bool *ret_taken)
{
    struct registry_row_key key = registry_row_curve_key(curve);
    struct bytes row;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    if (e == NG_ERR_NOT_FOUND) {
        key = registry_row_invite_key(curve);
        e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    }
    *ret_taken = e == NG_OK || memcmp(curve, zeros, 32) == 0;
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

/* A cosignature counts for one party: with the key of another a party would count for two. */
static enum ng_err registry_check_cosign_taken(const struct registry_fold_rows *rows,
                                               const uint8_t cosign[32],
                                               const struct party_code *party, bool *ret_taken)
{
    struct registry_row_key key = registry_row_cosign_key(cosign);
    struct party_code owner = *party;
    struct bytes row;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    if (e == NG_OK) {
        e = registry_row_get_code(row, &owner);
    }
    *ret_taken = strcmp(owner.text, party->text) != 0;
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

/* The public keys that an epoch begins with are free. */
static enum ng_err registry_check_keys_free(const struct registry_fold_rows *rows,
                                            const struct statement *s, const uint8_t curve[32],
                                            const uint8_t cosign[32], enum refusal *ret_refusal)
{
    bool taken = false;
    enum ng_err e = registry_check_curve_taken(rows, curve, &taken);
    if (e == NG_OK && !taken) {
        e = registry_check_cosign_taken(rows, cosign, &s->author, &taken);
    }
    *ret_refusal = taken ? REFUSAL_PAYLOAD : REFUSAL_OK;
    return e;
}

static bool registry_check_countersigned(const struct statement *s, const struct wire_enrol *enrol,
                                         const struct registry_invite *invite)
{
    uint8_t signed_bytes[REGISTRY_COUNTERSIGNED_SIZE];
    struct key_public key;
    memcpy(key.bytes, enrol->key, KEY_PUBLIC_SIZE);
    registry_countersigned(s->log_id, &s->author, s->epoch, &key, enrol->curve, signed_bytes);
    return key_verify(&invite->invite_key, (struct bytes){signed_bytes, sizeof(signed_bytes)},
                      enrol->countersignature);
}

static enum ng_err registry_check_enrol(const struct registry_fold_rows *rows,
                                        const struct statement *s, const struct registry_party *p,
                                        uint64_t received_at, enum refusal *ret_refusal)
{
    struct wire_enrol enrol;
    struct registry_invite invite;
    enum ng_err e = registry_fold_parsed(wire_enrol_decode(s->payload, &enrol), ret_refusal);
    if (e != NG_OK || *ret_refusal != REFUSAL_OK) {
        return e;
    }
    e = registry_fold_invite(rows, p->invite_curve, &invite);
    if (e == NG_ERR_NOT_FOUND) {
        *ret_refusal = REFUSAL_INVITE;
        return NG_OK;
    }
    if (e != NG_OK) {
        return e;
    }
    if (invite.used || received_at > invite.expires_at ||
        memcmp(invite.invite_key.bytes, enrol.invite_key, KEY_PUBLIC_SIZE) != 0 ||
        !registry_check_countersigned(s, &enrol, &invite)) {
        *ret_refusal = REFUSAL_INVITE;
        return NG_OK;
    }
    return registry_check_keys_free(rows, s, enrol.curve, enrol.cosign_key, ret_refusal);
}

static enum ng_err registry_check_rotate(const struct registry_fold_rows *rows,
                                         const struct statement *s, const struct registry_party *p,
                                         enum refusal *ret_refusal)
{
    struct wire_rotate rotate;
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct key_public key;
    enum ng_err e = registry_fold_parsed(wire_rotate_decode(s->payload, &rotate), ret_refusal);
    if (e != NG_OK || *ret_refusal != REFUSAL_OK) {
        return e;
    }
    memcpy(key.bytes, rotate.key, KEY_PUBLIC_SIZE);
    registry_countersigned_rotate(s->log_id, &s->author, s->epoch, &key, rotate.curve, covered);
    if (!key_verify(&p->key, (struct bytes){covered, sizeof(covered)}, rotate.countersignature)) {
        *ret_refusal = REFUSAL_SIGNATURE;
        return NG_OK;
    }
    return registry_check_keys_free(rows, s, rotate.curve, rotate.cosign_key, ret_refusal);
}

/* The log invites one party, the office that it invited first: whoever runs the broker would else
 * be everybody's office, or any ward, by one slip. */
static enum ng_err registry_check_log_may_invite(const struct registry_fold_rows *rows,
                                                 const struct wire_invite *invite, bool *ret)
{
    struct registry_row_key key = registry_row_office_key();
    struct bytes row;
    struct party_code office;
    struct registry_party p;
    *ret = false;
    if (invite->role != WIRE_ROLE_OFFICE) {
        return NG_OK;
    }
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    if (e == NG_ERR_NOT_FOUND) {
        e = registry_fold_party(rows, invite->party, &p);
        *ret = e == NG_ERR_NOT_FOUND;
        return *ret ? NG_OK : e;
    }
    if (e == NG_OK) {
        e = registry_row_get_code(row, &office);
    }
    *ret = e == NG_OK && strcmp(office.text, invite->party) == 0;
    return e;
}

static enum ng_err registry_check_invite(const struct registry_fold_rows *rows,
                                         const struct statement *s, enum refusal *ret_refusal)
{
    struct wire_invite invite;
    enum ng_err e = registry_fold_parsed(wire_invite_decode(s->payload, &invite), ret_refusal);
    if (e != NG_OK || *ret_refusal != REFUSAL_OK) {
        return e;
    }
    if (!statement_code_valid(invite.party) || registry_check_is_log(invite.party) ||
        invite.role == WIRE_ROLE_NONE) {
        *ret_refusal = REFUSAL_PAYLOAD;
        return NG_OK;
    }
    bool taken = false;
    bool may = true;
    e = registry_check_curve_taken(rows, invite.invite_curve, &taken);
    if (e == NG_OK && registry_check_is_log(s->author.text)) {
        e = registry_check_log_may_invite(rows, &invite, &may);
    }
    *ret_refusal = taken || !may ? REFUSAL_PAYLOAD : REFUSAL_OK;
    return e;
}

/* The author's present key signed it, and it has not counted before. That another statement with
 * its number is in the log is seen by those who have the leaves (history.c, the broker). */
static enum ng_err registry_check_fork(const struct registry_fold_rows *rows,
                                       const struct statement *s, enum refusal *ret_refusal)
{
    struct buf copy = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    struct wire_fork fork = {.index = 0};
    struct statement other;
    struct registry_party p = {.epoch = 0};
    bool known = false;
    enum ng_err e = registry_fold_evidence(s, &copy, &fork, &other);
    e = registry_fold_parsed(e, ret_refusal);
    if (e != NG_OK || *ret_refusal != REFUSAL_OK) {
        goto out;
    }
    const struct hash hash = statement_hash(fork.statement);
    e = registry_fold_party(rows, other.author.text, &p);
    if (e == NG_OK) {
        e = registry_fold_evidence_known(rows, &hash, &known);
    }
    if (e == NG_OK || e == NG_ERR_NOT_FOUND) {
        const bool holds = e == NG_OK && !known && other.epoch == p.epoch &&
                           memcmp(other.log_id, s->log_id, LOG_ID_SIZE) == 0 &&
                           key_verify(&p.key, fork.statement, fork.signature);
        *ret_refusal = holds ? REFUSAL_OK : REFUSAL_PAYLOAD;
        e = NG_OK;
    }
out:
    buf_fini(&copy);
    return e;
}

enum ng_err registry_check_payload(const struct registry_fold_rows *rows, const struct statement *s,
                                   const struct registry_party *p, uint64_t index,
                                   uint64_t received_at, enum refusal *ret_refusal)
{
    *ret_refusal = REFUSAL_OK;
    if (s->kind == STATEMENT_LOG_KEY) {
        return registry_keys_check_log(rows, s, index, received_at, ret_refusal);
    }
    if (s->kind == STATEMENT_ENROL) {
        return registry_check_enrol(rows, s, p, received_at, ret_refusal);
    }
    if (s->kind == STATEMENT_ROTATE) {
        return registry_check_rotate(rows, s, p, ret_refusal);
    }
    if (s->kind == STATEMENT_INVITE) {
        return registry_check_invite(rows, s, ret_refusal);
    }
    if (s->kind == STATEMENT_HEARTBEAT) {
        struct wire_heartbeat heartbeat;
        return registry_fold_parsed(wire_heartbeat_decode(s->payload, &heartbeat), ret_refusal);
    }
    if (s->kind == STATEMENT_FORK) {
        return registry_check_fork(rows, s, ret_refusal);
    }
    return registry_keys_check(rows, s, ret_refusal);
}
