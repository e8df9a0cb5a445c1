/* The table reader: what the columns of a file are, and its rows as clean text.
 *
 * Idea: table_lines cuts the file into records and tells comments from cells; this file gives each
 * record its meaning: the #set line, the header, a row. Happy path: the first record names known
 * columns, every other record fills them. Failures: the file is no text or no such table (nothing
 * can be read, NG_ERR_INPUT), or single rows are wrong (listed, the reading goes on, so that a
 * person sees every fault at once); memory.
 */
#include "par/table.h"

#include "base/check.h"
#include "base/lang.h"
#include "par/pool.h"
#include "par/table_lines.h"
#include "par/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define POOL_MAX ((size_t)TABLE_FILE_MAX * 8)
#define NO_COLUMN SIZE_MAX

struct table {
    const struct table_column *columns;
    size_t column_count;
    size_t map[TABLE_LINE_CELLS_MAX]; /* the file's column -> ours, or NO_COLUMN */
    size_t file_columns;              /* 0: the header has not been read */
    bool bad_header;
    const char **cells; /* rows × column_count */
    uint32_t *lines;
    size_t rows, rows_capacity;
    struct table_setting settings[TABLE_SETTINGS_MAX];
    size_t setting_count;
    uint32_t settings_line;
    struct pool pool;
    struct fault_list *faults; /* while parsing */
};

static struct table *table_new(const struct table_column *columns, size_t count,
                               struct fault_list *faults)
{
    struct table *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        return NULL;
    }
    t->columns = columns;
    t->column_count = count;
    t->faults = faults;
    pool_init(&t->pool, POOL_MAX);
    return t;
}

void table_destroy(struct table **t)
{
    if (*t == NULL) {
        return;
    }
    pool_fini(&(*t)->pool);
    free((*t)->cells);
    free((*t)->lines);
    free(*t);
    *t = NULL;
}

/* ---- the #set line ---- */

static enum ng_err add_setting(struct table *t, uint32_t line, const char *key, size_t key_size,
                               const char *value, size_t value_size)
{
    struct buf clean = BUF_INIT(TEXT_LONG_MAX);
    enum ng_err err = text_clean(value, value_size, &clean);
    struct table_setting s = {0};

    if (err == NG_OK) {
        s.key = pool_text_part(&t->pool, key, key_size);
        s.value = pool_text(&t->pool, buf_text(&clean));
    }
    buf_fini(&clean);
    if (err == NG_ERR_NOMEM || (err == NG_OK && (s.key == NULL || s.value == NULL))) {
        return err_plain(NG_ERR_NOMEM);
    }
    if (err != NG_OK || t->setting_count == TABLE_SETTINGS_MAX) {
        fault_add(t->faults, FAULT_RANGE, line, "#set", "%s", _("too long, or too many values"));
        return NG_OK;
    }
    for (size_t i = 0; i < t->setting_count; i++) {
        if (strcmp(t->settings[i].key, s.key) != 0) {
            continue;
        }
        fault_add(t->faults, FAULT_TWICE, line, "#set", _("%s is given twice"), s.key);
        return NG_OK;
    }
    t->settings[t->setting_count++] = s;
    return NG_OK;
}

/* key=value key="value with spaces" … ; the text ends with a zero. */
static enum ng_err parse_settings(struct table *t, const char *text, uint32_t line)
{
    static const char white[] = " \t\r\n";
    enum ng_err err = NG_OK;
    const char *at = text + strspn(text, white);

    while (*at != '\0' && err == NG_OK) {
        const char *key = at;
        size_t key_size = strcspn(at, "= \t\r\n");
        const char *value = key + key_size + 1;
        size_t value_size;
        bool quoted;

        if (key_size == 0 || key[key_size] != '=') {
            fault_add(t->faults, FAULT_FORM, line, "#set", _("\"%.40s\" is not key=value"), key);
            return NG_OK;
        }
        quoted = *value == '"';
        value += quoted ? 1 : 0;
        value_size = strcspn(value, quoted ? "\"" : white);
        if (quoted && value[value_size] == '\0') {
            fault_add(t->faults, FAULT_FORM, line, "#set", "%s",
                      _("a quotation mark is opened and not closed"));
            return NG_OK;
        }
        err = add_setting(t, line, key, key_size, value, value_size);
        at = value + value_size + (quoted ? 1 : 0);
        at += strspn(at, white);
    }
    return err;
}

