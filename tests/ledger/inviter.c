#include "tests/ledger/inviter.h"

#include "ledger/key.h"
#include "ledger/registry.h"
#include "ledger/statement.h"

#include <stdio.h>
#include <string.h>

struct keys {
    struct key_pair sign, invite;
    uint8_t curve[32], invite_curve[32];
};

static void keys_of(uint32_t epoch, struct keys *ret)
{
    const struct bytes seed = {(const uint8_t *)&epoch, sizeof epoch};
    uint8_t secret[32];
    key_derive("nganam/inviter/1", seed, secret);
    key_from_seed(secret, &ret->sign);
    key_derive("nganam/inviter/2", seed, secret);
    key_from_seed(secret, &ret->invite);
    key_derive("nganam/inviter/3", seed, ret->curve);
    key_derive("nganam/inviter/4", seed, ret->invite_curve);
}

static enum ng_err log_says(struct ledger *l, uint32_t kind, const char *to, struct buf *payload,
                            uint64_t now_ms)
{
    struct party_code code = {""};
    uint64_t index = 0;
    (void)snprintf(code.text, sizeof code.text, "%s", to);
    return ledger_author_log(l, kind, &code, buf_bytes(payload), now_ms, &index);
}

static enum ng_err append(struct ledger *l, const struct keys *k, struct statement *s,
                          struct hash *ret)
{
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    uint8_t signature[KEY_SIGNATURE_SIZE];
    (void)snprintf(s->author.text, sizeof s->author.text, INVITER_CODE);
    memcpy(s->log_id, ledger_log_id(l), LOG_ID_SIZE);
    enum ng_err err = statement_encode(s, &bytes);
    if (!err) {
        key_sign(&k->sign, buf_bytes(&bytes), signature);
        struct ledger_item item = {.statement = buf_bytes(&bytes),
                                   .signature = {signature, sizeof signature}};
        *ret = statement_hash(item.statement);
        err = ledger_append(l, &item, 1, s->authored_at);
        if (!err && item.refusal != REFUSAL_OK) {
            err = err_set(NG_ERR_REFUSED, "inviter: %s", refusal_name(item.refusal));
        }
    }
    buf_fini(&bytes);
    return err;
}

static enum ng_err enrol(struct ledger *l, uint32_t epoch, const struct keys *k, uint64_t now_ms,
                         struct buf *payload, struct hash *ret)
{
    const struct party_code code = {INVITER_CODE};
    struct wire_enrol m = {.cosign_key = {0}};
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    memcpy(m.curve, k->curve, sizeof m.curve);
    memcpy(m.key, k->sign.public_key.bytes, sizeof m.key);
    memcpy(m.invite_key, k->invite.public_key.bytes, sizeof m.invite_key);
    registry_countersigned(ledger_log_id(l), &code, epoch, &k->sign.public_key, k->curve, covered);
    key_sign(&k->invite, (struct bytes){covered, sizeof covered}, m.countersignature);
    enum ng_err err = wire_enrol_encode(&m, payload);
    struct statement s = {.epoch = epoch,
                          .kind = STATEMENT_ENROL,
                          .seq = 1,
                          .authored_at = now_ms,
                          .payload = buf_bytes(payload)};
    return err ? err : append(l, k, &s, ret);
}

static enum ng_err come(struct ledger *l, uint32_t epoch, const struct keys *k, uint64_t now_ms,
                        struct hash *ret)
{
    struct buf payload = BUF_INIT(1024);
    struct wire_invite own = {
        .party = INVITER_CODE, .role = WIRE_ROLE_OFFICE, .expires_at = now_ms + 1000};
    memcpy(own.invite_key, k->invite.public_key.bytes, sizeof own.invite_key);
    memcpy(own.invite_curve, k->invite_curve, sizeof own.invite_curve);
    enum ng_err err = wire_invite_encode(&own, &payload);
    if (!err) {
        err = log_says(l, STATEMENT_INVITE, "", &payload, now_ms);
    }
    buf_clear(&payload);
    if (!err) {
        err = enrol(l, epoch, k, now_ms, &payload, ret);
    }
    buf_fini(&payload);
    return err;
}

static enum ng_err leave(struct ledger *l, uint32_t epoch, uint64_t now_ms)
{
    const struct wire_revoke m = {.party = INVITER_CODE, .epoch = epoch, .reason = "done"};
    struct buf payload = BUF_INIT(1024);
    enum ng_err err = wire_revoke_encode(&m, &payload);
    if (!err) {
        err = log_says(l, STATEMENT_REVOKE, INVITER_CODE, &payload, now_ms);
    }
    buf_fini(&payload);
    return err;
}

enum ng_err inviter_say(struct ledger *l, struct inviter *i, const struct wire_invite *invite,
                        uint64_t now_ms)
{
    struct buf payload = BUF_INIT(1024);
    struct keys keys;
    struct hash hash;
    i->epoch++;
    keys_of(i->epoch, &keys);
    enum ng_err err = come(l, i->epoch, &keys, now_ms, &hash);
    if (!err) {
        err = wire_invite_encode(invite, &payload);
    }
    if (!err) {
        struct statement s = {.epoch = i->epoch,
                              .kind = STATEMENT_INVITE,
                              .seq = 2,
                              .authored_at = now_ms,
                              .prev = hash,
                              .payload = buf_bytes(&payload)};
        err = append(l, &keys, &s, &hash);
    }
    buf_fini(&payload);
    return err ? err : leave(l, i->epoch, now_ms);
}
