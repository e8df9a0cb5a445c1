#include "office-service/show_board.h"

#include "base/lang.h"
#include "office-service/say.h"
#include "par/text.h"

#include <string.h>

#define INDEX_DECIMALS 2u

/* ---- JSON ---- */

json_t *show_board_field(const struct board *b, const struct board_row *row, size_t field)
{
    struct fraction f = row->fields[field];
    if (b->fields[field].group == METHOD_DEDUCTION) {
        f.points.micro = -f.points.micro;
    }
    return json_pack("{s:s, s:o, s:o}", "code", b->fields[field].code, "points",
                     say_json_points(f.points, b->rounding), "max",
                     say_json_points(f.max, b->rounding));
}

static json_t *fields_json(const struct board *b, const struct board_row *row)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < b->field_count; i++) {
        if (json_array_append_new(array, show_board_field(b, row, i))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *row_json(const struct board *b, const struct board_row *row)
{
    json_t *rank = row->rank ? json_integer((json_int_t)row->rank) : json_null();
    json_t *points =
        row->has_points ? say_json_points(row->total.points, b->rounding) : json_null();
    json_t *index =
        row->has_index ? say_json_points(fraction_index(row->total, INDEX_DECIMALS), INDEX_DECIMALS)
                       : json_null();
    json_t *tasks =
        json_pack("{s:I, s:I, s:I}", "done_on_time", (json_int_t)row->tasks.done_on_time, "due",
                  (json_int_t)row->tasks.due, "total", (json_int_t)row->tasks.total);
    return json_pack("{s:o, s:b, s:s, s:o, s:s, s:o, s:o, s:o, s:n, s:I, s:I, s:o, s:o, s:o}",
                     "rank", rank, "tied", row->tied, "unit", row->unit, "name",
                     say_json_text(row->name), "state", board_state_name(row->state), "points",
                     points, "max", say_json_points(row->total.max, b->rounding), "index", index,
                     "class", "answered", (json_int_t)row->answered, "components",
                     (json_int_t)b->components, "fields", fields_json(b, row), "tasks", tasks,
                     "updated_index", say_json_index(row->updated_index));
}

json_t *show_board_json(const struct board *b, const struct hash *root)
{
    json_t *rows = json_array();
    for (size_t i = 0; rows && i < b->row_count; i++) {
        if (json_array_append_new(rows, row_json(b, &b->rows[i]))) {
            json_decref(rows);
            rows = NULL;
        }
    }
    return json_pack("{s:i, s:I, s:s, s:s, s:I, s:o, s:b, s:o}", "schema", 1, "year",
                     (json_int_t)b->year, "group", b->group, "basis", board_basis_name(b->basis),
                     "log_size", (json_int_t)b->log_size, "log_root", say_json_root(root), "frozen",
                     0, "rows", rows);
}

/* ---- A table ---- */

enum column { RANK, UNIT, POINTS, MAX, INDEX, TASKS, ANSWERED, UPDATED, COLUMN_COUNT };

static const struct {
    const char *title;
    bool on_left; /* padded on the left: figures */
} columns[COLUMN_COUNT] = {
    [RANK] = {N_("Rank"), true},      [UNIT] = {N_("Unit"), false},
    [POINTS] = {N_("Points"), true},  [MAX] = {N_("Of"), true},
    [INDEX] = {N_("Index"), true},    [TASKS] = {N_("Tasks"), true},
    [ANSWERED] = {N_("Items"), true}, [UPDATED] = {N_("Entry"), true},
};

const char *show_board_rank(const struct board_row *row)
{
    static _Thread_local char texts[2][24];
    static _Thread_local unsigned next;
    char *out = texts[next++ % 2];
    if (row->rank) {
        (void)snprintf(out, sizeof texts[0], "%zu%s", row->rank, row->tied ? "=" : "");
    } else {
        (void)snprintf(out, sizeof texts[0], "-");
    }
    return out;
}

/* The text of one cell, in `out`. */
static void cell(const struct board *b, const struct board_row *row, enum column column, char *out,
                 size_t size)
{
    switch (column) {
    case RANK:
        (void)snprintf(out, size, "%s", show_board_rank(row));
        break;
    case UNIT:
        (void)snprintf(out, size, "%s (%s)%s%s", row->name, row->unit, row->has_points ? "" : ": ",
                       row->has_points ? "" : board_state_text(row->state));
        break;
    case POINTS:
        (void)snprintf(out, size, "%s",
                       row->has_points ? say_points(row->total.points, b->rounding) : "-");
        break;
    case MAX:
        (void)snprintf(out, size, "%s", say_points(row->total.max, b->rounding));
        break;
    case INDEX:
        (void)snprintf(out, size, "%s",
                       row->has_index
                           ? say_points(fraction_index(row->total, INDEX_DECIMALS), INDEX_DECIMALS)
                           : "-");
        break;
    case TASKS:
        (void)snprintf(out, size, "%lu/%lu", (unsigned long)row->tasks.done_on_time,
                       (unsigned long)row->tasks.due);
        break;
    case ANSWERED:
        (void)snprintf(out, size, "%lu/%lu", (unsigned long)row->answered,
                       (unsigned long)b->components);
        break;
    case UPDATED:
        (void)snprintf(out, size, "%s", row->updated_index ? say_number(row->updated_index) : "-");
        break;
    case COLUMN_COUNT:
        break;
    }
}

#define LINE_WIDTH 80u
#define UNIT_WIDTH_MIN 20u
#define CELL_MAX 1200u /* a unit's name has at most 1,000 bytes */

/* Names may be long: they get what the figures leave of a line, and go on below. */
static void measure(const struct board *b, size_t widths[COLUMN_COUNT])
{
    char text[CELL_MAX];
    size_t others = 0;
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        widths[c] = text_width(_(columns[c].title));
        for (size_t i = 0; i < b->row_count; i++) {
            cell(b, &b->rows[i], (enum column)c, text, sizeof text);
            size_t width = text_width(text);
            widths[c] = width > widths[c] ? width : widths[c];
        }
        others += c == UNIT ? 0 : widths[c] + 2;
    }
    size_t left = others + UNIT_WIDTH_MIN < LINE_WIDTH ? LINE_WIDTH - others : UNIT_WIDTH_MIN;
    widths[UNIT] = widths[UNIT] < left ? widths[UNIT] : left;
}

/* Cuts as many words off the front as fit; at least one. Returns what is left. */
static char *cut_words(char *text, size_t width)
{
    char *end = NULL;
    for (char *space = strchr(text, ' '); space; space = strchr(space + 1, ' ')) {
        *space = '\0';
        bool fits = text_width(text) <= width;
        *space = ' ';
        if (!fits && end) {
            break;
        }
        end = space;
        if (!fits) {
            break;
        }
    }
    if (!end || text_width(text) <= width) {
        return text + strlen(text);
    }
    *end = '\0';
    return end + 1;
}

static void print_row(const struct board *b, const struct board_row *row,
                      const size_t widths[COLUMN_COUNT], FILE *to)
{
    char text[CELL_MAX];
    char name[CELL_MAX];
    cell(b, row, UNIT, name, sizeof name);
    char *rest = cut_words(name, widths[UNIT]);
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        (void)fputs(c ? "  " : "", to);
        cell(b, row, (enum column)c, text, sizeof text);
        say_padded(to, c == UNIT ? name : text, widths[c], columns[c].on_left);
    }
    (void)fputc('\n', to);
    while (*rest) {
        char *part = rest;
        rest = cut_words(part, widths[UNIT]);
        (void)fprintf(to, "%*s%s\n", (int)widths[RANK] + 2, "", part);
    }
}

