/* Statements and leaves: the bytes are those of docs/disk-format.md, one form each, and nothing
 * else is read.
 *
 * Method: the expected bytes are written down by hand with offsets from the document, not by the
 * code under test; then every byte of a valid header whose value is prescribed is changed in turn.
 */
#include "base/bytes.h"
#include "harness.h"
#include "ledger/leaf.h"

static const uint8_t payload[] = {0xde, 0xad, 0xbe, 0xef};

static struct statement sample(void)
{
    struct statement s = {.author = {"xa-my-quoi"},
                          .to = {"office.1"},
                          .epoch = 0x01020304,
                          .kind = 16,
                          .seq = UINT64_C(0x1122334455667788),
                          .authored_at = UINT64_C(0x0000018f00000001),
                          .seen_size = 7,
                          .payload = {payload, sizeof(payload)}};
    memset(s.log_id, 0xa1, sizeof(s.log_id));
    memset(s.seen_root.bytes, 0xb2, HASH_SIZE);
    memset(s.prev.bytes, 0xc3, HASH_SIZE);
    return s;
}

static void by_hand(uint8_t h[164])
{
    memset(h, 0, 164);
    memcpy(h, "nganam/report/01", 16);
    memset(h + 16, 0xa1, 16);
    memcpy(h + 32, "xa-my-quoi", 10);
    memcpy(h + 48, "office.1", 8);
    memcpy(h + 64, "\x01\x02\x03\x04", 4);
    h[71] = 16;
    memcpy(h + 72, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
    memcpy(h + 80, "\x00\x00\x01\x8f\x00\x00\x00\x01", 8);
    h[95] = 7;
    memset(h + 96, 0xb2, 32);
    memset(h + 128, 0xc3, 32);
    memcpy(h + 160, payload, 4);
}

static void statement_without_room_is_none(void)
{
    const struct statement s = sample();
    const size_t whole = STATEMENT_HEADER_SIZE + sizeof(payload);
    for (size_t room = 1; room <= whole; room++) {
        struct buf b = BUF_INIT(room);
        CU_ASSERT_EQUAL(statement_encode(&s, &b), room < whole ? NG_ERR_LIMIT : NG_OK);
        buf_fini(&b);
    }
}

static void statement_has_the_documented_bytes(void)
{
    uint8_t expected[164];
    struct statement s = sample();
    struct statement read;
    struct buf b = BUF_INIT(STATEMENT_SIZE_MAX);
    by_hand(expected);
    CU_ASSERT_EQUAL(statement_encode(&s, &b), NG_OK);
    CU_ASSERT_EQUAL_FATAL(b.size, 164);
    CU_ASSERT(memcmp(b.data, expected, 164) == 0);
    CU_ASSERT_EQUAL(statement_decode((struct bytes){expected, 164}, &read), NG_OK);
    CU_ASSERT_STRING_EQUAL(read.author.text, "xa-my-quoi");
    CU_ASSERT_STRING_EQUAL(read.to.text, "office.1");
    CU_ASSERT(read.epoch == s.epoch && read.kind == 16 && read.seq == s.seq);
    CU_ASSERT(read.authored_at == s.authored_at && read.seen_size == 7);
    CU_ASSERT(hash_equal(&read.prev, &s.prev) && hash_equal(&read.seen_root, &s.seen_root));
    CU_ASSERT(read.payload.data == expected + 160 && read.payload.size == 4);
    buf_fini(&b);
}

static void statement_has_one_form_only(void)
{
    uint8_t h[164];
    struct statement s;
    /* The domain, and every byte behind the codes' ends. */
    for (size_t at = 0; at < 64; at++) {
        bool prescribed = at < 16 || (at >= 42 && at < 48) || at >= 56;
        by_hand(h);
        h[at] ^= 0x80;
        if (prescribed || at >= 32) {
            CU_ASSERT_EQUAL(statement_decode((struct bytes){h, 164}, &s), NG_ERR_PROTO);
        }
    }
    by_hand(h);
    h[45] = 'a'; /* a letter after the end: not a second code, not a longer one */
    CU_ASSERT_EQUAL(statement_decode((struct bytes){h, 164}, &s), NG_ERR_PROTO);
    by_hand(h);
    memset(h + 32, 0, 16); /* no author */
    CU_ASSERT_EQUAL(statement_decode((struct bytes){h, 164}, &s), NG_ERR_PROTO);
    by_hand(h);
    h[32] = '*';
    CU_ASSERT_EQUAL(statement_decode((struct bytes){h, 164}, &s), NG_ERR_PROTO);
}

static void statement_may_go_to_the_office_or_everyone(void)
{
    uint8_t h[164];
    struct statement s;
    by_hand(h);
    memset(h + 48, 0, 16);
    CU_ASSERT_EQUAL(statement_decode((struct bytes){h, 164}, &s), NG_OK);
    CU_ASSERT_STRING_EQUAL(s.to.text, "");
    h[48] = '*';
    CU_ASSERT_EQUAL(statement_decode((struct bytes){h, 164}, &s), NG_OK);
    CU_ASSERT_STRING_EQUAL(s.to.text, "*");
    h[49] = '*';
    CU_ASSERT_EQUAL(statement_decode((struct bytes){h, 164}, &s), NG_ERR_PROTO);
}

static void statement_sizes_are_bounded(void)
{
    static uint8_t big[STATEMENT_LOG_SIZE_MAX + 1];
    struct statement s = sample();
    struct statement read;
    struct buf b = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    s.payload = (struct bytes){big, STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE};
    CU_ASSERT_EQUAL(statement_encode(&s, &b), NG_OK);
    CU_ASSERT_EQUAL(b.size, STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL(statement_decode(buf_bytes(&b), &read), NG_OK);
    CU_ASSERT_EQUAL(statement_decode((struct bytes){b.data, 159}, &read), NG_ERR_LIMIT);
    CU_ASSERT_EQUAL(statement_decode((struct bytes){b.data, 160}, &read), NG_OK);
    memcpy(big, b.data, b.size);
    CU_ASSERT_EQUAL(statement_decode((struct bytes){big, STATEMENT_SIZE_MAX + 1}, &read),
                    NG_ERR_LIMIT);
    buf_clear(&b);
    s.payload.size++;
    CU_ASSERT_EQUAL(statement_encode(&s, &b), NG_ERR_LIMIT);
    /* The log's evidence holds a whole statement of somebody else. */
    memcpy(s.author.text, "log", 4);
    s.payload.size = STATEMENT_LOG_SIZE_MAX - STATEMENT_HEADER_SIZE;
    CU_ASSERT_EQUAL(statement_encode(&s, &b), NG_OK);
    CU_ASSERT_EQUAL(statement_decode(buf_bytes(&b), &read), NG_OK);
    memcpy(big, b.data, b.size);
    CU_ASSERT_EQUAL(statement_decode((struct bytes){big, sizeof(big)}, &read), NG_ERR_LIMIT);
    buf_fini(&b);
}

static void statement_code_is_1_to_16_of_the_allowed_characters(void)
{
    CU_ASSERT_TRUE(statement_code_valid("a"));
    CU_ASSERT_TRUE(statement_code_valid("AZaz09.-_"));
    CU_ASSERT_TRUE(statement_code_valid("0123456789abcdef"));
    CU_ASSERT_FALSE(statement_code_valid("0123456789abcdefg"));
    CU_ASSERT_FALSE(statement_code_valid(""));
    CU_ASSERT_FALSE(statement_code_valid("*"));
    CU_ASSERT_FALSE(statement_code_valid("a b"));
    CU_ASSERT_FALSE(statement_code_valid("xã"));
    CU_ASSERT_FALSE(statement_code_valid("a/b"));
    CU_ASSERT_FALSE(statement_code_valid("a+b"));
}

static void statement_encode_refuses_codes_that_are_none(void)
{
    struct statement s = sample();
    struct buf b = BUF_INIT(1024);
    s.author.text[0] = '*';
    CU_ASSERT_EQUAL(statement_encode(&s, &b), NG_ERR_INPUT);
    s = sample();
    s.to.text[1] = ' ';
    CU_ASSERT_EQUAL(statement_encode(&s, &b), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(b.size, 0);
    buf_fini(&b);
}

static void statement_log_id_is_the_origins_hash_cut(void)
{
    uint8_t id[16];
    uint8_t expected[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                          0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23}; /* FIPS 180: "abc" */
    statement_log_id("abc", id);
    CU_ASSERT(memcmp(id, expected, 16) == 0);
}

/* ---- Leaves ---- */

static void leaf_has_the_documented_bytes(void)
{
    uint8_t statement[164];
    uint8_t signature[64];
    uint8_t expected[68 + 164 + 64];
    struct leaf l = {.index = 0x0102, .received_at = 0x0304, .statement = {statement, 164}};
    struct leaf read;
    struct buf b = BUF_INIT(LEAF_SIZE_MAX);
    by_hand(statement);
    memset(signature, 0x55, sizeof(signature));
    memset(l.key.bytes, 0x66, 32);
    l.signature = signature;
    memset(expected, 0, sizeof(expected));
    memcpy(expected, "nganam/entry/001", 16);
    expected[22] = 1;
    expected[23] = 2;
    expected[30] = 3;
    expected[31] = 4;
    memset(expected + 32, 0x66, 32);
    expected[67] = 164;
    memcpy(expected + 68, statement, 164);
    memset(expected + 68 + 164, 0x55, 64);
    CU_ASSERT_EQUAL(leaf_encode(&l, &b), NG_OK);
    CU_ASSERT_EQUAL_FATAL(b.size, sizeof(expected));
    CU_ASSERT(memcmp(b.data, expected, sizeof(expected)) == 0);
    CU_ASSERT_EQUAL(leaf_decode(buf_bytes(&b), &read), NG_OK);
    CU_ASSERT(read.index == 0x0102 && read.received_at == 0x0304);
    CU_ASSERT(read.statement.size == 164 && read.statement.data == b.data + 68);
    CU_ASSERT(read.signature == b.data + 68 + 164);
    /* RFC 6962: SHA-256(0x00 || leaf) */
    uint8_t prefixed[1 + sizeof(expected)] = {0};
    memcpy(prefixed + 1, expected, sizeof(expected));
    struct hash a = hash_of(prefixed, sizeof(prefixed));
    struct hash h = leaf_hash(buf_bytes(&b));
    CU_ASSERT(hash_equal(&a, &h));
    buf_fini(&b);
}

static void leaf_refuses_lengths_that_do_not_add_up(void)
{
    uint8_t bytes[300] = {0};
    struct leaf l;
    memcpy(bytes, "nganam/entry/001", 16);
    bytes[67] = 168;
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){bytes, 300}, &l), NG_OK);
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){bytes, 299}, &l), NG_ERR_PROTO);
    bytes[67] = 169;
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){bytes, 300}, &l), NG_ERR_PROTO);
    bytes[64] = 0xff; /* 4 GB */
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){bytes, 300}, &l), NG_ERR_PROTO);
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){bytes, 131}, &l), NG_ERR_PROTO);
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){bytes, 0}, &l), NG_ERR_PROTO);
    bytes[64] = 0;
    bytes[67] = 168;
    bytes[0] = 'N';
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){bytes, 300}, &l), NG_ERR_PROTO);
}

