/* Receipts: C2SP tlog-proof text. `extra` is base64 of the 68-byte leaf header || the signature; a
 * party rebuilds the leaf from it and *its own* statement, so a receipt for altered bytes cannot
 * pass. */
#ifndef NGANAM_LEDGER_RECEIPT_H
#define NGANAM_LEDGER_RECEIPT_H

#include "ledger/leaf.h"
#include "ledger/log_keys.h"
#include "ledger/tree.h"

#define RECEIPT_SIZE_MAX 16384

/* leaf_header is LEAF_HEADER_SIZE bytes, inclusion whole hashes, note the signed tree head. */
enum ng_err receipt_format(const uint8_t leaf_header[LEAF_HEADER_SIZE], const uint8_t signature[64],
                           uint64_t index, struct bytes inclusion, struct bytes note,
                           struct buf *to) NG_MUST_USE;

/* What a verified receipt says. */
struct receipt {
    uint64_t index;
    uint64_t received_at;
    struct note_head head;
};

/* Checks everything: form, that the rebuilt leaf holds this statement under this key, inclusion,
 * the head's signature. NG_ERR_PROTO, NG_ERR_VERIFY. */
enum ng_err receipt_verify(struct bytes text, struct bytes statement,
                           const struct key_public *author_key, const char *origin,
                           const struct log_keys *log_keys, struct receipt *ret) NG_MUST_USE;

/* What `extra` holds, to put round the statement: the leaf's header and the signature. Nothing is
 * verified. NG_ERR_PROTO. */
enum ng_err receipt_extra(struct bytes text, uint8_t ret_leaf_header[LEAF_HEADER_SIZE],
                          uint8_t ret_signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;

/* The same for the receipts that come under one head: its note was verified once, and head is what
 * that says. A receipt with any other note is NG_ERR_VERIFY. */
enum ng_err receipt_verify_under(struct bytes text, struct bytes statement,
                                 const struct key_public *author_key, struct bytes note,
                                 const struct note_head *head, struct receipt *ret) NG_MUST_USE;

#endif
