#include "ledger/registry_row.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"

#include <string.h>

/* Offsets of a party's row. The code comes first, in 16 bytes. */
enum {
    PARTY_ROLE = 16,
    PARTY_STATE = 17,
    PARTY_EPOCH = 18,
    PARTY_KEY = 22,
    PARTY_CURVE = 54,
    PARTY_INVITE = 86,
    PARTY_HIGH_WATER = 118,
    PARTY_PREV = 126,
    PARTY_LAST_INDEX = 158,
    PARTY_COSIGN = 166,
    PARTY_ENROLLED = 198,
    PARTY_BLOCK = 202
};
enum { STATE_FROZEN = 1, STATE_REVOKED = 2, STATE_UNCONFIRMED = 4, STATE_ALL = 7 };
enum { INDEX_SIZE = 8 };
/* Offsets of an invite's row, likewise. */
enum {
    INVITE_ROLE = 16,
    INVITE_STATE = 17,
    INVITE_EXPIRES = 18,
    INVITE_KEY = 26,
    INVITE_SIZE = 58
};
enum { INVITE_IS_USED = 1, INVITE_BY_LOG = 2, INVITE_ALL = 3 };
/* Of an actor's row, and of the first confirmation's. */
enum {
    ACTOR_ROLE = 0,
    ACTOR_ENDED = 1,
    ACTOR_WORD = 2,
    ACTOR_KEY = 3,
    ACTOR_INDEX = 35,
    ACTOR_SIZE = 43
};
enum { FIRST_EPOCH = 0, FIRST_KEY = 4, FIRST_ACTOR = 36, FIRST_SIZE = 68 };
enum { POLICY_ENROLMENT = 0, POLICY_INDEX = 1, POLICY_SIZE = 9 };
/* Of a key of the log. */
enum { LOG_INDEX = 0, LOG_AT = 8, LOG_KEY = 16, LOG_SIZE = 48 };
enum { SEAL_SIZE = 8 };
_Static_assert(PARTY_BLOCK + (REGISTRY_BLOCK - 1) * INDEX_SIZE + SEAL_SIZE <= REGISTRY_ROW_SIZE_MAX,
               "a sealed party fits");

static struct registry_row_key registry_row_key(char letter, const void *data, size_t size)
{
    struct registry_row_key key = {.bytes = {(uint8_t)letter}, .size = size + 1};
    CHECK(size < REGISTRY_ROW_KEY_MAX);
    memcpy(key.bytes + 1, data, size);
    return key;
}

struct registry_row_key registry_row_party_key(const char *code)
{
    return registry_row_key('P', code, strnlen(code, PARTY_CODE_MAX));
}

struct registry_row_key registry_row_curve_key(const uint8_t curve[32])
{
    return registry_row_key('K', curve, 32);
}

struct registry_row_key registry_row_invite_key(const uint8_t curve[32])
{
    return registry_row_key('I', curve, 32);
}

struct registry_row_key registry_row_actor_key(const char *id)
{
    return registry_row_key('A', id, strnlen(id, WIRE_ACTOR_ID_MAX));
}

struct registry_row_key registry_row_confirmation_key(const char *code)
{
    return registry_row_key('C', code, strnlen(code, PARTY_CODE_MAX));
}

struct registry_row_key registry_row_policy_key(void)
{
    return registry_row_key('Y', "", 0);
}

struct registry_row_key registry_row_guard_key(void)
{
    return registry_row_key('G', "", 0);
}

struct registry_row_key registry_row_log_key(uint32_t number)
{
    uint8_t bytes[4];
    bytes_put_u32(bytes, number);
    return registry_row_key('L', bytes, sizeof(bytes));
}

struct registry_row_key registry_row_cosign_key(const uint8_t key[32])
{
    return registry_row_key('W', key, 32);
}

struct registry_row_key registry_row_office_key(void)
{
    return registry_row_key('O', "", 0);
}

struct registry_row_key registry_row_fork_key(const struct hash *hash)
{
    return registry_row_key('F', hash->bytes, HASH_SIZE);
}

