#include "audit/list.h"

#include "base/day.h"
#include "base/lang.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 32, SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static bool two_digits(const char *text, unsigned most, unsigned *ret)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
        return false;
    }
    *ret = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
    return *ret <= most;
}

/* "09:41" or "09:41:20", perhaps with "+07:00"; how many ms it names. */
static bool parse_time(const char *text, int64_t *ret_ms, int64_t *ret_length)
{
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    if (!two_digits(text, 23, &hour) || text[2] != ':' || !two_digits(text + 3, 59, &minute)) {
        return false;
    }
    text += 5;
    *ret_length = MINUTE;
    if (text[0] == ':' && two_digits(text + 1, 59, &second)) {
        text += 3;
        *ret_length = SECOND;
    }
    *ret_ms = hour * (int64_t)HOUR + minute * (int64_t)MINUTE + second * (int64_t)SECOND;
    return text[0] == '\0' || strcmp(text, "+07:00") == 0;
}

static bool parse(const char *text, int64_t *ret_ms, int64_t *ret_length)
{
    char first[WORD_MAX];
    int32_t day = 0;
    int64_t time = 0;
    const size_t size = strcspn(text, " T");
    if (size >= sizeof(first)) {
        return false;
    }
    memcpy(first, text, size);
    first[size] = '\0';
    const char *second = text[size] != '\0' ? text + size + 1 : NULL;
    *ret_length = DAY_MS;
    if (day_parse(first, &day) == NG_OK) {
        if (second != NULL && !parse_time(second, &time, ret_length)) {
            return false;
        }
    } else if (second == NULL || !parse_time(first, &time, ret_length) ||
               day_parse(second, &day) != NG_OK) {
        return false;
    }
    *ret_ms = day_start_ms(day) + time;
    return *ret_ms >= 0;
}

enum ng_err list_moment(const char *text, bool last, uint64_t *ret_ms)
{
    int64_t ms = 0;
    int64_t length = 0;
    if (!parse(text, &ms, &length)) {
        return err_set(NG_ERR_INPUT,
                       _("\"%.40s\": a date like 30/11/2026, or with a time 09:41, is expected"),
                       text);
    }
    *ret_ms = (uint64_t)(last ? ms + length - 1 : ms);
    return NG_OK;
}
