/* The registry as others see it: lookups in the ledger's store, and the rules that broker and agent
 * share. The folding itself is registry_fold.c. */
#include "ledger/registry.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/ledger_table.h"
#include "ledger/person_signature.h"
#include "ledger/registry_keys.h"
#include "ledger/registry_row.h"

#include <stdio.h>
#include <string.h>

#define COUNTERSIGNED_DOMAIN "nganam/enrol/001"
#define ROTATE_DOMAIN "nganam/rotate/01"
#define DIGITS_DOMAIN "nganam/confirm/1"
#define ACTOR_DOMAIN "nganam/actor/001"
#define ADMIN_DOMAIN "nganam/admin/001"
_Static_assert(sizeof(DIGITS_DOMAIN) == 17 && sizeof(ACTOR_DOMAIN) == 17 &&
                   sizeof(ADMIN_DOMAIN) == 17,
               "a domain is 16 bytes");
_Static_assert(sizeof(COUNTERSIGNED_DOMAIN) == 17 && sizeof(ROTATE_DOMAIN) == 17, "likewise");

static enum ng_err registry_get_row(void *context, struct bytes key, struct bytes *ret_row)
{
    struct bytes sealed;
    enum ng_err e = store_get(context, LEDGER_TABLE_REGISTRY, key, &sealed);
    return e == NG_OK ? registry_row_open(key, sealed, ret_row) : e;
}

static enum ng_err registry_get(struct store_txn *t, const struct registry_row_key *key,
                                struct bytes *ret_row)
{
    return registry_get_row(t, REGISTRY_ROW_KEY(*key), ret_row);
}

enum ng_err registry_party_get(struct store_txn *t, const char *code, struct registry_party *ret)
{
    struct registry_row_key key = registry_row_party_key(code);
    struct bytes row;
    enum ng_err e = registry_get(t, &key, &row);
    return e == NG_OK ? registry_row_get_party(row, ret) : e;
}

enum ng_err registry_by_curve(struct store_txn *t, const uint8_t curve[32],
                              struct registry_party *ret)
{
    struct registry_row_key key = registry_row_curve_key(curve);
    struct bytes row;
    struct party_code code;
    struct registry_party party;
    enum ng_err e = registry_get(t, &key, &row);
    if (e == NG_OK) {
        e = registry_row_get_code(row, &code);
    }
    if (e == NG_OK) {
        e = registry_party_get(t, code.text, &party);
    }
    if (e == NG_OK && memcmp(party.curve, curve, 32) != 0) {
        return err_plain(NG_ERR_NOT_FOUND); /* the key of an older epoch */
    }
    if (e == NG_OK) {
        *ret = party;
    }
    return e;
}

enum ng_err registry_invite_by_curve(struct store_txn *t, const uint8_t curve[32],
                                     struct registry_invite *ret)
{
    struct registry_row_key key = registry_row_invite_key(curve);
    struct bytes row;
    enum ng_err e = registry_get(t, &key, &row);
    return e == NG_OK ? registry_row_get_invite(curve, row, ret) : e;
}

enum ng_err registry_actor_get(struct store_txn *t, const char *id, struct registry_actor *ret)
{
    const struct registry_fold_rows rows = {.context = t, .get = registry_get_row};
    return registry_keys_actor(&rows, id, ret);
}

enum ng_err registry_policy_get(struct store_txn *t, struct registry_policy *ret)
{
    const struct registry_fold_rows rows = {.context = t, .get = registry_get_row};
    return registry_keys_policy(&rows, ret);
}

enum ng_err registry_log_keys(struct store_txn *t, struct log_keys *ret)
{
    const struct registry_fold_rows rows = {.context = t, .get = registry_get_row};
    return registry_keys_of_log(&rows, ret);
}

