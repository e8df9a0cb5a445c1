/* Leaf bytes: docs/disk-format.md. The header stands in front so that a receipt can carry it
 * without the statement: its length field ties the two together. */
#include "ledger/leaf.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"

#include <string.h>

enum { AT_DOMAIN = 0, AT_INDEX = 16, AT_RECEIVED = 24, AT_KEY = 32, AT_LENGTH = 64 };
_Static_assert(AT_LENGTH + 4 == LEAF_HEADER_SIZE, "the header ends with the length");
_Static_assert(sizeof(LEAF_DOMAIN) - 1 == 16, "a domain is 16 bytes");
_Static_assert(LEAF_HEADER_SIZE + STATEMENT_LOG_SIZE_MAX + KEY_SIGNATURE_SIZE <= LEAF_SIZE_MAX,
               "every statement fits into a leaf");

enum ng_err leaf_encode(const struct leaf *l, struct buf *to)
{
    CHECK(l->statement.size <= STATEMENT_LOG_SIZE_MAX);
    uint8_t header[LEAF_HEADER_SIZE];
    memcpy(header + AT_DOMAIN, LEAF_DOMAIN, 16);
    bytes_put_u64(header + AT_INDEX, l->index);
    bytes_put_u64(header + AT_RECEIVED, l->received_at);
    memcpy(header + AT_KEY, l->key.bytes, KEY_PUBLIC_SIZE);
    bytes_put_u32(header + AT_LENGTH, (uint32_t)l->statement.size);
    enum ng_err e = buf_reserve(to, LEAF_HEADER_SIZE + l->statement.size + KEY_SIGNATURE_SIZE);
    if (e == NG_OK) {
        e = buf_add(to, header, sizeof(header));
    }
    if (e == NG_OK) {
        e = buf_add(to, l->statement.data, l->statement.size);
    }
    return e == NG_OK ? buf_add(to, l->signature, KEY_SIGNATURE_SIZE) : e;
}

enum ng_err leaf_decode(struct bytes data, struct leaf *ret)
{
    const uint8_t *h = data.data;
    if (data.size < LEAF_HEADER_SIZE + KEY_SIGNATURE_SIZE || data.size > LEAF_SIZE_MAX ||
        memcmp(h + AT_DOMAIN, LEAF_DOMAIN, 16) != 0) {
        return err_set(NG_ERR_PROTO, "leaf: %zu bytes that are no leaf", data.size);
    }
    size_t length = bytes_get_u32(h + AT_LENGTH);
    if (length != data.size - LEAF_HEADER_SIZE - KEY_SIGNATURE_SIZE) {
        return err_set(NG_ERR_PROTO, "leaf: %zu bytes for a statement of %zu", data.size, length);
    }
    ret->index = bytes_get_u64(h + AT_INDEX);
    ret->received_at = bytes_get_u64(h + AT_RECEIVED);
    memcpy(ret->key.bytes, h + AT_KEY, KEY_PUBLIC_SIZE);
    ret->statement = (struct bytes){h + LEAF_HEADER_SIZE, length};
    ret->signature = h + LEAF_HEADER_SIZE + length;
    return NG_OK;
}

enum ng_err leaf_verify(const struct leaf *l)
{
    if (!key_verify(&l->key, l->statement, l->signature)) {
        return err_set(NG_ERR_VERIFY, _("the signature of entry %llu does not hold"),
                       (unsigned long long)l->index);
    }
    return NG_OK;
}

struct hash leaf_hash(struct bytes encoded)
{
    return hash_prefixed(0x00, encoded, (struct bytes){NULL, 0});
}
