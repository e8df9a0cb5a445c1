/* Goal: cosignatures are byte for byte those of C2SP tlog-cosignature, and nothing else passes.
 *
 * Method: values made once by another implementation (Python: hashlib and PyNaCl, from the text of
 * the specification; PROTOCOL.md section 11 has the same), then every byte of note and cosignature
 * changed in turn. The Python twin that checks a real broker's notes is tests/town/test_witness.py.
 */
#include "base/bytes.h"
#include "harness.h"
#include "ledger/cosign.h"

#define ORIGIN "nganam.example/log"
#define TIME_S 1795722763

/* Of the seed 07…07; the head of five leaves with the root 42…42. */
static const char *const public_hex =
    "9ded3a5b19a9134e1084c804ffa5e6a3bbe77851bcb655e4559811e45ddd91cb";
static const char *const cosignature_hex =
    "000000006b088e0ba2a2e2db2b9042cc9ed8fa87d21e9bd900a7fcbb782af34a445f3b9c2aeeb07ca80a025c"
    "d0f26807b1352597fdf9012c0c1c6cac2a5ab1e5d6b327938ea36102";
static const char *const line =
    "\xe2\x80\x94 nganam.example/log/P1 XNq9eQAAAABrCI4LoqLi2yuQQsye2PqH0h6b2QCn/Lt4KvNKRF87n"
    "CrusHyoCgJc0PJoB7E1JZf9+QEsDBxsrCpaseXWsyeTjqNhAg=="
    "\n";
static const char *const vkey =
    "nganam.example/log/P1+5cdabd79+BJ3tOlsZqRNOEITIBP+l5qO753hRvLZV5FWYEeRd3ZHL";

static struct key_pair log_pair, pair;
static struct buf note;

static void start(void)
{
    uint8_t seed[32];
    struct note_head head = {.origin = ORIGIN, .size = 5};
    memset(head.root.bytes, 0x42, HASH_SIZE);
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    memset(seed, 1, sizeof(seed));
    key_from_seed(seed, &log_pair);
    memset(seed, 7, sizeof(seed));
    cosign_key(seed, &pair);
    buf_init(&note, NOTE_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &log_pair, &note), NG_OK);
}

static void expect_hex(const void *data, size_t size, const char *hex)
{
    struct buf text = BUF_INIT(1024);
    CU_ASSERT_EQUAL(bytes_hex(&text, data, size), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), hex);
    buf_fini(&text);
}

static void cosign_makes_the_bytes_of_the_specification(void)
{
    uint8_t cosignature[COSIGN_SIZE];
    char name[COSIGN_NAME_MAX + 1];
    struct buf text = BUF_INIT(1024);
    start();
    cosign_name(ORIGIN, "P1", name);
    expect_hex(pair.public_key.bytes, KEY_PUBLIC_SIZE, public_hex);
    CU_ASSERT_EQUAL(cosign_sign(buf_bytes(&note), &pair, TIME_S, cosignature), NG_OK);
    expect_hex(cosignature, sizeof(cosignature), cosignature_hex);
    CU_ASSERT_EQUAL(cosign_time(cosignature), TIME_S);
    CU_ASSERT_EQUAL(cosign_line(name, &pair.public_key, cosignature, &text), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), line);
    buf_clear(&text);
    CU_ASSERT_EQUAL(cosign_vkey(name, &pair.public_key, &text), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), vkey);
    buf_fini(&text);
    buf_fini(&note);
}

/* Who holds the log's key alone is not misled by the lines of others, and the other way round. */
static void cosign_lines_leave_the_note_what_it_was(void)
{
    uint8_t cosignature[COSIGN_SIZE];
    char name[COSIGN_NAME_MAX + 1];
    struct note_head head;
    start();
    cosign_name(ORIGIN, "P1", name);
    CU_ASSERT_EQUAL(cosign_sign(buf_bytes(&note), &pair, TIME_S, cosignature), NG_OK);
    CU_ASSERT_EQUAL(cosign_line(name, &pair.public_key, cosignature, &note), NG_OK);
    CU_ASSERT_EQUAL(note_verify(buf_bytes(&note), ORIGIN, &log_pair.public_key, &head), NG_OK);
    CU_ASSERT_EQUAL(head.size, 5);
    CU_ASSERT_EQUAL(cosign_verify(buf_bytes(&note), &pair.public_key, cosignature), NG_OK);
    buf_fini(&note);
}

