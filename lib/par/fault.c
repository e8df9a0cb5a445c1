#include "par/fault.h"

#include "base/check.h"
#include "base/lang.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fault_list_init(struct fault_list *list)
{
    *list = (struct fault_list)FAULT_LIST_INIT;
}

void fault_list_fini(struct fault_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].column);
        free(list->items[i].message);
    }
    free(list->items);
    fault_list_init(list);
}

static bool make_room(struct fault_list *list)
{
    size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
    struct fault *items;

    if (list->count == FAULT_MAX) {
        return false;
    }
    if (list->count < list->capacity) {
        return true;
    }
    items = realloc(list->items, capacity * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    list->items = items;
    list->capacity = capacity;
    return true;
}

/* Cuts text to size_max bytes and not inside a character; what a person wrote may be no text at
 * all, so only as far back as a character reaches. */
static void cut(char *text, size_t size_max)
{
    size_t at = size_max;

    if (strlen(text) <= size_max) {
        return;
    }
    while (at > size_max - 3 && ((uint8_t)text[at] & 0xC0u) == 0x80u) {
        at--;
    }
    text[at] = '\0';
}

static void append(struct fault_list *list, struct fault f, const char *column, const char *message)
{
    char *column_copy = strdup(column);
    char *message_copy = strdup(message);

    if (column_copy == NULL || message_copy == NULL || !make_room(list)) {
        free(column_copy);
        free(message_copy);
        list->dropped++;
        return;
    }
    cut(message_copy, FAULT_MESSAGE_MAX);
    f.column = column_copy;
    f.message = message_copy;
    list->items[list->count++] = f;
}

void fault_add(struct fault_list *list, enum fault_code code, uint32_t line, const char *column,
               const char *format, ...)
{
    char message[FAULT_MESSAGE_MAX + 8];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    append(list, (struct fault){.line = line, .code = code}, column, message);
}

void fault_add_refused(struct fault_list *list, uint32_t reason, uint32_t line, const char *column,
                       const char *message)
{
    append(list, (struct fault){.line = line, .code = FAULT_REFUSED, .reason = reason}, column,
           message);
}

bool fault_any(const struct fault_list *list)
{
    return list->count > 0 || list->dropped > 0;
}

bool fault_has(const struct fault_list *list, uint32_t line, const char *column)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct fault *f = &list->items[i];

        if (f->line == line && (column == NULL || strcmp(f->column, column) == 0)) {
            return true;
        }
    }
    return false;
}

/* Insertion sort: faults come in a few passes, each in order of lines, and are at most FAULT_MAX.
 */
void fault_sort(struct fault_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        struct fault f = list->items[i];
        size_t at = i;

        while (at > 0 && list->items[at - 1].line > f.line) {
            list->items[at] = list->items[at - 1];
            at--;
        }
        list->items[at] = f;
    }
}

const char *fault_code_name(enum fault_code code)
{
    static const char *const names[] = {
        [FAULT_ENCODING] = "encoding",   [FAULT_TABLE] = "table", [FAULT_COLUMN] = "column",
        [FAULT_EMPTY] = "empty",         [FAULT_FORM] = "form",   [FAULT_NUMBER] = "number",
        [FAULT_AMBIGUOUS] = "ambiguous", [FAULT_RANGE] = "range", [FAULT_TWICE] = "twice",
        [FAULT_TREE] = "tree",           [FAULT_SUM] = "sum",     [FAULT_METHOD] = "method",
        [FAULT_REFUSED] = "refused",
    };

    CHECK((size_t)code < sizeof(names) / sizeof(names[0]) && names[code] != NULL);
    return names[code];
}

enum ng_err fault_format(const struct fault *f, struct buf *to)
{
    if (f->line == 0 && f->column[0] == '\0') {
        return buf_add_text(to, f->message);
    }
    if (f->line == 0) {
        return buf_printf(to, "%s: %s", f->column, f->message);
    }
    if (f->column[0] == '\0') {
        return buf_printf(to, _("line %u: %s"), f->line, f->message);
    }
    return buf_printf(to, _("line %u, %s: %s"), f->line, f->column, f->message);
}

enum ng_err fault_format_all(const struct fault_list *list, const char *name, struct buf *to)
{
    enum ng_err err = NG_OK;

    for (size_t i = 0; i < list->count && err == NG_OK; i++) {
        if (name[0] != '\0') {
            err = buf_printf(to, "%s: ", name);
        }
        if (err == NG_OK) {
            err = fault_format(&list->items[i], to);
        }
        if (err == NG_OK) {
            err = buf_add_byte(to, '\n');
        }
    }
    if (err == NG_OK && list->dropped > 0) {
        err = buf_printf(to, _("and %zu more\n"), list->dropped);
    }
    return err;
}
