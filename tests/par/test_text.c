/* Goal: text comes in as clean NFC or not at all, and orders and searches as Vietnamese readers
 * expect. Method: the same words composed and decomposed; bytes of the legacy encodings; lists in
 * dictionary order, compared pairwise by key. */
#include "kit.h"

#include "fault/fault.h"
#include "par/text.h"
#include "par/text_order.h"

#include <errno.h>
#include <string.h>

static const char *clean(const char *text)
{
    static struct buf out = BUF_INIT(4096);

    buf_clear(&out);
    return text_clean(text, strlen(text), &out) == NG_OK ? buf_text(&out) : "(refused)";
}

static void text_decomposed_becomes_nfc(void)
{
    /* Mỹ Quới and Phường with combining marks, as macOS writes them */
    CU_ASSERT_STRING_EQUAL(clean("My\xcc\x83 Quo\xcc\x9b\xcc\x81i"), "Mỹ Quới");
    CU_ASSERT_STRING_EQUAL(clean("Phu\xcc\x9bo\xcc\x9b\xcc\x80ng"), "Phường");
    /* marks in the other order */
    CU_ASSERT_STRING_EQUAL(clean("e\xcc\xa3\xcc\x82"), "ệ");
    CU_ASSERT_STRING_EQUAL(clean("e\xcc\x82\xcc\xa3"), "ệ");
    CU_ASSERT_TRUE(text_is_clean("Mỹ Quới"));
    CU_ASSERT_FALSE(text_is_clean("My\xcc\x83 Quo\xcc\x9b\xcc\x81i"));
}

static void text_is_trimmed_of_all_white_space(void)
{
    CU_ASSERT_STRING_EQUAL(clean("  a b \t\r\n"), "a b");
    CU_ASSERT_STRING_EQUAL(clean("\xc2\xa0\xef\xbb\xbf"
                                 "Đ\xe2\x80\x8b"),
                           "Đ");
    CU_ASSERT_STRING_EQUAL(clean(" \xc2\xa0 "), "");
    CU_ASSERT_STRING_EQUAL(clean("a\r\nb"), "a\nb");
    CU_ASSERT_FALSE(text_is_clean(" a"));
    CU_ASSERT_FALSE(text_is_clean("a\r\nb"));
    CU_ASSERT_TRUE(text_is_clean("a\nb"));
    CU_ASSERT_TRUE(text_is_clean(""));
}

static void text_with_control_characters_is_refused(void)
{
    CU_ASSERT_STRING_EQUAL(clean("a\x07"
                                 "b"),
                           "(refused)");
    CU_ASSERT_STRING_EQUAL(clean("a\x1b[31mb"), "(refused)");
    CU_ASSERT_STRING_EQUAL(clean("a\xc2\x85"
                                 "b"),
                           "(refused)");
    CU_ASSERT_STRING_EQUAL(clean("a\rb"), "(refused)");
    CU_ASSERT_STRING_EQUAL(clean("a\xff"
                                 "b"),
                           "(refused)");
    CU_ASSERT_STRING_EQUAL(clean("a\xed\xa0\x80"
                                 "b"),
                           "(refused)"); /* a surrogate */
    CU_ASSERT_FALSE(text_is_clean("a\x7f"));
}