static void registry_row_write_code(uint8_t *to, const struct party_code *code)
{
    memset(to, 0, PARTY_CODE_MAX);
    memcpy(to, code->text, strnlen(code->text, PARTY_CODE_MAX));
}

static void registry_row_read_code(const uint8_t *from, struct party_code *ret)
{
    memcpy(ret->text, from, PARTY_CODE_MAX);
    ret->text[PARTY_CODE_MAX] = '\0';
}

static size_t registry_row_party_size(uint64_t high_water)
{
    return PARTY_BLOCK + (size_t)(high_water % REGISTRY_BLOCK) * INDEX_SIZE;
}

void registry_row_put_party(const struct registry_party *p, struct registry_row *ret)
{
    uint8_t *b = ret->bytes;
    registry_row_write_code(b, &p->code);
    b[PARTY_ROLE] = (uint8_t)p->role;
    b[PARTY_STATE] = (uint8_t)((p->frozen ? STATE_FROZEN : 0) | (p->revoked ? STATE_REVOKED : 0) |
                               (p->unconfirmed ? STATE_UNCONFIRMED : 0));
    bytes_put_u32(b + PARTY_EPOCH, p->epoch);
    memcpy(b + PARTY_KEY, p->key.bytes, KEY_PUBLIC_SIZE);
    memcpy(b + PARTY_CURVE, p->curve, 32);
    memcpy(b + PARTY_INVITE, p->invite_curve, 32);
    bytes_put_u64(b + PARTY_HIGH_WATER, p->high_water);
    memcpy(b + PARTY_PREV, p->prev.bytes, HASH_SIZE);
    bytes_put_u64(b + PARTY_LAST_INDEX, p->last_index);
    memcpy(b + PARTY_COSIGN, p->cosign_key, 32);
    bytes_put_u32(b + PARTY_ENROLLED, p->enrolled);
    ret->size = registry_row_party_size(p->high_water);
    for (size_t i = 0; i < p->high_water % REGISTRY_BLOCK; i++) {
        bytes_put_u64(b + PARTY_BLOCK + i * INDEX_SIZE, p->block[i]);
    }
}

static enum ng_err registry_row_damaged(void)
{
    return err_set(NG_ERR_CORRUPT, _("a row of the registry of parties is damaged"));
}

enum ng_err registry_row_get_party(struct bytes row, struct registry_party *ret)
{
    const uint8_t *b = row.data;
    if (row.size < PARTY_BLOCK ||
        row.size != registry_row_party_size(bytes_get_u64(b + PARTY_HIGH_WATER)) ||
        b[PARTY_ROLE] > WIRE_ROLE_AUDITOR || b[PARTY_STATE] > STATE_ALL) {
        return registry_row_damaged();
    }
    struct registry_party p = {.role = (enum wire_role)b[PARTY_ROLE],
                               .frozen = (b[PARTY_STATE] & STATE_FROZEN) != 0,
                               .revoked = (b[PARTY_STATE] & STATE_REVOKED) != 0,
                               .unconfirmed = (b[PARTY_STATE] & STATE_UNCONFIRMED) != 0,
                               .epoch = bytes_get_u32(b + PARTY_EPOCH),
                               .enrolled = bytes_get_u32(b + PARTY_ENROLLED),
                               .high_water = bytes_get_u64(b + PARTY_HIGH_WATER),
                               .last_index = bytes_get_u64(b + PARTY_LAST_INDEX)};
    registry_row_read_code(b, &p.code);
    memcpy(p.key.bytes, b + PARTY_KEY, KEY_PUBLIC_SIZE);
    memcpy(p.curve, b + PARTY_CURVE, 32);
    memcpy(p.invite_curve, b + PARTY_INVITE, 32);
    memcpy(p.prev.bytes, b + PARTY_PREV, HASH_SIZE);
    memcpy(p.cosign_key, b + PARTY_COSIGN, 32);
    for (size_t i = 0; i < p.high_water % REGISTRY_BLOCK; i++) {
        p.block[i] = bytes_get_u64(b + PARTY_BLOCK + i * INDEX_SIZE);
    }
    *ret = p;
    return NG_OK;
}

