/* Days as counts since 1970-01-01 at UTC+7, by the proleptic Gregorian calendar. Only the years 1
 * to 9999 exist here: what lies outside is brought to the nearest day inside, so that a mad clock
 * in a peer's statement gives an odd date and never an overflow or a text too long for its buffer.
 */
#include "base/day.h"

#include "base/lang.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY_FIRST (-719162) /* 0001-01-01 */
#define DAY_LAST 2932896    /* 9999-12-31 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Local wall time, kept inside the years that exist. */
static int64_t local_ms(int64_t wall_ms)
{
    const int64_t first = DAY_FIRST * DAY_MS;
    const int64_t last = DAY_LAST * DAY_MS + DAY_MS - 1;
    if (wall_ms < first - DAY_UTC_OFFSET_MS) {
        return first;
    }
    return wall_ms > last - DAY_UTC_OFFSET_MS ? last : wall_ms + DAY_UTC_OFFSET_MS;
}

int32_t day_of_ms(int64_t wall_ms)
{
    return (int32_t)floor_div(local_ms(wall_ms), DAY_MS);
}

int64_t day_start_ms(int32_t day)
{
    return day * DAY_MS - DAY_UTC_OFFSET_MS;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 0001-01-01 to the first day of the year. */
static int days_before_year(int year)
{
    int y = year - 1;
    return 365 * y + y / 4 - y / 100 + y / 400;
}

int32_t day_of_date(int year, int month, int day_of_month)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day_of_month < 1 ||
        day_of_month > month_length(year, month)) {
        return DAY_NONE;
    }
    int days = days_before_year(year) + day_of_month - 1;
    for (int m = 1; m < month; m++) {
        days += month_length(year, m);
    }
    return DAY_FIRST + days;
}

void day_to_date(int32_t day, int *ret_year, int *ret_month, int *ret_day)
{
    int32_t inside = day < DAY_FIRST ? DAY_FIRST : day > DAY_LAST ? DAY_LAST : day;
    int days = inside - DAY_FIRST;
    /* 400 years have 146,097 days: the guess is right or one year too early. */
    int year = (int)((int64_t)days * 400 / 146097) + 1;
    if (days_before_year(year + 1) <= days) {
        year++;
    }
    int rest = days - days_before_year(year);
    int month = 1;
    while (rest >= month_length(year, month)) {
        rest -= month_length(year, month);
        month++;
    }
    *ret_year = year;
    *ret_month = month;
    *ret_day = rest + 1;
}

/* Reads 1 … digits_max digits and moves past them; −1 if there is none. */
static int read_digits(const char **text, int digits_min, int digits_max)
{
    int value = 0;
    int count = 0;
    while (count < digits_max && **text >= '0' && **text <= '9') {
        value = value * 10 + (**text - '0');
        (*text)++;
        count++;
    }
    return count < digits_min ? -1 : value;
}

static bool skip(const char **text, char c)
{
    if (**text != c) {
        return false;
    }
    (*text)++;
    return true;
}

enum ng_err day_parse(const char *text, int32_t *ret_day)
{
    const char *at = text;
    bool iso = strlen(text) > 4 && text[4] == '-';
    int first = iso ? read_digits(&at, 4, 4) : read_digits(&at, 1, 2);
    bool split = skip(&at, iso ? '-' : '/');
    int month = iso ? read_digits(&at, 2, 2) : read_digits(&at, 1, 2);
    split = split && skip(&at, iso ? '-' : '/');
    int last = iso ? read_digits(&at, 2, 2) : read_digits(&at, 4, 4);
    int32_t day = DAY_NONE;
    if (split && first >= 0 && month >= 0 && last >= 0 && *at == '\0') {
        day = iso ? day_of_date(first, month, last) : day_of_date(last, month, first);
    }
    if (day == DAY_NONE) {
        return err_set(NG_ERR_INPUT, _("\"%.40s\" is not a date; write 2026-11-30 or 30/11/2026"),
                       text);
    }
    *ret_day = day;
    return NG_OK;
}

/* Two digits for a number below 100. */
static void put_two(char *to, int value)
{
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
}

static void put_date(char *to, int32_t day, bool iso)
{
    int year;
    int month;
    int day_of_month;
    day_to_date(day, &year, &month, &day_of_month);
    put_two(to + (iso ? 0 : 6), year / 100);
    put_two(to + (iso ? 2 : 8), year % 100);
    put_two(to + (iso ? 5 : 3), month);
    put_two(to + (iso ? 8 : 0), day_of_month);
    to[iso ? 4 : 2] = iso ? '-' : '/';
    to[iso ? 7 : 5] = iso ? '-' : '/';
}

void day_format_iso(int32_t day, char out[static 11])
{
    put_date(out, day, true);
    out[10] = '\0';
}

void day_format_vi(int32_t day, char out[static 11])
{
    put_date(out, day, false);
    out[10] = '\0';
}

void day_format_time_vi(int64_t wall_ms, char out[static 18])
{
    int minutes = (int)(floor_div(local_ms(wall_ms), 60000) - day_of_ms(wall_ms) * 1440LL);
    put_two(out, minutes / 60);
    out[2] = ':';
    put_two(out + 3, minutes % 60);
    out[5] = ' ';
    put_date(out + 6, day_of_ms(wall_ms), false);
    out[16] = '\0';
}

void day_format_rfc3339(int64_t wall_ms, char out[static 26])
{
    int seconds = (int)(floor_div(local_ms(wall_ms), 1000) - day_of_ms(wall_ms) * 86400LL);
    put_date(out, day_of_ms(wall_ms), true);
    out[10] = 'T';
    put_two(out + 11, seconds / 3600);
    out[13] = ':';
    put_two(out + 14, seconds / 60 % 60);
    out[16] = ':';
    put_two(out + 17, seconds % 60);
    memcpy(out + 19, "+07:00", 7);
}
