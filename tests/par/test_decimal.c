/* Goal: every number people write is read as they meant it or refused, and nothing is ever inexact.
 * Method: tables of texts with what they must give; formatting and rounding against a naive twin
 * that works on strings of digits; fixed-seed random numbers for the round trips. */
#include "kit.h"

#include "base/lang.h"
#include "base/rng.h"

#include <string.h>

struct reading {
    const char *text;
    const char *canonical; /* NULL: refused */
    enum decimal_fault fault;
    bool percent;
};

static void check_reading(const struct reading *r)
{
    struct decimal d = {-77};
    bool percent = true;
    char text[DECIMAL_TEXT_SIZE];
    enum decimal_fault fault = decimal_read(r->text, &d, &percent);

    CU_ASSERT_EQUAL(fault, r->fault);
    if (r->canonical == NULL) {
        CU_ASSERT_EQUAL(d.micro, -77); /* written only on success */
    } else {
        CU_ASSERT_STRING_EQUAL(decimal_format(d, text), r->canonical);
        CU_ASSERT_EQUAL(percent, r->percent);
    }
    if (fault != r->fault) {
        (void)fprintf(stderr, "\"%s\" gave %d\n", r->text, (int)fault);
    }
}

static void decimal_reads_what_people_write(void)
{
    static const struct reading readings[] = {
        {"51,75", "51.75", DECIMAL_FINE, false},
        {"61.86", "61.86", DECIMAL_FINE, false},
        {"46,8", "46.8", DECIMAL_FINE, false},
        {"44", "44", DECIMAL_FINE, false},
        {"0", "0", DECIMAL_FINE, false},
        {"05", "5", DECIMAL_FINE, false},
        {" 12,5\t", "12.5", DECIMAL_FINE, false},
        {"\xc2\xa0"
         "12,5\xe2\x80\xaf",
         "12.5", DECIMAL_FINE, false},
        {"-3", "-3", DECIMAL_FINE, false},
        {"\xe2\x88\x92"
         "0,5",
         "-0.5", DECIMAL_FINE, false},
        {"-0", "0", DECIMAL_FINE, false},
        {"84,58%", "84.58", DECIMAL_FINE, true},
        {"84.58 %", "84.58", DECIMAL_FINE, true},
        {"68.50", "68.5", DECIMAL_FINE, false},
        {"0.125", "0.125", DECIMAL_FINE, false},
        {"0,125", "0.125", DECIMAL_FINE, false},
        {"1234.567", "1234.567", DECIMAL_FINE, false},
        {"1.2340", "1.234", DECIMAL_FINE, false},
        {"1,2340", "1.234", DECIMAL_FINE, false},
        {"1.234,56", "1234.56", DECIMAL_FINE, false},
        {"1,234.56", "1234.56", DECIMAL_FINE, false},
        {"12.345.678,9", "12345678.9", DECIMAL_FINE, false},
        {"1.234.567", "1234567", DECIMAL_FINE, false},
        {"1,234,567", "1234567", DECIMAL_FINE, false},
        {"999999999999", "999999999999", DECIMAL_FINE, false},
        {"999999999999.999999", "999999999999.999999", DECIMAL_FINE, false},
    };

    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        check_reading(&readings[i]);
    }
}

static void decimal_asks_when_a_number_has_two_meanings(void)
{
    static const char *const texts[] = {"1.234", "12.345", "123.456", "1,234", "-1.234", "1.234%"};
    struct decimal d;
    bool percent;
    char why[200];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CU_ASSERT_EQUAL(decimal_read(texts[i], &d, &percent), DECIMAL_AMBIGUOUS);
    decimal_explain(DECIMAL_AMBIGUOUS, "1.234", why, sizeof(why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "write 1234 or 1.2340"));
    decimal_explain(DECIMAL_AMBIGUOUS, "12,345 %", why, sizeof(why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "write 12345 or 12,3450"));
}

static void decimal_refuses_what_is_no_number(void)
{
    static const struct reading readings[] = {
        {"", NULL, DECIMAL_EMPTY, false},
        {"  ", NULL, DECIMAL_EMPTY, false},
        {"abc", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"+", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"-", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"+5", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"--5", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"1e5", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"1E-05", NULL, DECIMAL_NOT_A_NUMBER, false},
        {".5", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"5.", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"5,", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"1 234", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"1..2", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"1.23.4", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"1.234,56.7", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"12,34.5", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"1234.567,8", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"0.123.456", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"%", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"5%%", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"0x10", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"nan", NULL, DECIMAL_NOT_A_NUMBER, false},
        {"\xef\xbc\x95", NULL, DECIMAL_NOT_A_NUMBER, false}, /* a full-width 5 */
        {"1000000000000", NULL, DECIMAL_TOO_LARGE, false},
        {"99999999999999999999999999", NULL, DECIMAL_TOO_LARGE, false},
        {"999999999999.9999999", NULL, DECIMAL_TOO_LARGE, false},
    };
    struct decimal d;

    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        check_reading(&readings[i]);
    }
    CU_ASSERT_EQUAL(decimal_read("84%", &d, NULL), DECIMAL_NOT_A_NUMBER);
}

static void decimal_takes_the_noise_of_spreadsheets_away(void)
{
    static const struct reading readings[] = {
        {"92.34999999999999", "92.35", DECIMAL_FINE, false},
        {"92,350000000000009", "92.35", DECIMAL_FINE, false},
        {"0.30000000000000004", "0.3", DECIMAL_FINE, false},
        {"33.3333333333333", "33.333333", DECIMAL_FINE, false},
        {"66.6666666666667", "66.666667", DECIMAL_FINE, false},
        {"9.9999995", "10", DECIMAL_FINE, false},
        {"9.9999994", "9.999999", DECIMAL_FINE, false},
        {"-0.0000005", "-0.000001", DECIMAL_FINE, false},
    };

    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        check_reading(&readings[i]);
    }
}

