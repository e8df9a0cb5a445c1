/* Goal: no text makes the reader of receipts read outside; a receipt that is accepted proves these
 * bytes and no others.
 * Method: a log of two leaves whose head a fixed key signed. The input is tried as a whole receipt,
 * and as its proof lines between a true head line and a true tree head, so that what stands behind
 * the signatures is reached too. */
#include "fuzz/fuzz_target.h"
#include "ledger/receipt.h"

#include "base/bytes.h"

#include <string.h>

#define ORIGIN "nganam.example/fuzz"

static struct key_pair log_key, author_key;
static struct log_keys log_keys;
static struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
static struct buf leaf_bytes = BUF_INIT(LEAF_SIZE_MAX), note = BUF_INIT(NOTE_SIZE_MAX);

static void make_log(void)
{
    static const uint8_t seed[32] = {1}, other[32] = {3};
    uint8_t signature[KEY_SIGNATURE_SIZE];
    struct statement s = {.epoch = 1, .kind = 16, .seq = 1, .author = {"P1"}};
    struct note_head head = {.origin = ORIGIN, .size = 2};
    if (note.size > 0) {
        return;
    }
    CHECK(key_init() == NG_OK);
    key_from_seed(seed, &log_key);
    log_keys = log_keys_of(&log_key.public_key);
    key_from_seed(other, &author_key);
    statement_log_id(ORIGIN, s.log_id);
    s.payload = (struct bytes){(const uint8_t *)"answer", 6};
    CHECK(statement_encode(&s, &statement) == NG_OK);
    key_sign(&author_key, buf_bytes(&statement), signature);
    const struct leaf leaf = {1, 1795722763000, author_key.public_key, buf_bytes(&statement),
                              signature};
    CHECK(leaf_encode(&leaf, &leaf_bytes) == NG_OK);
    const struct hash mine = leaf_hash(buf_bytes(&leaf_bytes)), first = {{0}};
    head.root = hash_prefixed(0x01, (struct bytes){first.bytes, HASH_SIZE},
                              (struct bytes){mine.bytes, HASH_SIZE});
    CHECK(note_sign(&head, &log_key, &note) == NG_OK);
}

static void verify(struct bytes text)
{
    static const uint8_t other_statement[STATEMENT_HEADER_SIZE];
    const struct bytes other = {other_statement, sizeof(other_statement)};
    struct receipt r;
    fuzz_begin();
    const enum ng_err err =
        receipt_verify(text, buf_bytes(&statement), &author_key.public_key, ORIGIN, &log_keys, &r);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_PROTO || err == NG_ERR_VERIFY || err == NG_ERR_LIMIT);
        fuzz_refused(err);
        return;
    }
    CHECK(r.index == 1 && r.head.size == 2); /* there is no other head of this key */
    CHECK(receipt_verify(text, other, &author_key.public_key, ORIGIN, &log_keys, &r) != NG_OK);
    CHECK(receipt_verify(text, buf_bytes(&statement), &log_key.public_key, ORIGIN, &log_keys, &r) ==
          NG_ERR_VERIFY);
}

static void verify_proof_lines(struct bytes lines)
{
    const uint8_t *signature = leaf_bytes.data + leaf_bytes.size - KEY_SIGNATURE_SIZE;
    struct buf text = BUF_INIT(2 * RECEIPT_SIZE_MAX);
    if (lines.size > RECEIPT_SIZE_MAX) {
        return;
    }
    CHECK(buf_add_text(&text, "c2sp.org/tlog-proof@v1\nextra ") == NG_OK);
    uint8_t extra[LEAF_HEADER_SIZE + KEY_SIGNATURE_SIZE];
    memcpy(extra, leaf_bytes.data, LEAF_HEADER_SIZE);
    memcpy(extra + LEAF_HEADER_SIZE, signature, KEY_SIGNATURE_SIZE);
    CHECK(bytes_base64(&text, extra, sizeof(extra)) == NG_OK);
    CHECK(buf_add_text(&text, "\nindex ") == NG_OK);
    CHECK(buf_add(&text, lines.data, lines.size) == NG_OK);
    CHECK(buf_add(&text, note.data, note.size) == NG_OK);
    verify(buf_bytes(&text));
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_log();
    verify((struct bytes){data, size});
    verify_proof_lines((struct bytes){data, size});
    return 0;
}
