/* Goal: days, dates and texts agree with the calendar for every day there is, and mad times stay
 * inside. Method: a naive walk day by day from 0001-01-01 to 9999-12-31, and libc's gmtime_r as a
 * second witness. */
#include "base/day.h"
#include "harness.h"

#include <time.h>

static void day_walks_the_whole_calendar(void)
{
    int year = 1;
    int month = 1;
    int date = 1;
    unsigned wrong = 0;
    for (int32_t day = day_of_date(1, 1, 1); year < 10000; day++) {
        int y;
        int m;
        int d;
        day_to_date(day, &y, &m, &d);
        wrong += y != year || m != month || d != date;
        wrong += day_of_date(year, month, date) != day;
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int length = month == 2                                              ? 28 + leap
                     : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                             : 31;
        if (++date > length) {
            wrong += day_of_date(year, month, date) != DAY_NONE;
            date = 1;
            month++;
        }
        if (month > 12) {
            month = 1;
            year++;
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void day_agrees_with_libc(void)
{
    for (int64_t s = -5000000000; s < 20000000000; s += 86399777) {
        time_t local = s + 7 * 3600;
        struct tm tm;
        CU_ASSERT_PTR_NOT_NULL_FATAL(gmtime_r(&local, &tm));
        char want[64];
        char have[26];
        (void)strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S+07:00", &tm);
        day_format_rfc3339(s * 1000 + 999, have);
        CU_ASSERT_STRING_EQUAL(have, want);
        char have_vi[18];
        (void)strftime(want, sizeof(want), "%H:%M %d/%m/%Y", &tm);
        day_format_time_vi(s * 1000, have_vi);
        CU_ASSERT_STRING_EQUAL(have_vi, want);
    }
}

static void day_begins_at_local_midnight(void)
{
    int32_t day = day_of_date(2026, 11, 23);
    CU_ASSERT_EQUAL(day_start_ms(day), INT64_C(1795366800000)); /* 2026-11-22T17:00:00Z */
    CU_ASSERT_EQUAL(day_of_ms(day_start_ms(day)), day);
    CU_ASSERT_EQUAL(day_of_ms(day_start_ms(day) - 1), day - 1);
    CU_ASSERT_EQUAL(day_of_ms(0), 0);
    CU_ASSERT_EQUAL(day_of_ms(-DAY_UTC_OFFSET_MS - 1), -1);
}

static void day_reads_both_ways_of_writing(void)
{
    int32_t day = 0;
    CU_ASSERT_EQUAL(day_parse("2026-11-30", &day), NG_OK);
    CU_ASSERT_EQUAL(day, day_of_date(2026, 11, 30));
    CU_ASSERT_EQUAL(day_parse("30/11/2026", &day), NG_OK);
    CU_ASSERT_EQUAL(day, day_of_date(2026, 11, 30));
    CU_ASSERT_EQUAL(day_parse("1/7/2026", &day), NG_OK);
    CU_ASSERT_EQUAL(day, day_of_date(2026, 7, 1));
    CU_ASSERT_EQUAL(day_parse("29/2/2024", &day), NG_OK);
    char text[11];
    day_format_iso(day, text);
    CU_ASSERT_STRING_EQUAL(text, "2024-02-29");
    day_format_vi(day, text);
    CU_ASSERT_STRING_EQUAL(text, "29/02/2024");
}

static void day_refuses_what_is_no_date(void)
{
    static const char *const wrong[] = {
        "",          "2026",      "2026-11",    "2026-11-31", "2026-13-01", "2026-1-1",
        "30/11",     "30/11/26",  "31/11/2026", "29/2/2026",  "0/1/2026",   "2026-11-30 ",
        " 1/7/2026", "1/7/2026x", "2026/11/30", "30-11-2026", "-1/7/2026",  "0000-01-01",
        "+1/7/2026", "1//2026",   "2026-11-3",  "111/7/2026", "1/7/20266",  "٣/7/2026",
    };
    int32_t day = 5;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CU_ASSERT_EQUAL(day_parse(wrong[i], &day), NG_ERR_INPUT);
    }
    CU_ASSERT_EQUAL(day, 5);
}

static void day_brings_mad_times_inside(void)
{
    static const int64_t mad[] = {INT64_MIN, INT64_MAX, INT64_MIN + 1, -1000000000000000};
    for (size_t i = 0; i < sizeof(mad) / sizeof(mad[0]); i++) {
        char text[26];
        day_format_rfc3339(mad[i], text);
        CU_ASSERT_EQUAL(strlen(text), 25);
        int32_t day = day_of_ms(mad[i]);
        CU_ASSERT_TRUE(day == day_of_date(1, 1, 1) || day == day_of_date(9999, 12, 31));
    }
    char text[11];
    day_format_iso(INT32_MAX, text);
    CU_ASSERT_STRING_EQUAL(text, "9999-12-31");
    day_format_iso(DAY_NONE, text);
    CU_ASSERT_STRING_EQUAL(text, "0001-01-01");
}

static const struct test_case cases[] = {
    TEST_CASE(day_walks_the_whole_calendar),
    TEST_CASE(day_agrees_with_libc),
    TEST_CASE(day_begins_at_local_midnight),
    TEST_CASE(day_reads_both_ways_of_writing),
    TEST_CASE(day_refuses_what_is_no_date),
    TEST_CASE(day_brings_mad_times_inside),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("day", cases, argc, argv);
}