static void decimal_parse_takes_canonical_text_only(void)
{
    static const char *const bad[] = {"",    " 1",  "1 ",  "+1",  "01",        "00",    "-",
                                      "1,5", ".5",  "5.",  "1e5", "1.0000000", "1.2.3", "5%",
                                      "abc", "--1", "1_0", "-01", "-1,0"};
    static const char *const good[] = {"0", "1.234", "12.345", "-3", "0.5", "100", "999999999999"};
    struct decimal d;
    char text[DECIMAL_TEXT_SIZE];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_NOT_EQUAL(decimal_parse(bad[i], &d), DECIMAL_FINE);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CU_ASSERT_STRING_EQUAL(decimal_format(kit_decimal(good[i]), text), good[i]);
    CU_ASSERT_STRING_EQUAL(decimal_format(kit_decimal("75.50"), text), "75.5");
    CU_ASSERT_EQUAL(decimal_parse("1000000000000", &d), DECIMAL_TOO_LARGE);
}

static void decimal_format_and_parse_are_inverse(void)
{
    struct rng rng = rng_seeded(2026);
    char text[DECIMAL_TEXT_SIZE];

    for (int i = 0; i < 20000; i++) {
        struct decimal d = {(int64_t)(rng_next(&rng) % (uint64_t)DECIMAL_MAX)};
        struct decimal back;

        if (i % 3 == 0) {
            d.micro /= INT64_C(1000000000);
        }
        if (i % 2 == 0) {
            d.micro = -d.micro;
        }
        CU_ASSERT_EQUAL_FATAL(decimal_parse(decimal_format(d, text), &back), DECIMAL_FINE);
        CU_ASSERT_EQUAL_FATAL(back.micro, d.micro);
    }
}

/* The twin: rounds the digits of a text by hand, as taught at school. */
static void round_text(const char *digits, size_t decimals, char *out)
{
    size_t dot = strcspn(digits, "."), size = strlen(digits), keep = dot + 1 + decimals;
    char work[64] = "0";
    bool up = keep < size && digits[keep] >= '5';

    (void)snprintf(work + 1, sizeof(work) - 1, "%s", digits);
    for (size_t i = keep + 1; i < size + 1; i++) {
        work[i] = '\0';
    }
    for (size_t i = keep; up; i--) {
        if (work[i] == '.' || work[i] == '\0') {
            continue;
        }
        up = work[i] == '9';
        work[i] = up ? '0' : (char)(work[i] + 1);
    }
    if (decimals == 0) {
        work[strcspn(work, ".")] = '\0';
    }
    (void)snprintf(out, 64, "%s", work[0] == '0' ? work + 1 : work);
}

static void decimal_rounds_half_up_as_by_hand(void)
{
    struct rng rng = rng_seeded(7);

    for (int i = 0; i < 5000; i++) {
        struct decimal d = {(int64_t)(rng_next(&rng) % 200000000u)};
        char digits[64], want[64], got[DECIMAL_TEXT_SIZE];

        if (i % 4 == 0) {
            d.micro = d.micro / 5000 * 5000; /* exact halves */
        }
        for (uint32_t decimals = 0; decimals <= 5; decimals++) {
            round_text(decimal_format_fixed(d, 6, digits), decimals, want);
            CU_ASSERT_STRING_EQUAL_FATAL(decimal_format_fixed(d, decimals, got), want);
        }
    }
    CU_ASSERT_EQUAL(decimal_round(kit_decimal("1.005"), 2).micro, 1010000);
    CU_ASSERT_EQUAL(decimal_round(kit_decimal("1.004999"), 2).micro, 1000000);
    CU_ASSERT_EQUAL(decimal_round(kit_decimal("-1.005"), 2).micro, -1010000);
    CU_ASSERT_EQUAL(decimal_round(kit_decimal("0.5"), 0).micro, 1000000);
}

static void decimal_fixed_keeps_its_zeros(void)
{
    char text[DECIMAL_TEXT_SIZE];

    CU_ASSERT_STRING_EQUAL(decimal_format_fixed(kit_decimal("75.34"), 2, text), "75.34");
    CU_ASSERT_STRING_EQUAL(decimal_format_fixed(kit_decimal("44"), 2, text), "44.00");
    CU_ASSERT_STRING_EQUAL(decimal_format_fixed(kit_decimal("-0.05"), 2, text), "-0.05");
    CU_ASSERT_STRING_EQUAL(decimal_format_fixed(kit_decimal("0.005"), 2, text), "0.01");
    CU_ASSERT_STRING_EQUAL(decimal_format_fixed(kit_decimal("9.5"), 0, text), "10");
}

static const struct test_case cases[] = {
    TEST_CASE(decimal_reads_what_people_write),
    TEST_CASE(decimal_asks_when_a_number_has_two_meanings),
    TEST_CASE(decimal_refuses_what_is_no_number),
    TEST_CASE(decimal_takes_the_noise_of_spreadsheets_away),
    TEST_CASE(decimal_parse_takes_canonical_text_only),
    TEST_CASE(decimal_format_and_parse_are_inverse),
    TEST_CASE(decimal_rounds_half_up_as_by_hand),
    TEST_CASE(decimal_fixed_keeps_its_zeros),
    {0},
};

int main(int argc, char **argv)
{
    (void)lang_set("en");
    return test_main("decimal", cases, argc, argv);
}
