/* Goal: a secret under a passphrase opens with it and with nothing else, and no turned bit is taken
 * for the secret or costs the machine its memory.
 * Method: at the least cost there is (a test, not for keys); each byte of what is kept is changed.
 */
#include "harness.h"

#include "base/bytes.h"
#include "ledger/key.h"
#include "ledger/keyseal.h"

static const struct keyseal_cost least = {1, 8}; /* for these tests alone */
static const struct bytes good = {(const uint8_t *)"correct horse", 13};
static const uint8_t secret[64] = {1, 2, 3};

static void close_secret(struct buf *to)
{
    buf_init(to, 256);
    CU_ASSERT_EQUAL_FATAL(
        keyseal_close(&least, "nganam-test", good, (struct bytes){secret, sizeof(secret)}, to),
        NG_OK);
    CU_ASSERT_EQUAL_FATAL(to->size, sizeof(secret) + KEYSEAL_OVERHEAD);
}

static void keyseal_opens_with_the_passphrase_and_purpose_alone(void)
{
    const struct bytes wrong = {(const uint8_t *)"correct horsf", 13};
    struct buf sealed, other;
    uint8_t back[64] = {0};
    close_secret(&sealed);
    close_secret(&other);
    CU_ASSERT_EQUAL(keyseal_open("nganam-test", good, buf_bytes(&sealed), back, 64), NG_OK);
    CU_ASSERT_EQUAL(memcmp(back, secret, 64), 0);
    CU_ASSERT_EQUAL(keyseal_open("nganam-test", wrong, buf_bytes(&sealed), back, 64),
                    NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(keyseal_open("nganam-text", good, buf_bytes(&sealed), back, 64), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(keyseal_open("nganam-test", good, buf_bytes(&sealed), back, 63),
                    NG_ERR_CORRUPT);
    CU_ASSERT_NOT_EQUAL(memcmp(sealed.data + 8, other.data + 8, 16), 0); /* never one salt twice */
    CU_ASSERT_NOT_EQUAL(memcmp(sealed.data + 48, other.data + 48, 64), 0);
    CU_ASSERT_EQUAL(memcmp(sealed.data, "\0\0\0\1\0\0\0\x08", 8), 0); /* its cost is in it */
    buf_fini(&sealed);
    buf_fini(&other);
}

static void keyseal_takes_no_changed_byte(void)
{
    struct buf sealed;
    uint8_t back[64];
    close_secret(&sealed);
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.data[i] ^= i < 8 ? 0x80 : 1; /* a cost beyond reason */
        const enum ng_err e = keyseal_open("nganam-test", good, buf_bytes(&sealed), back, 64);
        /* 136 KiB or 32 MiB instead of 8 KiB are within reason, and another key */
        CU_ASSERT_EQUAL(e, i < 6 ? NG_ERR_CORRUPT : NG_ERR_VERIFY);
        sealed.data[i] ^= i < 8 ? 0x80 : 1;
    }
    bytes_put_u32(sealed.data, 0);
    CU_ASSERT_EQUAL(keyseal_open("nganam-test", good, buf_bytes(&sealed), back, 64),
                    NG_ERR_CORRUPT);
    bytes_put_u32(sealed.data, 1);
    bytes_put_u32(sealed.data + 4, 7);
    CU_ASSERT_EQUAL(keyseal_open("nganam-test", good, buf_bytes(&sealed), back, 64),
                    NG_ERR_CORRUPT);
    buf_fini(&sealed);
}

/* What the programs write must cost a guesser something. */
static void keyseal_usual_cost_is_that_of_rfc_9106(void)
{
    CU_ASSERT_EQUAL(keyseal_cost_usual.passes, 3);
    CU_ASSERT_EQUAL(keyseal_cost_usual.kib, 65536);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(keyseal_opens_with_the_passphrase_and_purpose_alone),
        TEST_CASE(keyseal_takes_no_changed_byte),
        TEST_CASE(keyseal_usual_cost_is_that_of_rfc_9106),
        {NULL, NULL}};
    return key_init() == NG_OK ? test_main("keyseal", cases, argc, argv) : 1;
}