static void text_is_clean_agrees_with_clean(void)
{
    static const char *const texts[] = {
        "Đ", "D\xcc\xa3", "ờ",  "o\xcc\x9b\xcc\x80",        "ờ\xcc\x81", "\xcc\x81",
        "Å", "A\xcc\x8a", "각", "\xe1\x84\x80\xe1\x85\xa1", "x",         "\xe2\x84\xab"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CU_ASSERT_EQUAL(text_is_clean(texts[i]), strcmp(clean(texts[i]), texts[i]) == 0);
}

static enum text_kind detect(const char *text)
{
    return text_detect(text, strlen(text), NULL);
}

static void text_in_a_legacy_encoding_is_known(void)
{
    size_t offset = 0;

    CU_ASSERT_EQUAL(detect("Phường 1, xã Mỹ Quới, Đài Truyền thanh"), TEXT_UTF8);
    CU_ASSERT_EQUAL(detect("caf\xe9"), TEXT_NOT_UTF8);
    CU_ASSERT_EQUAL(text_detect("ab\nc\xe9", 5, &offset), TEXT_NOT_UTF8);
    CU_ASSERT_EQUAL(offset, 4);
    /* "Uỷ ban nhân dân xã" in TCVN3, read as Latin-1 and saved as UTF-8; then in VNI */
    CU_ASSERT_EQUAL(detect("Uû ban nh©n d©n x·, phßng V¨n ho¸ - Th«ng tin"), TEXT_WRONG_FONT);
    CU_ASSERT_EQUAL(detect("Phöôøng 1, xaõ Myõ Quôùi, Ñaøi Truyeàn thanh, baùo caùo"),
                    TEXT_WRONG_FONT);
    CU_ASSERT_EQUAL(detect("Noël © 2026, 25 m² × 4, Citroën"), TEXT_UTF8);
    CU_ASSERT_TRUE(strlen(text_advice(TEXT_NOT_UTF8)) > 0);
    CU_ASSERT_TRUE(strlen(text_advice(TEXT_WRONG_FONT)) > 0);
    CU_ASSERT_STRING_EQUAL(text_advice(TEXT_UTF8), "");
}

static int compare(const char *a, const char *b)
{
    struct buf ka = BUF_INIT(4096), kb = BUF_INIT(4096);
    size_t n;
    int order;

    CU_ASSERT_EQUAL_FATAL(text_order_key(a, &ka), NG_OK);
    CU_ASSERT_EQUAL_FATAL(text_order_key(b, &kb), NG_OK);
    n = ka.size < kb.size ? ka.size : kb.size;
    order = memcmp(ka.data, kb.data, n);
    if (order == 0) {
        order = ka.size < kb.size ? -1 : ka.size > kb.size ? 1 : 0;
    }
    buf_fini(&ka);
    buf_fini(&kb);
    return order;
}

static void check_order(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int order = compare(texts[i], texts[j]);
            int want = i < j ? -1 : i > j ? 1 : 0;

            CU_ASSERT_EQUAL((order > 0) - (order < 0), want);
            if ((order > 0) - (order < 0) != want) {
                (void)fprintf(stderr, "%s ? %s\n", texts[i], texts[j]);
            }
        }
    }
}

static void text_order_counts_digits_by_value(void)
{
    static const char *const texts[] = {"Phường",      "Phường 1",   "Phường 2",  "Phường 10",
                                        "Phường 0100", "Phường 100", "Phường Một"};

    check_order(texts, 7);
}

static void text_order_follows_the_vietnamese_alphabet(void)
{
    static const char *const texts[] = {"an", "ăn", "ân", "ba", "ca", "da", "dz", "đa",
                                        "đz", "en", "ên", "ga", "on", "ôn", "ơn", "pa",
                                        "un", "ưn", "va", "xa", "ya", "za"};

    check_order(texts, sizeof(texts) / sizeof(texts[0]));
}

static void text_order_knows_tones_and_capitals(void)
{
    static const char *const texts[] = {"ma", "Ma", "MA", "mà",  "mả",
                                        "mã", "má", "mạ", "mac", "mạc"};
    static const char *const units[] = {"Xã Đông Sơn", "Xã Long Bình", "Xã Mỹ Bình",
                                        "Xã Mỹ Quới",  "Xã Tân Long",  "Xã Vĩnh Quới"};

    check_order(texts, sizeof(texts) / sizeof(texts[0]));
    check_order(units, sizeof(units) / sizeof(units[0]));
}

static void text_order_is_the_same_for_decomposed_text(void)
{
    CU_ASSERT_EQUAL(compare("Mỹ Quới", "My\xcc\x83 Quo\xcc\x9b\xcc\x81i"), 0);
}

