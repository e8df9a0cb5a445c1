/* The text of a deadline. */
#include "par/task.h"

#include "base/day.h"
#include "base/lang.h"
#include "par/text.h"

#include <stdio.h>
#include <string.h>

#define EVENT_DAYS_MAX 3650u
#define DATE_DAYS_MAX (9999 * 366) /* base/day.h knows no year beyond */

_Static_assert(sizeof(((struct task_due *)0)->event) > TEXT_CODE_MAX, "an event's code must fit");

static const struct {
    const char *name;
    enum task_cycle cycle;
    uint32_t number_max;
} cycles[] = {
    {"week", TASK_WEEK, 7},  {"month", TASK_MONTH, 31}, {"quarter", TASK_QUARTER, 31},
    {"half", TASK_HALF, 31}, {"year", TASK_YEAR, 31},
};

/* Digits only, at most four, followed by `end`. */
static bool read_count(const char *text, char end, uint32_t *ret)
{
    uint32_t v = 0;
    size_t n = 0;

    for (; n < 5 && text[n] >= '0' && text[n] <= '9'; n++) {
        v = v * 10 + (uint32_t)(text[n] - '0');
    }
    *ret = v;
    return n >= 1 && n <= 4 && text[n] == end && (end == '\0' || text[n + 1] == '\0');
}

static bool parse_event(const char *text, struct task_due *due)
{
    size_t size = strcspn(text, "+");
    uint32_t days = 0;

    if (size == 0 || size >= sizeof(due->event)) {
        return false;
    }
    memcpy(due->event, text, size);
    due->event[size] = '\0';
    if (!text_is_code(due->event, TEXT_CODE_MAX)) {
        return false;
    }
    if (text[size] == '+' && (!read_count(text + size + 1, 'd', &days) || days > EVENT_DAYS_MAX)) {
        return false;
    }
    due->kind = TASK_EVENT;
    due->days = (int32_t)days;
    return true;
}

static bool parse_every(const char *text, struct task_due *due)
{
    size_t size = strcspn(text, ":");

    if (text[size] != ':') {
        return false;
    }
    for (size_t i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++) {
        if (strlen(cycles[i].name) != size || memcmp(cycles[i].name, text, size) != 0) {
            continue;
        }
        due->kind = TASK_EVERY;
        due->cycle = cycles[i].cycle;
        return read_count(text + size + 1, '\0', &due->number) && due->number >= 1 &&
               due->number <= cycles[i].number_max;
    }
    return false;
}

static bool parse_date(const char *text, struct task_due *due)
{
    due->kind = TASK_DATE;
    return day_parse(text, &due->day) == NG_OK;
}

enum ng_err task_due_parse(const char *text, struct task_due *ret)
{
    struct task_due due = {0};
    bool fine;

    if (strncmp(text, "event:", 6) == 0) {
        fine = parse_event(text + 6, &due);
    } else if (strncmp(text, "every:", 6) == 0) {
        fine = parse_every(text + 6, &due);
    } else if (strcmp(text, "continuous") == 0) {
        due.kind = TASK_CONTINUOUS;
        fine = true;
    } else {
        fine = parse_date(text, &due);
    }
    if (!fine) {
        return err_set(NG_ERR_INPUT,
                       _("\"%.60s\" is not a deadline (30/11/2026, event:CODE+20d, every:month:25, "
                         "every:quarter:20, every:week:5, continuous)"),
                       text);
    }
    *ret = due;
    return NG_OK;
}

char *task_due_format(const struct task_due *due, char out[static TASK_DUE_TEXT_SIZE])
{
    const char *name = "";

    switch (due->kind) {
    case TASK_DATE:
        day_format_iso(due->day, out);
        return out;
    case TASK_EVENT:
        (void)snprintf(out, TASK_DUE_TEXT_SIZE, "event:%s+%dd", due->event, (int)due->days);
        return out;
    case TASK_EVERY:
        for (size_t i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++) {
            name = cycles[i].cycle == due->cycle ? cycles[i].name : name;
        }
        (void)snprintf(out, TASK_DUE_TEXT_SIZE, "every:%s:%u", name, (unsigned)due->number);
        return out;
    case TASK_CONTINUOUS:
        break;
    }
    (void)snprintf(out, TASK_DUE_TEXT_SIZE, "continuous");
    return out;
}

bool task_due_is_valid(const struct task_due *due)
{
    switch (due->kind) {
    case TASK_DATE:
        return due->day > -DATE_DAYS_MAX && due->day < DATE_DAYS_MAX;
    case TASK_EVENT:
        return due->days >= 0 && due->days <= (int32_t)EVENT_DAYS_MAX;
    case TASK_EVERY:
        for (size_t i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++) {
            if (cycles[i].cycle == due->cycle) {
                return due->number >= 1 && due->number <= cycles[i].number_max;
            }
        }
        return false;
    case TASK_CONTINUOUS:
        return true;
    }
    return false;
}