static void leaf_signature_covers_every_byte_of_the_statement(void)
{
    struct key_pair pair;
    uint8_t statement[164];
    uint8_t signature[64];
    struct leaf l = {.statement = {statement, 164}, .signature = signature};
    CU_ASSERT_EQUAL(key_init(), NG_OK);
    key_generate(&pair);
    by_hand(statement);
    key_sign(&pair, l.statement, signature);
    l.key = pair.public_key;
    CU_ASSERT_EQUAL(leaf_verify(&l), NG_OK);
    for (size_t i = 0; i < 164; i++) {
        statement[i] ^= 1;
        CU_ASSERT_EQUAL(leaf_verify(&l), NG_ERR_VERIFY);
        statement[i] ^= 1;
    }
    l.key.bytes[3] ^= 1;
    CU_ASSERT_EQUAL(leaf_verify(&l), NG_ERR_VERIFY);
}

/* ---- Keys ---- */

static void key_derives_different_secrets_for_different_purposes(void)
{
    uint8_t a[32], b[32], c[32], secret[32], public_key[32];
    struct bytes code = {(const uint8_t *)"ABCD-EFGH", 9};
    struct bytes other = {(const uint8_t *)"ABCD-EFGI", 9};
    key_derive("nganam/invite/ed", code, a);
    key_derive("nganam/invite/cv", code, b);
    key_derive("nganam/invite/ed", other, c);
    CU_ASSERT(memcmp(a, b, 32) != 0 && memcmp(a, c, 32) != 0);
    key_derive("nganam/invite/ed", code, b);
    CU_ASSERT(memcmp(a, b, 32) == 0);
    /* RFC 7748 §6.1: Alice's key pair */
    static const uint8_t alice[32] = {0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d,
                                      0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
                                      0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a,
                                      0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a};
    static const uint8_t alice_public[32] = {0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54,
                                             0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a,
                                             0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4,
                                             0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a};
    key_curve_from_seed(alice, secret, public_key);
    CU_ASSERT(memcmp(public_key, alice_public, 32) == 0);
}