void registry_row_put_invite(const struct registry_invite *i, struct registry_row *ret)
{
    uint8_t *b = ret->bytes;
    registry_row_write_code(b, &i->party);
    b[INVITE_ROLE] = (uint8_t)i->role;
    b[INVITE_STATE] = (uint8_t)((i->used ? INVITE_IS_USED : 0) | (i->by_log ? INVITE_BY_LOG : 0));
    bytes_put_u64(b + INVITE_EXPIRES, i->expires_at);
    memcpy(b + INVITE_KEY, i->invite_key.bytes, KEY_PUBLIC_SIZE);
    ret->size = INVITE_SIZE;
}

enum ng_err registry_row_get_invite(const uint8_t curve[32], struct bytes row,
                                    struct registry_invite *ret)
{
    const uint8_t *b = row.data;
    if (row.size != INVITE_SIZE || b[INVITE_ROLE] > WIRE_ROLE_AUDITOR ||
        b[INVITE_STATE] > INVITE_ALL) {
        return registry_row_damaged();
    }
    struct registry_invite i = {.role = (enum wire_role)b[INVITE_ROLE],
                                .used = (b[INVITE_STATE] & INVITE_IS_USED) != 0,
                                .by_log = (b[INVITE_STATE] & INVITE_BY_LOG) != 0,
                                .expires_at = bytes_get_u64(b + INVITE_EXPIRES)};
    registry_row_read_code(b, &i.party);
    memcpy(i.invite_key.bytes, b + INVITE_KEY, KEY_PUBLIC_SIZE);
    memcpy(i.invite_curve, curve, 32);
    *ret = i;
    return NG_OK;
}

void registry_row_put_code(const struct party_code *code, struct registry_row *ret)
{
    registry_row_write_code(ret->bytes, code);
    ret->size = PARTY_CODE_MAX;
}

enum ng_err registry_row_get_code(struct bytes row, struct party_code *ret)
{
    if (row.size != PARTY_CODE_MAX) {
        return registry_row_damaged();
    }
    registry_row_read_code(row.data, ret);
    return NG_OK;
}

/* ---- Persons ---- */

void registry_row_put_actor(const struct registry_actor *a, struct registry_row *ret)
{
    ret->bytes[ACTOR_ROLE] = (uint8_t)a->role;
    ret->bytes[ACTOR_ENDED] = a->ended ? 1 : 0;
    ret->bytes[ACTOR_WORD] = (uint8_t)a->word;
    memcpy(ret->bytes + ACTOR_KEY, a->key.bytes, KEY_PUBLIC_SIZE);
    bytes_put_u64(ret->bytes + ACTOR_INDEX, a->index);
    ret->size = ACTOR_SIZE;
}

enum ng_err registry_row_get_actor(const char *id, struct bytes row, struct registry_actor *ret)
{
    const uint8_t *b = row.data;
    if (row.size != ACTOR_SIZE || b[ACTOR_ROLE] < WIRE_ACTOR_APPRAISER ||
        b[ACTOR_ROLE] > WIRE_ACTOR_ADMIN || b[ACTOR_ENDED] > 1 ||
        b[ACTOR_WORD] < REGISTRY_WORD_OFFICE || b[ACTOR_WORD] > REGISTRY_WORD_OPERATOR) {
        return registry_row_damaged();
    }
    struct registry_actor a = {.role = (enum wire_actor_role)b[ACTOR_ROLE],
                               .ended = b[ACTOR_ENDED] == 1,
                               .word = (enum registry_word)b[ACTOR_WORD],
                               .index = bytes_get_u64(b + ACTOR_INDEX)};
    memcpy(a.id, id, strnlen(id, WIRE_ACTOR_ID_MAX));
    memcpy(a.key.bytes, b + ACTOR_KEY, KEY_PUBLIC_SIZE);
    *ret = a;
    return NG_OK;
}

void registry_row_put_confirmation(const struct registry_confirmation *c, struct registry_row *ret)
{
    bytes_put_u32(ret->bytes + FIRST_EPOCH, c->epoch);
    memcpy(ret->bytes + FIRST_KEY, c->key.bytes, KEY_PUBLIC_SIZE);
    memset(ret->bytes + FIRST_ACTOR, 0, WIRE_ACTOR_ID_MAX);
    memcpy(ret->bytes + FIRST_ACTOR, c->actor, strnlen(c->actor, WIRE_ACTOR_ID_MAX));
    ret->size = FIRST_SIZE;
}

