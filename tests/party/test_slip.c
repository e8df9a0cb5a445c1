/* Goal: a slip survives the ways people carry it, and a damaged one is told from a wrong one.
 * Method: round trips, then every single letter of the text changed, left out or doubled. */
#include "harness.h"

#include "party/slip.h"

static struct slip sample(void)
{
    struct slip s = {.party = {"my-quoi"},
                     .endpoint = "tcp://nganam.example:5570",
                     .origin = "nganam.example/log"};
    memset(s.broker_curve, 0x5A, sizeof(s.broker_curve));
    memset(s.log_key.bytes, 0xA5, sizeof(s.log_key.bytes));
    slip_new_code(s.code);
    return s;
}

static void encode(const struct slip *s, char text[SLIP_TEXT_MAX + 1])
{
    struct buf b = BUF_INIT(SLIP_TEXT_MAX);
    CU_ASSERT_EQUAL_FATAL(slip_encode(s, &b), NG_OK);
    (void)snprintf(text, SLIP_TEXT_MAX + 1, "%s", buf_text(&b));
    buf_fini(&b);
}

static void slip_comes_back_as_it_was(void)
{
    const struct slip s = sample();
    struct slip back;
    char text[SLIP_TEXT_MAX + 1], spaced[SLIP_TEXT_MAX + 16];
    memset(&back, 0, sizeof(back));
    encode(&s, text);
    CU_ASSERT_EQUAL(strncmp(text, "nganam1:", 8), 0);
    CU_ASSERT_EQUAL(strspn(text + 8, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_"),
                    strlen(text) - 8);
    (void)snprintf(spaced, sizeof(spaced), " \t%s\r\n\n", text);
    CU_ASSERT_EQUAL_FATAL(slip_decode(spaced, &back), NG_OK);
    CU_ASSERT_STRING_EQUAL(back.party.text, s.party.text);
    CU_ASSERT_STRING_EQUAL(back.endpoint, s.endpoint);
    CU_ASSERT_STRING_EQUAL(back.origin, s.origin);
    CU_ASSERT_EQUAL(memcmp(back.broker_curve, s.broker_curve, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.log_key.bytes, s.log_key.bytes, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.code, s.code, SLIP_CODE_SIZE), 0);
}

static void slip_with_the_longest_texts_fits(void)
{
    struct slip s = sample(), back;
    char text[SLIP_TEXT_MAX + 1];
    memset(s.endpoint, 'e', 255);
    s.endpoint[255] = 0;
    memset(s.origin, 'o', NOTE_ORIGIN_MAX);
    s.origin[NOTE_ORIGIN_MAX] = 0;
    memset(s.party.text, 'p', PARTY_CODE_MAX);
    encode(&s, text);
    CU_ASSERT_EQUAL(slip_decode(text, &back), NG_OK);
}

static void slip_with_any_letter_wrong_is_called_damaged(void)
{
    const struct slip s = sample();
    struct slip back;
    char text[SLIP_TEXT_MAX + 1], bad[SLIP_TEXT_MAX + 2];
    encode(&s, text);
    const size_t size = strlen(text);
    for (size_t i = 8; i < size; i++) {
        memcpy(bad, text, size + 1);
        bad[i] = bad[i] == 'x' ? 'y' : 'x';
        CU_ASSERT_EQUAL(slip_decode(bad, &back), NG_ERR_INPUT);
        memcpy(bad, text, i);
        memcpy(bad + i, text + i + 1, size - i);
        CU_ASSERT_EQUAL(slip_decode(bad, &back), NG_ERR_INPUT);
        memcpy(bad, text, i + 1);
        memcpy(bad + i + 1, text + i, size - i + 1);
        CU_ASSERT_EQUAL(slip_decode(bad, &back), NG_ERR_INPUT);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "damaged"));
}

static void slip_says_when_a_text_is_no_slip(void)
{
    static const char *const texts[] = {"", "   ", "nganam", "nganam2:AAAA", "hello"};
    struct slip back;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CU_ASSERT_EQUAL(slip_decode(texts[i], &back), NG_ERR_INPUT);
        CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "no enrolment slip"));
    }
    char endless[SLIP_TEXT_MAX * 2];
    memset(endless, 'A', sizeof(endless));
    memcpy(endless, "nganam1:", 8);
    endless[sizeof(endless) - 1] = 0;
    CU_ASSERT_EQUAL(slip_decode(endless, &back), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(slip_decode("nganam1:", &back), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(slip_decode("nganam1:AA+/", &back), NG_ERR_INPUT);
}

static void slip_keys_follow_from_the_code_alone(void)
{
    struct slip a = sample(), b = sample();
    struct slip_keys from_a, from_b, again;
    memcpy(b.code, a.code, SLIP_CODE_SIZE);
    slip_keys(&a, &from_a);
    slip_keys(&a, &again);
    slip_keys(&b, &from_b);
    CU_ASSERT_EQUAL(memcmp(&from_a, &again, sizeof(again)), 0);
    CU_ASSERT_EQUAL(memcmp(&from_a, &from_b, sizeof(from_b)), 0);
    b.code[0] ^= 1;
    slip_keys(&b, &from_b);
    CU_ASSERT_NOT_EQUAL(memcmp(from_a.curve_public, from_b.curve_public, 32), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(from_a.sign.public_key.bytes, from_b.sign.public_key.bytes, 32), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(from_a.curve_secret, from_a.sign.secret, 32), 0);
}

static void slip_codes_use_a_hundred_bits_and_differ(void)
{
    uint8_t a[SLIP_CODE_SIZE], b[SLIP_CODE_SIZE];
    slip_new_code(a);
    slip_new_code(b);
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
    CU_ASSERT_EQUAL(a[SLIP_CODE_SIZE - 1] & 0x0F, 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(slip_comes_back_as_it_was),
        TEST_CASE(slip_with_the_longest_texts_fits),
        TEST_CASE(slip_with_any_letter_wrong_is_called_damaged),
        TEST_CASE(slip_says_when_a_text_is_no_slip),
        TEST_CASE(slip_keys_follow_from_the_code_alone),
        TEST_CASE(slip_codes_use_a_hundred_bits_and_differ),
        {NULL, NULL}};
    return key_init() == NG_OK ? test_main("slip", cases, argc, argv) : 1;
}