enum ng_err registry_each(struct store_txn *t, registry_each_fn fn, void *context)
{
    static const uint8_t first[1] = {'P'};
    struct store_cursor *cursor = NULL;
    struct bytes key;
    struct bytes sealed;
    enum ng_err e = store_cursor_open(t, LEDGER_TABLE_REGISTRY, &cursor);
    if (e != NG_OK) {
        return e;
    }
    e = store_cursor_seek(cursor, (struct bytes){first, 1}, &key, &sealed);
    while (e == NG_OK && key.size > 0 && key.data[0] == 'P') {
        struct bytes row;
        struct registry_party party;
        e = registry_row_open(key, sealed, &row);
        if (e == NG_OK) {
            e = registry_row_get_party(row, &party);
        }
        if (e == NG_OK && strcmp(party.code.text, STATEMENT_LOG_AUTHOR) != 0) {
            e = fn(context, &party);
        }
        if (e == NG_OK) {
            e = store_cursor_next(cursor, &key, &sealed);
        }
    }
    store_cursor_close(&cursor);
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

bool registry_counts(const struct registry_party *p)
{
    return p->epoch > 0 && !p->revoked && !p->frozen && !p->unconfirmed &&
           strcmp(p->code.text, STATEMENT_LOG_AUTHOR) != 0;
}

void registry_countersigned(const uint8_t log_id[LOG_ID_SIZE], const struct party_code *party,
                            uint32_t epoch, const struct key_public *key, const uint8_t curve[32],
                            uint8_t ret[REGISTRY_COUNTERSIGNED_SIZE])
{
    memset(ret, 0, REGISTRY_COUNTERSIGNED_SIZE);
    memcpy(ret, COUNTERSIGNED_DOMAIN, 16);
    memcpy(ret + 16, log_id, LOG_ID_SIZE);
    memcpy(ret + 32, party->text, strnlen(party->text, PARTY_CODE_MAX));
    bytes_put_u32(ret + 48, epoch);
    memcpy(ret + 52, key->bytes, KEY_PUBLIC_SIZE);
    memcpy(ret + 84, curve, 32);
}

void registry_countersigned_rotate(const uint8_t log_id[LOG_ID_SIZE],
                                   const struct party_code *party, uint32_t epoch,
                                   const struct key_public *key, const uint8_t curve[32],
                                   uint8_t ret[REGISTRY_COUNTERSIGNED_SIZE])
{
    registry_countersigned(log_id, party, epoch, key, curve, ret);
    memcpy(ret, ROTATE_DOMAIN, 16);
}

/* ---- The first statement of an epoch ---- */

bool registry_begins_epoch(uint32_t kind)
{
    return kind == STATEMENT_ENROL || kind == STATEMENT_ROTATE;
}

enum ng_err registry_epoch_keys(const struct statement *s, struct wire_rotate *ret)
{
    struct wire_enrol enrol;
    if (s->kind == STATEMENT_ROTATE) {
        return wire_rotate_decode(s->payload, ret);
    }
    if (s->kind != STATEMENT_ENROL) {
        return err_plain(NG_ERR_PROTO);
    }
    enum ng_err e = wire_enrol_decode(s->payload, &enrol);
    if (e == NG_OK) {
        memcpy(ret->curve, enrol.curve, sizeof(ret->curve));
        memcpy(ret->countersignature, enrol.countersignature, sizeof(ret->countersignature));
        memcpy(ret->key, enrol.key, sizeof(ret->key));
        memcpy(ret->cosign_key, enrol.cosign_key, sizeof(ret->cosign_key));
    }
    return e;
}

/* ---- Inboxes ---- */

enum ng_err registry_inbox_of(const struct statement *s, struct party_code *ret)
{
    struct wire_invite invite;
    struct wire_genesis genesis;
    enum ng_err e = NG_OK;
    *ret = s->to;
    if (s->kind == STATEMENT_INVITE) {
        e = wire_invite_decode(s->payload, &invite);
        if (e == NG_OK) {
            memcpy(ret->text, invite.party, sizeof(ret->text));
        }
    } else if (s->kind == STATEMENT_GENESIS) {
        e = wire_genesis_decode(s->payload, &genesis);
        if (e == NG_OK && genesis.previous_vkey[0] != '\0') {
            *ret = (struct party_code){"*"};
        }
    }
    return e == NG_ERR_PROTO || e == NG_ERR_LIMIT ? NG_OK : e;
}

/* ---- What two persons compare, what one signs ---- */

void registry_digits(const uint8_t log_id[LOG_ID_SIZE], const struct party_code *party,
                     uint32_t epoch, const struct key_public *key, const uint8_t curve[32],
                     char ret[REGISTRY_DIGITS_SIZE])
{
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    registry_countersigned(log_id, party, epoch, key, curve, covered);
    memcpy(covered, DIGITS_DOMAIN, 16);
    struct hash hash = hash_of(covered, sizeof(covered));
    unsigned groups[4];
    for (size_t g = 4; g-- > 0;) { /* the last five digits first: long division by 10^5 */
        uint32_t rest = 0;
        for (size_t i = 0; i < 9; i++) {
            rest = rest << 8 | hash.bytes[i];
            hash.bytes[i] = (uint8_t)(rest / 100000);
            rest %= 100000;
        }
        groups[g] = rest;
    }
    (void)snprintf(ret, REGISTRY_DIGITS_SIZE, "%05u %05u %05u %05u", groups[0], groups[1],
                   groups[2], groups[3]);
}

#define REGISTRY_ACTOR_HEAD_SIZE (16 + LOG_ID_SIZE)
#define REGISTRY_ADMIN_HEAD_SIZE (REGISTRY_ACTOR_HEAD_SIZE + 4)

static struct bytes registry_actor_head(const uint8_t log_id[LOG_ID_SIZE],
                                        uint8_t to[REGISTRY_ACTOR_HEAD_SIZE])
{
    memcpy(to, ACTOR_DOMAIN, 16);
    memcpy(to + 16, log_id, LOG_ID_SIZE);
    return (struct bytes){to, REGISTRY_ACTOR_HEAD_SIZE};
}

static struct bytes registry_admin_head(const uint8_t log_id[LOG_ID_SIZE], uint32_t kind,
                                        uint8_t to[REGISTRY_ADMIN_HEAD_SIZE])
{
    memcpy(to, ADMIN_DOMAIN, 16);
    memcpy(to + 16, log_id, LOG_ID_SIZE);
    bytes_put_u32(to + 16 + LOG_ID_SIZE, kind);
    return (struct bytes){to, REGISTRY_ADMIN_HEAD_SIZE};
}

enum ng_err registry_actor_sign(const struct key_pair *pair, const uint8_t log_id[LOG_ID_SIZE],
                                struct bytes payload, uint8_t ret_signature[KEY_SIGNATURE_SIZE])
{
    uint8_t head[REGISTRY_ACTOR_HEAD_SIZE];
    return person_signature_make(pair, registry_actor_head(log_id, head), payload, ret_signature);
}

enum ng_err registry_actor_verify(const struct key_public *key, const uint8_t log_id[LOG_ID_SIZE],
                                  struct bytes payload, const uint8_t signature[KEY_SIGNATURE_SIZE])
{
    uint8_t head[REGISTRY_ACTOR_HEAD_SIZE];
    return person_signature_check(key, registry_actor_head(log_id, head), payload, signature);
}

enum ng_err registry_admin_sign(const struct key_pair *pair, const uint8_t log_id[LOG_ID_SIZE],
                                uint32_t kind, struct bytes payload,
                                uint8_t ret_signature[KEY_SIGNATURE_SIZE])
{
    uint8_t head[REGISTRY_ADMIN_HEAD_SIZE];
    return person_signature_make(pair, registry_admin_head(log_id, kind, head), payload,
                                 ret_signature);
}

enum ng_err registry_admin_verify(const struct key_public *key, const uint8_t log_id[LOG_ID_SIZE],
                                  uint32_t kind, struct bytes payload,
                                  const uint8_t signature[KEY_SIGNATURE_SIZE])
{
    uint8_t head[REGISTRY_ADMIN_HEAD_SIZE];
    return person_signature_check(key, registry_admin_head(log_id, kind, head), payload, signature);
}

bool registry_actor_id_valid(const char *text)
{
    return wire_actor_id_valid(text, strnlen(text, WIRE_ACTOR_ID_MAX + 1));
}

enum ng_err registry_actor_id_check(const char *text)
{
    return registry_actor_id_valid(text)
               ? NG_OK
               : err_set(NG_ERR_USAGE, _("a person's id has 1 to %u small letters, digits, . - _"),
                         WIRE_ACTOR_ID_MAX);
}

/* ---- What a role may write ---- */

enum registry_address { TO_OFFICE, TO_ANYBODY, TO_ONE_PARTY, TO_EVERYONE, TO_PARTIES };

static const struct {
    enum wire_role role;
    uint32_t first, last; /* kinds */
    enum registry_address to;
} registry_rights[] = {
    {WIRE_ROLE_NONE, 1, 2, TO_OFFICE},         {WIRE_ROLE_NONE, 4, 4, TO_OFFICE},
    {WIRE_ROLE_NONE, 6, 7, TO_ONE_PARTY},      {WIRE_ROLE_NONE, 10, 10, TO_OFFICE},
    {WIRE_ROLE_NONE, 11, 11, TO_EVERYONE},     {WIRE_ROLE_WARD, 3, 3, TO_OFFICE},
    {WIRE_ROLE_WARD, 16, 16, TO_OFFICE},       {WIRE_ROLE_DEPARTMENT, 3, 3, TO_OFFICE},
    {WIRE_ROLE_DEPARTMENT, 16, 16, TO_OFFICE}, {WIRE_ROLE_DEPARTMENT, 20, 20, TO_PARTIES},
    {WIRE_ROLE_AUDITOR, 3, 3, TO_OFFICE},      {WIRE_ROLE_OFFICE, 2, 3, TO_OFFICE},
    {WIRE_ROLE_OFFICE, 6, 7, TO_ONE_PARTY},    {WIRE_ROLE_OFFICE, 8, 8, TO_EVERYONE},
    {WIRE_ROLE_OFFICE, 9, 9, TO_ONE_PARTY},    {WIRE_ROLE_OFFICE, 10, 10, TO_OFFICE},
    {WIRE_ROLE_OFFICE, 17, 21, TO_ANYBODY},    {WIRE_ROLE_OFFICE, 22, 22, TO_ONE_PARTY},
    {WIRE_ROLE_OFFICE, 23, 24, TO_ANYBODY},    {WIRE_ROLE_OFFICE, 12, 12, TO_OFFICE},
    {WIRE_ROLE_WARD, 12, 12, TO_OFFICE},       {WIRE_ROLE_DEPARTMENT, 12, 12, TO_OFFICE},
    {WIRE_ROLE_WARD, 5, 5, TO_OFFICE},         {WIRE_ROLE_DEPARTMENT, 5, 5, TO_OFFICE},
    {WIRE_ROLE_AUDITOR, 5, 5, TO_OFFICE},      {WIRE_ROLE_OFFICE, 5, 5, TO_OFFICE},
};

static bool registry_addressed(enum registry_address allowed, const char *to)
{
    bool office = to[0] == '\0';
    bool everyone = strcmp(to, "*") == 0;
    switch (allowed) {
    case TO_OFFICE:
        return office;
    case TO_ONE_PARTY:
        return !office && !everyone;
    case TO_EVERYONE:
        return everyone;
    case TO_PARTIES:
        return !office;
    case TO_ANYBODY:
    default:
        return true;
    }
}

enum refusal registry_may_write(enum wire_role role, uint32_t kind, const struct party_code *to)
{
    for (size_t i = 0; i < sizeof(registry_rights) / sizeof(registry_rights[0]); i++) {
        if (registry_rights[i].role == role && kind >= registry_rights[i].first &&
            kind <= registry_rights[i].last) {
            return registry_addressed(registry_rights[i].to, to->text) ? REFUSAL_OK : REFUSAL_TO;
        }
    }
    return REFUSAL_KIND;
}

bool registry_knows_kind(uint32_t kind)
{
    for (size_t i = 0; i < sizeof(registry_rights) / sizeof(registry_rights[0]); i++) {
        if (kind >= registry_rights[i].first && kind <= registry_rights[i].last) {
            return true;
        }
    }
    return false;
}