static void key_signs_as_rfc_8032_says(void)
{
    /* §7.1 test 2: one byte 0x72 */
    static const uint8_t seed[32] = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda,
                                     0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
                                     0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24,
                                     0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
    static const uint8_t begins[8] = {0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8};
    static const uint8_t message[1] = {0x72};
    struct key_pair pair;
    uint8_t signature[64];
    key_from_seed(seed, &pair);
    key_sign(&pair, (struct bytes){message, 1}, signature);
    CU_ASSERT(memcmp(signature, begins, 8) == 0);
    CU_ASSERT_TRUE(key_verify(&pair.public_key, (struct bytes){message, 1}, signature));
    key_wipe(&pair);
    struct key_pair zeros;
    memset(&zeros, 0, sizeof(zeros));
    CU_ASSERT(memcmp(&pair, &zeros, sizeof(pair)) == 0);
}

/* As many bytes as its length says, and one more than a leaf may have. */
static void leaf_refuses_more_than_its_maximum(void)
{
    static uint8_t large[LEAF_SIZE_MAX + 1] = LEAF_DOMAIN;
    struct leaf leaf;
    bytes_put_u32(large + 64, LEAF_SIZE_MAX + 1 - LEAF_HEADER_SIZE - KEY_SIGNATURE_SIZE);
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){large, sizeof(large)}, &leaf), NG_ERR_PROTO);
    bytes_put_u32(large + 64, LEAF_SIZE_MAX - LEAF_HEADER_SIZE - KEY_SIGNATURE_SIZE);
    CU_ASSERT_EQUAL(leaf_decode((struct bytes){large, LEAF_SIZE_MAX}, &leaf), NG_OK);
}

static const struct test_case cases[] = {
    TEST_CASE(statement_has_the_documented_bytes),
    TEST_CASE(statement_without_room_is_none),
    TEST_CASE(statement_has_one_form_only),
    TEST_CASE(statement_may_go_to_the_office_or_everyone),
    TEST_CASE(statement_sizes_are_bounded),
    TEST_CASE(statement_code_is_1_to_16_of_the_allowed_characters),
    TEST_CASE(statement_encode_refuses_codes_that_are_none),
    TEST_CASE(statement_log_id_is_the_origins_hash_cut),
    TEST_CASE(leaf_has_the_documented_bytes),
    TEST_CASE(leaf_refuses_lengths_that_do_not_add_up),
    TEST_CASE(leaf_signature_covers_every_byte_of_the_statement),
    TEST_CASE(key_derives_different_secrets_for_different_purposes),
    TEST_CASE(key_signs_as_rfc_8032_says),
    TEST_CASE(leaf_refuses_more_than_its_maximum),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("statement", cases, argc, argv);
}