static enum ng_err take_comment(struct table *t, const struct table_line *line)
{
    const char *text = line->cells[0];

    if (strncmp(text, "#set", 4) != 0 || (text[4] != '\0' && strchr(" \t", text[4]) == NULL)) {
        return NG_OK;
    }
    if (t->file_columns > 0 || t->settings_line > 0) {
        fault_add(t->faults, FAULT_TABLE, line->number, "#set", "%s",
                  t->file_columns > 0 ? _("it must stand before the header")
                                      : _("there is a second #set line"));
        return NG_OK;
    }
    t->settings_line = line->number;
    return parse_settings(t, text + 4, line->number);
}

/* ---- the header ---- */

static size_t find_column(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++) {
        if (strcasecmp(t->columns[i].name, name) == 0) {
            return i;
        }
    }
    return NO_COLUMN;
}

static void check_required(struct table *t, uint32_t line)
{
    for (size_t i = 0; i < t->column_count; i++) {
        bool found = false;

        for (size_t j = 0; j < t->file_columns; j++) {
            found |= t->map[j] == i;
        }
        if (found || !t->columns[i].required) {
            continue;
        }
        fault_add(t->faults, FAULT_COLUMN, line, t->columns[i].name, "%s",
                  _("this column is missing in the header"));
        t->bad_header = true;
    }
}

static enum ng_err take_header(struct table *t, const struct table_line *line)
{
    struct buf name = BUF_INIT(TEXT_LONG_MAX);
    enum ng_err err = NG_OK;

    for (size_t i = 0; i < line->cell_count; i++) {
        bool twice = false;

        buf_clear(&name);
        err = text_clean(line->cells[i], line->sizes[i], &name);
        if (err == NG_ERR_NOMEM) {
            break;
        }
        err = NG_OK;
        t->map[i] = find_column(t, buf_text(&name));
        for (size_t j = 0; j < i; j++) {
            twice |= t->map[i] != NO_COLUMN && t->map[j] == t->map[i];
        }
        if (twice) {
            fault_add(t->faults, FAULT_COLUMN, line->number, buf_text(&name), "%s",
                      _("this column stands twice in the header"));
        } else if (t->map[i] == NO_COLUMN && name.size > 0) {
            fault_add(t->faults, FAULT_COLUMN, line->number, buf_text(&name), "%s",
                      _("no such column is known here"));
        }
        t->bad_header |= twice || (t->map[i] == NO_COLUMN && name.size > 0);
    }
    t->file_columns = line->cell_count;
    if (err == NG_OK) {
        check_required(t, line->number);
    }
    buf_fini(&name);
    return err;
}

/* ---- rows ---- */

static enum ng_err reserve_row(struct table *t)
{
    size_t capacity = t->rows_capacity == 0 ? 64 : t->rows_capacity * 2;
    const char **cells;
    uint32_t *lines;

