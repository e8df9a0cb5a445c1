/* Goal: no bytes of the store make a reader of the registry's rows read outside; what one accepts
 * is written as the same bytes, but for what follows a party code's end; a seal holds for one key
 * and one row only.
 * Method: the first byte says which row. */
#include "fuzz/fuzz_target.h"
#include "ledger/registry_row.h"

#include <string.h>

static const uint8_t curve[32] = {7};

static void party(struct bytes row)
{
    struct registry_party p, same;
    struct registry_row again;
    const enum ng_err err = registry_row_get_party(row, &p);
    if (err != NG_OK) {
        fuzz_refused(err);
        return;
    }
    registry_row_put_party(&p, &again);
    CHECK(again.size == row.size);
    fuzz_same((struct bytes){row.data + PARTY_CODE_MAX, row.size - PARTY_CODE_MAX},
              (struct bytes){again.bytes + PARTY_CODE_MAX, again.size - PARTY_CODE_MAX});
    CHECK(registry_row_get_party(REGISTRY_ROW(again), &same) == NG_OK);
    CHECK(strcmp(p.code.text, same.code.text) == 0);
}

static void invite(struct bytes row)
{
    struct registry_invite i, same;
    struct registry_row again;
    const enum ng_err err = registry_row_get_invite(curve, row, &i);
    if (err != NG_OK) {
        fuzz_refused(err);
        return;
    }
    registry_row_put_invite(&i, &again);
    CHECK(again.size == row.size);
    fuzz_same((struct bytes){row.data + PARTY_CODE_MAX, row.size - PARTY_CODE_MAX},
              (struct bytes){again.bytes + PARTY_CODE_MAX, again.size - PARTY_CODE_MAX});
    CHECK(registry_row_get_invite(curve, REGISTRY_ROW(again), &same) == NG_OK);
    CHECK(strcmp(i.party.text, same.party.text) == 0);
}

static void code(struct bytes row)
{
    struct party_code c;
    const enum ng_err err = registry_row_get_code(row, &c);
    if (err != NG_OK) {
        fuzz_refused(err);
    } else {
        CHECK(strlen(c.text) <= PARTY_CODE_MAX);
    }
}

/* The rows without text have one form each. */
static void person(struct bytes row)
{
    struct registry_actor a;
    struct registry_confirmation c;
    struct registry_policy policy;
    uint64_t index;
    struct log_keys_link log_key;
    struct registry_row again;
    if (registry_row_get_actor("an", row, &a) == NG_OK) {
        registry_row_put_actor(&a, &again);
        fuzz_same(row, REGISTRY_ROW(again));
    } else if (registry_row_get_confirmation(row, &c) == NG_OK) {
        CHECK(strlen(c.actor) <= WIRE_ACTOR_ID_MAX);
        registry_row_put_confirmation(&c, &again);
        CHECK(again.size == row.size);
    } else if (registry_row_get_policy(row, &policy) == NG_OK) {
        registry_row_put_policy(&policy, &again);
        fuzz_same(row, REGISTRY_ROW(again));
    } else if (registry_row_get_log(row, &log_key) == NG_OK) {
        registry_row_put_log(&log_key, &again);
        fuzz_same(row, REGISTRY_ROW(again));
    } else if (registry_row_get_index(row, &index) == NG_OK) {
        registry_row_put_index(index, &again);
        fuzz_same(row, REGISTRY_ROW(again));
    } else {
        fuzz_refused(NG_ERR_CORRUPT);
    }
}

static void seal(struct bytes row)
{
    const struct registry_row_key key = registry_row_party_key("P1");
    const struct registry_row_key other = registry_row_party_key("P2");
    struct registry_row sealed;
    struct bytes opened;
    fuzz_begin();
    if (registry_row_open(REGISTRY_ROW_KEY(key), row, &opened) != NG_OK) {
        fuzz_refused(NG_ERR_CORRUPT);
    }
    if (row.size > REGISTRY_ROW_SIZE_MAX - 8) {
        return;
    }
    registry_row_seal(REGISTRY_ROW_KEY(key), row, &sealed);
    CHECK(registry_row_open(REGISTRY_ROW_KEY(key), REGISTRY_ROW(sealed), &opened) == NG_OK);
    fuzz_same(row, opened);
    CHECK(registry_row_open(REGISTRY_ROW_KEY(other), REGISTRY_ROW(sealed), &opened) ==
          NG_ERR_CORRUPT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {data, size};
    const uint8_t which = fuzz_byte(&rest);
    CHECK(key_init() == NG_OK);
    fuzz_begin();
    if (which % 3 == 0) {
        party(rest);
    } else if (which % 3 == 1) {
        invite(rest);
    } else {
        code(rest);
    }
    fuzz_begin();
    person(rest);
    seal(rest);
    return 0;
}
