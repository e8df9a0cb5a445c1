/* Goal: encodings go there and back, and a text that is not the one right way is refused.
 * Method: RFC 4648 §10 vectors, every short size with random bytes, single wrong characters. */
#include "base/bytes.h"
#include "base/rng.h"
#include "fault/fault.h"
#include "harness.h"

#include <errno.h>

static void bytes_base64_matches_the_rfc(void)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct buf b = BUF_INIT(100);
        CU_ASSERT_EQUAL(bytes_base64(&b, pairs[i][0], strlen(pairs[i][0])), NG_OK);
        CU_ASSERT_STRING_EQUAL(buf_text(&b), pairs[i][1]);
        buf_clear(&b);
        CU_ASSERT_EQUAL(bytes_from_base64(&b, pairs[i][1], strlen(pairs[i][1])), NG_OK);
        CU_ASSERT_STRING_EQUAL(buf_text(&b), pairs[i][0]);
        buf_fini(&b);
    }
}

static void bytes_go_there_and_back(void)
{
    struct rng r = rng_seeded(1);
    for (size_t size = 0; size < 100; size++) {
        uint8_t data[100];
        for (size_t i = 0; i < size; i++) {
            data[i] = (uint8_t)rng_next(&r);
        }
        struct buf text = BUF_INIT(400);
        struct buf back = BUF_INIT(100);
        CU_ASSERT_EQUAL(bytes_base64(&text, data, size), NG_OK);
        CU_ASSERT_EQUAL(bytes_from_base64(&back, buf_text(&text), text.size), NG_OK);
        CU_ASSERT_TRUE(back.size == size && (size == 0 || memcmp(back.data, data, size) == 0));
        uint8_t exact[100];
        CU_ASSERT_EQUAL(bytes_exact_base64(exact, size, buf_text(&text), text.size), NG_OK);
        CU_ASSERT_EQUAL(memcmp(exact, data, size), 0);
        CU_ASSERT_EQUAL(bytes_exact_base64(exact, size + 1, buf_text(&text), text.size),
                        NG_ERR_INPUT);
        buf_clear(&text);
        buf_clear(&back);
        CU_ASSERT_EQUAL(bytes_hex(&text, data, size), NG_OK);
        CU_ASSERT_EQUAL(bytes_from_hex(&back, buf_text(&text), text.size), NG_OK);
        CU_ASSERT_TRUE(back.size == size && (size == 0 || memcmp(back.data, data, size) == 0));
        buf_fini(&text);
        buf_fini(&back);
    }
}

static void bytes_refuse_what_is_not_canonical(void)
{
    static const char *const base64[] = {"Zg",   "Zg=",  "Zg=a",    "Z===", "====",
                                         "Zh==", "Zm9=", "Zm9v\n",  " Zm9", "Zm-v",
                                         "Zm_v", "Z=9v", "Zg==Zg=="};
    static const char *const hex[] = {"0", "0g", "AB", " 0", "0x", "a\n"};
    struct buf b = BUF_INIT(100);
    for (size_t i = 0; i < sizeof(base64) / sizeof(base64[0]); i++) {
        CU_ASSERT_EQUAL(bytes_from_base64(&b, base64[i], strlen(base64[i])), NG_ERR_INPUT);
    }
    for (size_t i = 0; i < sizeof(hex) / sizeof(hex[0]); i++) {
        CU_ASSERT_EQUAL(bytes_from_hex(&b, hex[i], strlen(hex[i])), NG_ERR_INPUT);
    }
    CU_ASSERT_EQUAL(b.size, 0);
    buf_fini(&b);
}

static void bytes_put_and_get_big_endian(void)
{
    uint8_t raw[8];
    bytes_put_u32(raw, 0xFFEEDDCC);
    CU_ASSERT_EQUAL(raw[0], 0xFF);
    CU_ASSERT_EQUAL(bytes_get_u32(raw), 0xFFEEDDCC);
    bytes_put_u64(raw, 0x8000000000000001);
    CU_ASSERT_EQUAL(raw[0], 0x80);
    CU_ASSERT_EQUAL(bytes_get_u64(raw), 0x8000000000000001);
}

static void bytes_json_is_always_valid(void)
{
    static const char *const pairs[][2] = {
        {"", "\"\""},
        {"Ngã Năm", "\"Ngã Năm\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\t\x01\x7f", "\"\\n\\u0009\\u0001\\u007f\""},
        {"\xff", "\"\xEF\xBF\xBD\""},
        {"\xe1\xba", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xed\xa0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* a surrogate */
        {"\xc0\xaf", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                 /* an over-long slash */
        {"\xf4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"𐐷", "\"𐐷\""},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct buf b = BUF_INIT(100);
        CU_ASSERT_EQUAL(bytes_json(&b, pairs[i][0]), NG_OK);
        CU_ASSERT_STRING_EQUAL(buf_text(&b), pairs[i][1]);
        buf_fini(&b);
    }
}

static void bytes_json_leaves_nothing_behind_when_it_fails(void)
{
    struct buf b = BUF_INIT(10);
    CU_ASSERT_EQUAL(buf_add_text(&b, "{"), NG_OK);
    CU_ASSERT_EQUAL(bytes_json(&b, "more than ten bytes"), NG_ERR_LIMIT);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "{");
    buf_fini(&b);
    fault_set(FAULT_MEMORY, 1, ENOMEM, true);
    enum ng_err err = bytes_json(&b, "x");
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_EQUAL(err, NG_ERR_NOMEM);
}

static void bytes_compare_orders_like_a_dictionary(void)
{
    static const char *const sorted[] = {"", "a", "aa", "ab", "b"};
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            struct bytes a = {(const uint8_t *)sorted[i], strlen(sorted[i])};
            struct bytes b = {(const uint8_t *)sorted[j], strlen(sorted[j])};
            int order = bytes_compare(a, b);
            CU_ASSERT_TRUE(i < j ? order < 0 : i > j ? order > 0 : order == 0);
        }
    }
}

static const struct test_case cases[] = {
    TEST_CASE(bytes_base64_matches_the_rfc),
    TEST_CASE(bytes_go_there_and_back),
    TEST_CASE(bytes_refuse_what_is_not_canonical),
    TEST_CASE(bytes_put_and_get_big_endian),
    TEST_CASE(bytes_json_is_always_valid),
    TEST_CASE(bytes_json_leaves_nothing_behind_when_it_fails),
    TEST_CASE(bytes_compare_orders_like_a_dictionary),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("bytes", cases, argc, argv);
}
