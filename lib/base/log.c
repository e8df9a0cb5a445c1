/* The operational log: one event, one line, one write().
 *
 * A line is put together in a bounded buffer on the stack and handed over whole, so lines of
 * several threads or processes that share stderr never mix, and logging needs no memory and no
 * lock. Text in fields may come from outside: control characters and bytes that are no UTF-8 are
 * replaced, so that nobody writes a second line or a terminal command into our log.
 */
#include "base/log.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/day.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIELDS_SIZE = 2048, LINE_SIZE = 3 * FIELDS_SIZE };

enum shape { SHAPE_PLAIN, SHAPE_TERMINAL, SHAPE_JOURNAL, SHAPE_JSON };

static const struct {
    const char *name;
    int journal; /* sd-daemon(3) */
} levels[] = {
    [LOG_DEBUG] = {"debug", 7},     [LOG_INFO] = {"info", 6},   [LOG_NOTICE] = {"notice", 5},
    [LOG_WARNING] = {"warning", 4}, [LOG_ERROR] = {"error", 3},
};

static const char *program_name = "nganam";
static enum log_level least_level = LOG_INFO;
static enum shape line_shape = SHAPE_PLAIN;

void log_init(const char *program, enum log_level least)
{
    program_name = program;
    least_level = least;
    const char *wish = getenv("NGANAM_LOG");
    const char *journal = getenv("JOURNAL_STREAM");
    if (wish != NULL && strcmp(wish, "json") == 0) {
        line_shape = SHAPE_JSON;
    } else if (journal != NULL && journal[0] != '\0') {
        line_shape = SHAPE_JOURNAL;
    } else {
        line_shape = isatty(STDERR_FILENO) ? SHAPE_TERMINAL : SHAPE_PLAIN;
    }
}

static void replace_unfit(char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        size_t length = bytes_utf8_length(text, left);
        bool c1_control = length == 2 && (uint8_t)text[0] == 0xC2 && (uint8_t)text[1] < 0xA0;
        if (length == 0 || c1_control) {
            length = length == 0 ? 1 : length;
            memset(text, '?', length);
        } else if ((uint8_t)text[0] < 0x20 || text[0] == 0x7F) {
            text[0] = ' ';
        }
        text += length;
        left -= length;
    }
}

static void write_line(const char *line, size_t size)
{
    while (write(STDERR_FILENO, line, size) < 0 && errno == EINTR) {
        /* The whole line again; where stderr is gone there is nobody left to tell. */
    }
}

/* fields has no quote-breaking bytes but '"' and '\', which JSON needs escaped. */
static size_t json_line(char *line, enum log_level level, const char *event, const char *fields,
                        const char *time)
{
    int head = snprintf(line, LINE_SIZE - 3,
                        "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%s\","
                        "\"event\":\"%s\",\"fields\":\"",
                        time, levels[level].name, program_name, event);
    size_t size = head < 0 ? 0 : (size_t)head < LINE_SIZE - 4 ? (size_t)head : LINE_SIZE - 4;
    for (; *fields != '\0' && size < LINE_SIZE - 5; fields++) {
        if (*fields == '"' || *fields == '\\') {
            line[size++] = '\\';
        }
        line[size++] = *fields;
    }
    memcpy(line + size, "\"}\n", 3);
    return size + 3;
}

static size_t text_line(char *line, enum log_level level, const char *event, const char *fields,
                        const char *time)
{
    int size;
    if (line_shape == SHAPE_JOURNAL) {
        size = snprintf(line, LINE_SIZE, "<%d>%s %s", levels[level].journal, event, fields);
    } else if (line_shape == SHAPE_TERMINAL) {
        size = snprintf(line, LINE_SIZE, "%.8s %-7s %s %s", time + 11, levels[level].name, event,
                        fields);
    } else {
        size = snprintf(line, LINE_SIZE, "%s %s %s %s %s", time, program_name, levels[level].name,
                        event, fields);
    }
    size_t used = size < 0 ? 0 : (size_t)size < LINE_SIZE - 1 ? (size_t)size : LINE_SIZE - 2;
    while (used > 0 && line[used - 1] == ' ') {
        used--;
    }
    line[used] = '\n';
    return used + 1;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    if (level < least_level) {
        return;
    }
    int saved_errno = errno;
    char fields[FIELDS_SIZE];
    va_list args;
    va_start(args, format);
    if (vsnprintf(fields, sizeof(fields), format, args) < 0) {
        fields[0] = '\0';
    }
    va_end(args);
    replace_unfit(fields);
    char time[26];
    day_format_rfc3339(clock_wall_ms(), time);
    char line[LINE_SIZE];
    size_t size = line_shape == SHAPE_JSON ? json_line(line, level, event, fields, time)
                                           : text_line(line, level, event, fields, time);
    write_line(line, size);
    errno = saved_errno;
}

void log_error(const char *event, enum ng_err err)
{
    log_event(LOG_ERROR, event, "error=%s detail=\"%s\"", err_name(err), err_explain(err));
}
