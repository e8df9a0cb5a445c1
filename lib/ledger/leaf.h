/* The leaf: what is stored and hashed. 68 bytes of header (domain, index, received_at, the author's
 * public key, statement length), the statement, its signature. */
#ifndef NGANAM_LEDGER_LEAF_H
#define NGANAM_LEDGER_LEAF_H

#include "ledger/statement.h"

#define LEAF_HEADER_SIZE 68
#define LEAF_SIZE_MAX 65535
#define LEAF_DOMAIN "nganam/entry/001"

struct leaf {
    uint64_t index;
    uint64_t received_at; /* ms, the broker's clock, never decreasing */
    struct key_public key;
    struct bytes statement;   /* borrowed */
    const uint8_t *signature; /* 64 bytes, borrowed */
};

enum ng_err leaf_encode(const struct leaf *l, struct buf *to) NG_MUST_USE;
/* Structure only; NG_ERR_PROTO. Pointers go into data. */
enum ng_err leaf_decode(struct bytes data, struct leaf *ret) NG_MUST_USE;
/* The signature against the key in the leaf; NG_ERR_VERIFY. */
enum ng_err leaf_verify(const struct leaf *l) NG_MUST_USE;
/* RFC 6962 leaf hash of the encoded leaf: SHA-256(0x00 || leaf). */
struct hash leaf_hash(struct bytes encoded);

#endif