    if (t->rows < t->rows_capacity) {
        return NG_OK;
    }
    cells = realloc(t->cells, capacity * t->column_count * sizeof(*cells));
    if (cells == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    t->cells = cells;
    lines = realloc(t->lines, capacity * sizeof(*lines));
    if (lines == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    t->lines = lines;
    t->rows_capacity = capacity;
    return NG_OK;
}

/* One cell into the pool; a faulty one is listed and stays empty. */
static enum ng_err take_cell(struct table *t, const struct table_line *line, size_t i,
                             const char **ret)
{
    const struct table_column *column = &t->columns[t->map[i]];
    struct buf clean = BUF_INIT(line->sizes[i] * 3 + 16);
    enum ng_err err = text_clean(line->cells[i], line->sizes[i], &clean);

    if (err == NG_OK && clean.size <= column->size_max) {
        const char *copy = pool_text(&t->pool, buf_text(&clean));

        err = copy != NULL ? NG_OK : err_plain(NG_ERR_NOMEM);
        *ret = copy != NULL ? copy : *ret;
    } else if (err == NG_OK) {
        fault_add(t->faults, FAULT_RANGE, line->number, column->name,
                  _("the text has %zu bytes, at most %zu are possible"), clean.size,
                  column->size_max);
    } else if (err != NG_ERR_NOMEM) {
        fault_add(t->faults, FAULT_ENCODING, line->number, column->name, "%s",
                  _("there is a control character in the text"));
        err = NG_OK;
    }
    buf_fini(&clean);
    return err;
}

static bool is_blank(const struct table_line *line)
{
    for (size_t i = 0; i < line->cell_count; i++) {
        if (line->sizes[i] > 0) {
            return false;
        }
    }
    return true;
}

static enum ng_err take_row(struct table *t, const struct table_line *line)
{
    enum ng_err err = reserve_row(t);
    const char **cells;

    if (err != NG_OK) {
        return err;
    }
    if (t->rows == TABLE_ROWS_MAX) {
        fault_add(t->faults, FAULT_TABLE, line->number, "", _("more than %u rows"), TABLE_ROWS_MAX);
        return err_plain(NG_ERR_INPUT);
    }
    cells = t->cells + t->rows * t->column_count;
    for (size_t i = 0; i < t->column_count; i++) {
        cells[i] = "";
    }
    for (size_t i = 0; i < line->cell_count && err == NG_OK; i++) {
        bool known = i < t->file_columns && t->map[i] != NO_COLUMN;

        if (known) {
            err = take_cell(t, line, i, &cells[t->map[i]]);
        } else if (line->sizes[i] > 0) {
            fault_add(t->faults, FAULT_TABLE, line->number, "",
                      _("cell %zu (\"%.40s\") stands under no column: is a text with a comma "
                        "without quotation marks?"),
                      i + 1, line->cells[i]);
        }
    }
    t->lines[t->rows] = line->number;
    t->rows += err == NG_OK ? 1 : 0;
    return err;
}

static enum ng_err take_line(void *context, const struct table_line *line)
{
    struct table *t = context;

    if (line->is_comment) {
        return take_comment(t, line);
    }
    if (is_blank(line)) {
        return NG_OK;
    }
    if (t->file_columns == 0) {
        return take_header(t, line);
    }
    return t->bad_header ? NG_OK : take_row(t, line);
}

enum ng_err table_parse(struct bytes file, const struct table_column *columns, size_t column_count,
                        struct fault_list *faults, struct table **ret)
{
    struct table *t;
    enum ng_err err;

    CHECK(column_count > 0 && column_count <= TABLE_COLUMNS_MAX);
    t = table_new(columns, column_count, faults);
    if (t == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    err = table_lines_read(file, faults, take_line, t);
    if (err == NG_ERR_LIMIT) {
        err = NG_ERR_INPUT;
    }
    if (err == NG_OK && t->file_columns == 0) {
        fault_add(faults, FAULT_TABLE, 0, "", "%s", _("the file has no header line"));
        err = NG_ERR_INPUT;
    }
    if (err == NG_OK && t->bad_header) {
        err = NG_ERR_INPUT;
    }
    if (err != NG_OK) {
        table_destroy(&t);
        return err_set(err, "%s", err == NG_ERR_NOMEM ? err_text(err) : _("no table of this kind"));
    }
    t->faults = NULL;
    *ret = t;
    return NG_OK;
}

/* ---- what came out ---- */

size_t table_rows(const struct table *t)
{
    return t->rows;
}

uint32_t table_line(const struct table *t, size_t row)
{
    CHECK(row < t->rows);
    return t->lines[row];
}

const char *table_cell(const struct table *t, size_t row, size_t column)
{
    CHECK(row < t->rows && column < t->column_count);
    return t->cells[row * t->column_count + column];
}

size_t table_settings(const struct table *t, const struct table_setting **ret)
{
    *ret = t->settings;
    return t->setting_count;
}

uint32_t table_settings_line(const struct table *t)
{
    return t->settings_line;
}