void show_board_origin(const struct board *b, FILE *to)
{
    (void)fprintf(to, _("Criteria set %s. Log of %s messages, up to %s.\n"), b->set,
                  say_number(b->log_size), say_moment((int64_t)b->received_at));
    if (b->sample) {
        (void)fprintf(to, "*** %s ***\n",
                      _("SAMPLE: this criteria set is made up for demonstration"));
    }
}

static void head(const struct board *b, FILE *to)
{
    (void)fprintf(to, _("Standings %lu, group %s: %s\n"), (unsigned long)b->year, b->group,
                  b->basis == BASIS_SELF ? _("self-scores")
                                         : _("live (provisional: not appraised yet)"));
    show_board_origin(b, to);
    (void)fputc('\n', to);
}

void show_board_text(const struct board *b, FILE *to)
{
    size_t widths[COLUMN_COUNT];
    head(b, to);
    if (b->row_count == 0) {
        (void)fprintf(to, "%s\n", _("No unit stands on this board."));
        return;
    }
    measure(b, widths);
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        (void)fputs(c ? "  " : "", to);
        say_padded(to, _(columns[c].title), widths[c], columns[c].on_left);
    }
    (void)fputc('\n', to);
    for (size_t i = 0; i < b->row_count; i++) {
        print_row(b, &b->rows[i], widths, to);
    }
    (void)fputc('\n', to);
    say_wrapped(
        to, "",
        _("Tasks: done on time, of those due. Items: components answered. Entry: the newest "
          "log entry that changed the row."),
        0);
}
