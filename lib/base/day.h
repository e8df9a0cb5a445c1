/* Calendar days at UTC+7 (Viet Nam has one zone and no summer time). A day is a count of days
 * since 1970-01-01 there, so days compare and subtract as integers. */
#ifndef NGANAM_BASE_DAY_H
#define NGANAM_BASE_DAY_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define DAY_UTC_OFFSET_MS (7 * 3600 * 1000LL)
#define DAY_MS (24 * 3600 * 1000LL)
#define DAY_NONE INT32_MIN

int32_t day_of_ms(int64_t wall_ms);
int64_t day_start_ms(int32_t day); /* local midnight that begins the day, as UTC ms */
int32_t day_of_date(int year, int month, int day_of_month); /* DAY_NONE if there is no such date */
void day_to_date(int32_t day, int *ret_year, int *ret_month, int *ret_day);

/* Accepts 2026-11-30 and 30/11/2026 (also 1/7/2026); NG_ERR_INPUT otherwise. */
enum ng_err day_parse(const char *text, int32_t *ret_day) NG_MUST_USE;

/* "2026-11-30" into 11 bytes, "30/11/2026" into 11 bytes, "09:41 23/11/2026" into 18 bytes. */
void day_format_iso(int32_t day, char out[static 11]);
void day_format_vi(int32_t day, char out[static 11]);
void day_format_time_vi(int64_t wall_ms, char out[static 18]);

/* RFC 3339 at UTC+7 with seconds: "2026-11-23T09:41:20+07:00" into 26 bytes. */
void day_format_rfc3339(int64_t wall_ms, char out[static 26]);

#endif