static void cosign_refuses_every_changed_byte(void)
{
    uint8_t cosignature[COSIGN_SIZE];
    struct bytes text, lines;
    start();
    CU_ASSERT_EQUAL(cosign_sign(buf_bytes(&note), &pair, TIME_S, cosignature), NG_OK);
    CU_ASSERT_FATAL(note_split(buf_bytes(&note), &text, &lines));
    for (size_t i = 0; i < COSIGN_SIZE; i++) {
        cosignature[i] ^= 1;
        CU_ASSERT_EQUAL(cosign_verify(buf_bytes(&note), &pair.public_key, cosignature),
                        NG_ERR_VERIFY);
        cosignature[i] ^= 1;
    }
    for (size_t i = 0; i < text.size; i++) {
        note.data[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(cosign_verify(buf_bytes(&note), &pair.public_key, cosignature), NG_OK);
        note.data[i] ^= 1;
    }
    CU_ASSERT_EQUAL(cosign_verify(buf_bytes(&note), &pair.public_key, cosignature), NG_OK);
    CU_ASSERT_EQUAL(cosign_verify(buf_bytes(&note), &log_pair.public_key, cosignature),
                    NG_ERR_VERIFY);
    buf_fini(&note);
}

/* The specification: a time is at most 2^63 - 1. A signature of the log is no cosignature. */
static void cosign_refuses_times_that_are_none_and_other_words(void)
{
    uint8_t cosignature[COSIGN_SIZE];
    struct bytes text, lines;
    start();
    CU_ASSERT_EQUAL(cosign_sign(buf_bytes(&note), &pair, UINT64_C(1) << 63, cosignature), NG_OK);
    CU_ASSERT_EQUAL(cosign_verify(buf_bytes(&note), &pair.public_key, cosignature), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(cosign_sign(buf_bytes(&note), &pair, INT64_MAX, cosignature), NG_OK);
    CU_ASSERT_EQUAL(cosign_verify(buf_bytes(&note), &pair.public_key, cosignature), NG_OK);
    CU_ASSERT_FATAL(note_split(buf_bytes(&note), &text, &lines));
    bytes_put_u64(cosignature, 0);
    key_sign(&pair, text, cosignature + 8);
    CU_ASSERT_EQUAL(cosign_verify(buf_bytes(&note), &pair.public_key, cosignature), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(cosign_sign((struct bytes){text.data, text.size}, &pair, 1, cosignature),
                    NG_ERR_PROTO);
    CU_ASSERT_EQUAL(
        cosign_verify((struct bytes){text.data, text.size}, &pair.public_key, cosignature),
        NG_ERR_PROTO);
    buf_fini(&note);
}

/* Two heads of one size are never both final: with at most f dishonest parties, which sign both,
 * the quorums need more parties than there are. And the honest ones alone are enough for one. */
static void cosign_quorums_meet_in_an_honest_party(void)
{
    CU_ASSERT_EQUAL(cosign_quorum(0), 1);
    CU_ASSERT_EQUAL(cosign_quorum(1), 1);
    CU_ASSERT_EQUAL(cosign_quorum(4), 3);
    CU_ASSERT_EQUAL(cosign_quorum(103), 69);
    for (size_t n = 1; n <= 2000; n++) {
        const size_t f = (n - 1) / 3;
        CU_ASSERT(2 * cosign_quorum(n) > n + f);
        CU_ASSERT(cosign_quorum(n) <= n - f);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(cosign_makes_the_bytes_of_the_specification),
    TEST_CASE(cosign_lines_leave_the_note_what_it_was),
    TEST_CASE(cosign_refuses_every_changed_byte),
    TEST_CASE(cosign_refuses_times_that_are_none_and_other_words),
    TEST_CASE(cosign_quorums_meet_in_an_honest_party),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("cosign", cases, argc, argv);
}