static void text_search_ignores_marks_and_case(void)
{
    struct buf key = BUF_INIT(256);

    CU_ASSERT_EQUAL(text_order_search_key("ĐÀI Truyền thanh, xã Mỹ Quới", &key), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&key), "dai truyen thanh, xa my quoi");
    buf_clear(&key);
    CU_ASSERT_EQUAL(text_order_search_key("a\xff", &key), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(key.size, 0);
    buf_fini(&key);
}

static void text_codes_are_ascii_words(void)
{
    CU_ASSERT_TRUE(text_is_code("III.2.b", TEXT_CODE_MAX));
    CU_ASSERT_TRUE(text_is_code("MYQUOI", TEXT_UNIT_CODE_MAX));
    CU_ASSERT_TRUE(text_is_code("1234567890123456", TEXT_UNIT_CODE_MAX));
    CU_ASSERT_FALSE(text_is_code("12345678901234567", TEXT_UNIT_CODE_MAX));
    CU_ASSERT_FALSE(text_is_code("", TEXT_CODE_MAX));
    CU_ASSERT_FALSE(text_is_code("a b", TEXT_CODE_MAX));
    CU_ASSERT_FALSE(text_is_code("Đ1", TEXT_CODE_MAX));
    CU_ASSERT_FALSE(text_is_code("a/b", TEXT_CODE_MAX));
}

static void text_dates_are_canonical(void)
{
    CU_ASSERT_TRUE(text_is_date("2026-11-30"));
    CU_ASSERT_FALSE(text_is_date("30/11/2026"));
    CU_ASSERT_FALSE(text_is_date("2026-11-31"));
    CU_ASSERT_FALSE(text_is_date("2026-1-1"));
    CU_ASSERT_FALSE(text_is_date(""));
}

static void text_width_counts_columns(void)
{
    CU_ASSERT_EQUAL(text_width("Mỹ Quới"), 7);
    CU_ASSERT_EQUAL(text_width("My\xcc\x83 Quo\xcc\x9b\xcc\x81i"), 7);
    CU_ASSERT_EQUAL(text_width("한글"), 4);
    CU_ASSERT_EQUAL(text_width("a\xff"), 2);
    CU_ASSERT_EQUAL(text_width(""), 0);
}

static void text_survives_every_failed_allocation(void)
{
    for (unsigned k = 1;; k++) {
        struct buf key = BUF_INIT(4096);
        enum ng_err err;

        fault_set(FAULT_MEMORY, k, ENOMEM, false);
        err = text_order_key("Phường 10 Mỹ Quới", &key);
        if (!fault_clear()) {
            CU_ASSERT_EQUAL(err, NG_OK);
            buf_fini(&key);
            break;
        }
        CU_ASSERT_EQUAL(err, NG_ERR_NOMEM);
        CU_ASSERT_EQUAL(key.size, 0);
        buf_fini(&key);
    }
    CU_ASSERT_STRING_EQUAL(clean("still works"), "still works");
}

static const struct test_case cases[] = {
    TEST_CASE(text_decomposed_becomes_nfc),
    TEST_CASE(text_is_trimmed_of_all_white_space),
    TEST_CASE(text_with_control_characters_is_refused),
    TEST_CASE(text_is_clean_agrees_with_clean),
    TEST_CASE(text_in_a_legacy_encoding_is_known),
    TEST_CASE(text_order_counts_digits_by_value),
    TEST_CASE(text_order_follows_the_vietnamese_alphabet),
    TEST_CASE(text_order_knows_tones_and_capitals),
    TEST_CASE(text_order_is_the_same_for_decomposed_text),
    TEST_CASE(text_search_ignores_marks_and_case),
    TEST_CASE(text_codes_are_ascii_words),
    TEST_CASE(text_dates_are_canonical),
    TEST_CASE(text_width_counts_columns),
    TEST_CASE(text_survives_every_failed_allocation),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("text", cases, argc, argv);
}
