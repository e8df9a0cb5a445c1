/* The registry as others see it: lookups in the ledger's store, and the rules that broker and agent
 * share. The folding itself is registry_fold.c. */
#include "ledger/registry.h"

#include "base/bytes.h"
#include "ledger/ledger_table.h"
#include "ledger/registry_row.h"

#include <string.h>

#define COUNTERSIGNED_DOMAIN "nganam/enrol/001"
_Static_assert(sizeof(COUNTERSIGNED_DOMAIN) - 1 == 16, "a domain is 16 bytes");

static enum ng_err registry_get(struct store_txn *t, const struct registry_row_key *key,
                                struct bytes *ret_row)
{
    struct bytes sealed;
    enum ng_err e = store_get(t, LEDGER_TABLE_REGISTRY, REGISTRY_ROW_KEY(*key), &sealed);
    return e == NG_OK ? registry_row_open(REGISTRY_ROW_KEY(*key), sealed, ret_row) : e;
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

/* ---- What a role may write ---- */

enum registry_address { TO_OFFICE, TO_ANYBODY, TO_ONE_PARTY };

static const struct {
    enum wire_role role;
    uint32_t first, last; /* kinds */
    enum registry_address to;
} registry_rights[] = {
    {WIRE_ROLE_WARD, 3, 3, TO_OFFICE},       {WIRE_ROLE_WARD, 16, 16, TO_OFFICE},
    {WIRE_ROLE_DEPARTMENT, 3, 3, TO_OFFICE}, {WIRE_ROLE_DEPARTMENT, 16, 16, TO_OFFICE},
    {WIRE_ROLE_AUDITOR, 3, 3, TO_OFFICE},    {WIRE_ROLE_OFFICE, 2, 3, TO_OFFICE},
    {WIRE_ROLE_OFFICE, 17, 21, TO_ANYBODY},  {WIRE_ROLE_OFFICE, 22, 22, TO_ONE_PARTY},
    {WIRE_ROLE_OFFICE, 23, 24, TO_ANYBODY},
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