enum ng_err registry_row_get_confirmation(struct bytes row, struct registry_confirmation *ret)
{
    if (row.size != FIRST_SIZE) {
        return registry_row_damaged();
    }
    *ret = (struct registry_confirmation){.epoch = bytes_get_u32(row.data + FIRST_EPOCH)};
    memcpy(ret->key.bytes, row.data + FIRST_KEY, KEY_PUBLIC_SIZE);
    memcpy(ret->actor, row.data + FIRST_ACTOR, WIRE_ACTOR_ID_MAX);
    return NG_OK;
}

void registry_row_put_policy(const struct registry_policy *p, struct registry_row *ret)
{
    ret->bytes[POLICY_ENROLMENT] = (uint8_t)p->enrolment;
    bytes_put_u64(ret->bytes + POLICY_INDEX, p->index);
    ret->size = POLICY_SIZE;
}

enum ng_err registry_row_get_policy(struct bytes row, struct registry_policy *ret)
{
    const uint8_t *b = row.data;
    if (row.size != POLICY_SIZE || b[POLICY_ENROLMENT] < WIRE_ENROLMENT_CODE ||
        b[POLICY_ENROLMENT] > WIRE_ENROLMENT_TWO_PERSON) {
        return registry_row_damaged();
    }
    ret->enrolment = (enum wire_enrolment)b[POLICY_ENROLMENT];
    ret->index = bytes_get_u64(b + POLICY_INDEX);
    return NG_OK;
}

void registry_row_put_index(uint64_t index, struct registry_row *ret)
{
    bytes_put_u64(ret->bytes, index);
    ret->size = INDEX_SIZE;
}

enum ng_err registry_row_get_index(struct bytes row, uint64_t *ret)
{
    if (row.size != INDEX_SIZE) {
        return registry_row_damaged();
    }
    *ret = bytes_get_u64(row.data);
    return NG_OK;
}

/* ---- Seals ---- */

static struct hash registry_row_sum(struct bytes key, struct bytes row)
{
    return hash_prefixed((uint8_t)key.size, key, row);
}

void registry_row_put_log(const struct log_keys_link *l, struct registry_row *ret)
{
    bytes_put_u64(ret->bytes + LOG_INDEX, l->index);
    bytes_put_u64(ret->bytes + LOG_AT, l->at);
    memcpy(ret->bytes + LOG_KEY, l->key.bytes, KEY_PUBLIC_SIZE);
    ret->size = LOG_SIZE;
}

enum ng_err registry_row_get_log(struct bytes row, struct log_keys_link *ret)
{
    if (row.size != LOG_SIZE) {
        return registry_row_damaged();
    }
    ret->index = bytes_get_u64(row.data + LOG_INDEX);
    ret->at = bytes_get_u64(row.data + LOG_AT);
    memcpy(ret->key.bytes, row.data + LOG_KEY, KEY_PUBLIC_SIZE);
    return NG_OK;
}

void registry_row_seal(struct bytes key, struct bytes row, struct registry_row *ret)
{
    CHECK(row.size + SEAL_SIZE <= REGISTRY_ROW_SIZE_MAX);
    struct hash sum = registry_row_sum(key, row);
    memcpy(ret->bytes, row.data, row.size);
    memcpy(ret->bytes + row.size, sum.bytes, SEAL_SIZE);
    ret->size = row.size + SEAL_SIZE;
}

enum ng_err registry_row_open(struct bytes key, struct bytes sealed, struct bytes *ret)
{
    if (sealed.size < SEAL_SIZE) {
        return registry_row_damaged();
    }
    struct bytes row = {sealed.data, sealed.size - SEAL_SIZE};
    struct hash sum = registry_row_sum(key, row);
    if (memcmp(sum.bytes, sealed.data + row.size, SEAL_SIZE) != 0) {
        return registry_row_damaged();
    }
    *ret = row;
    return NG_OK;
}
