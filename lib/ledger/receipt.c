/* Receipts as C2SP tlog-proof text (c2sp.org/tlog-proof):
 *
 *     c2sp.org/tlog-proof@v1
 *     extra base64(leaf header || signature)
 *     index N
 *     base64(hash)           leaf side first, none in a log of one leaf
 *     (empty line)
 *     the signed tree head
 *
 * The statement itself is not in it: whoever verifies puts in the one they hold, so that a receipt
 * says "these bytes", never "some bytes".
 */
#include "ledger/receipt.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/line.h"

#include <string.h>

#define RECEIPT_FIRST_LINE "c2sp.org/tlog-proof@v1"
#define RECEIPT_EXTRA_SIZE (LEAF_HEADER_SIZE + KEY_SIGNATURE_SIZE)

enum ng_err receipt_format(const uint8_t leaf_header[LEAF_HEADER_SIZE], const uint8_t signature[64],
                           uint64_t index, struct bytes inclusion, struct bytes note,
                           struct buf *to)
{
    if (inclusion.size % HASH_SIZE != 0 || inclusion.size > TREE_PROOF_MAX * HASH_SIZE) {
        return err_set(NG_ERR_PROTO, "receipt: an inclusion proof of %zu bytes", inclusion.size);
    }
    uint8_t extra[RECEIPT_EXTRA_SIZE];
    memcpy(extra, leaf_header, LEAF_HEADER_SIZE);
    memcpy(extra + LEAF_HEADER_SIZE, signature, KEY_SIGNATURE_SIZE);
    enum ng_err e = buf_add_text(to, RECEIPT_FIRST_LINE "\nextra ");
    if (e == NG_OK) {
        e = bytes_base64(to, extra, sizeof(extra));
    }
    if (e == NG_OK) {
        e = buf_printf(to, "\nindex %llu\n", (unsigned long long)index);
    }
    for (size_t at = 0; at < inclusion.size && e == NG_OK; at += HASH_SIZE) {
        e = bytes_base64(to, inclusion.data + at, HASH_SIZE);
        if (e == NG_OK) {
            e = buf_add_byte(to, '\n');
        }
    }
    if (e == NG_OK) {
        e = buf_add_byte(to, '\n');
    }
    return e == NG_OK ? buf_add(to, note.data, note.size) : e;
}

static enum ng_err receipt_malformed(const char *what)
{
    return err_set(NG_ERR_PROTO, "receipt: %s", what);
}

/* A receipt taken apart; note is borrowed. */
struct receipt_parts {
    uint8_t extra[RECEIPT_EXTRA_SIZE];
    uint64_t index;
    struct tree_proof proof;
    struct bytes note;
};

static enum ng_err receipt_parse(struct bytes text, struct receipt_parts *ret)
{
    struct bytes line;
    if (text.size > RECEIPT_SIZE_MAX || !line_take(&text, &line) ||
        !line_is(line, RECEIPT_FIRST_LINE)) {
        return receipt_malformed("not a " RECEIPT_FIRST_LINE);
    }
    if (!line_take(&text, &line) || !line_skip(&line, "extra ") ||
        bytes_exact_base64(ret->extra, RECEIPT_EXTRA_SIZE, (const char *)line.data, line.size) !=
            NG_OK) {
        return receipt_malformed("malformed extra");
    }
    if (!line_take(&text, &line) || !line_skip(&line, "index ") ||
        !line_number(line, &ret->index)) {
        return receipt_malformed("malformed index");
    }
    ret->proof.count = 0;
    for (;;) {
        if (!line_take(&text, &line)) {
            return receipt_malformed("it ends within the proof");
        }
        if (line.size == 0) {
            break;
        }
        if (ret->proof.count == TREE_PROOF_MAX ||
            bytes_exact_base64(ret->proof.hashes[ret->proof.count].bytes, HASH_SIZE,
                               (const char *)line.data, line.size) != NG_OK) {
            return receipt_malformed("malformed proof");
        }
        ret->proof.count++;
    }
    ret->note = text;
    return NG_OK;
}

enum ng_err receipt_extra(struct bytes text, uint8_t ret_leaf_header[LEAF_HEADER_SIZE],
                          uint8_t ret_signature[KEY_SIGNATURE_SIZE])
{
    struct receipt_parts parts;
    enum ng_err e = receipt_parse(text, &parts);
    if (e == NG_OK) {
        memcpy(ret_leaf_header, parts.extra, LEAF_HEADER_SIZE);
        memcpy(ret_signature, parts.extra + LEAF_HEADER_SIZE, KEY_SIGNATURE_SIZE);
    }
    return e;
}

/* The leaf as the log must hold it: the receipt's header and signature round this statement. */
static enum ng_err receipt_rebuild(const struct receipt_parts *parts, struct bytes statement,
                                   const struct key_public *author_key, struct buf *encoded,
                                   struct leaf *ret)
{
    enum ng_err e = buf_add(encoded, parts->extra, LEAF_HEADER_SIZE);
    if (e == NG_OK) {
        e = buf_add(encoded, statement.data, statement.size);
    }
    if (e == NG_OK) {
        e = buf_add(encoded, parts->extra + LEAF_HEADER_SIZE, KEY_SIGNATURE_SIZE);
    }
    if (e == NG_OK) {
        e = leaf_decode(buf_bytes(encoded), ret);
    }
    if (e != NG_OK) {
        return e;
    }
    if (ret->index != parts->index) {
        return receipt_malformed("two different indexes");
    }
    if (memcmp(ret->key.bytes, author_key->bytes, KEY_PUBLIC_SIZE) != 0) {
        return err_set(NG_ERR_VERIFY, _("the receipt is for another key"));
    }
    return leaf_verify(ret);
}

/* head: what the receipt's note says. */
static enum ng_err receipt_prove(const struct receipt_parts *parts, struct bytes statement,
                                 const struct key_public *author_key, const struct note_head *head,
                                 struct receipt *ret)
{
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    struct leaf leaf = {.index = 0};
    enum ng_err e = receipt_rebuild(parts, statement, author_key, &encoded, &leaf);
    if (e == NG_OK) {
        struct hash hash = leaf_hash(buf_bytes(&encoded));
        e = tree_verify_inclusion(parts->index, head->size, &hash, parts->proof.hashes,
                                  parts->proof.count, &head->root);
    }
    buf_fini(&encoded);
    if (e == NG_OK) {
        *ret = (struct receipt){parts->index, leaf.received_at, *head};
    }
    return e;
}

enum ng_err receipt_verify(struct bytes text, struct bytes statement,
                           const struct key_public *author_key, const char *origin,
                           const struct log_keys *log_keys, struct receipt *ret)
{
    struct receipt_parts parts;
    struct note_head head;
    enum ng_err e = receipt_parse(text, &parts);
    if (e == NG_OK) {
        e = log_keys_verify(log_keys, origin, parts.note, &head);
    }
    return e == NG_OK ? receipt_prove(&parts, statement, author_key, &head, ret) : e;
}

enum ng_err receipt_verify_under(struct bytes text, struct bytes statement,
                                 const struct key_public *author_key, struct bytes note,
                                 const struct note_head *head, struct receipt *ret)
{
    struct receipt_parts parts;
    enum ng_err e = receipt_parse(text, &parts);
    if (e == NG_OK &&
        (parts.note.size != note.size || memcmp(parts.note.data, note.data, note.size) != 0)) {
        e = err_plain(NG_ERR_VERIFY);
    }
    return e == NG_OK ? receipt_prove(&parts, statement, author_key, head, ret) : e;
}
