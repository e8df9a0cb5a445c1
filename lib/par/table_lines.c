/* Cutting a file into records.
 *
 * Idea: libcsv knows quotes but neither comments nor line numbers, so physical lines are fed to it
 * one by one: a line that begins a record and begins with # is a comment and is not fed; a record
 * that does not end with its line goes on in the next. The delimiter is chosen by the first record.
 * Happy path: one line, one record. Failures: bytes that are no UTF-8 text (a workbook, UTF-16, a
 * legacy encoding) end it with advice; a stray or unclosed quotation mark costs its record and is
 * listed.
 */
#include "par/table_lines.h"

#include "base/lang.h"
#include "par/table.h"
#include "par/text.h"

#include <csv.h>
#include <string.h>

#define RECORD_MAX ((size_t)1 << 20)
#define CELL_BLOCK 65536u /* libcsv grows its buffer by this */

struct reader {
    struct csv_parser parser;
    struct fault_list *faults;
    table_lines_take *take;
    void *context;
    struct buf text;                      /* the cells of the record so far, each with its zero */
    size_t offsets[TABLE_LINE_CELLS_MAX]; /* of each in text */
    struct table_line line;
    size_t cells_seen;
    size_t record_size; /* bytes fed of the record so far */
    bool in_record;
    bool header_seen;
    enum ng_err err;
};

static uint32_t line_of(struct bytes file, size_t offset)
{
    uint32_t line = 1;

    for (size_t i = 0; i < offset && i < file.size; i++) {
        bool returns = file.data[i] == '\r' && (i + 1 == file.size || file.data[i + 1] != '\n');

        line += file.data[i] == '\n' || returns ? 1 : 0;
    }
    return line;
}

static bool begins_with(struct bytes file, const char *bytes, size_t size)
{
    return file.size >= size && memcmp(file.data, bytes, size) == 0;
}

/* The file without its byte-order mark, if it is text that can be read at all. */
static enum ng_err check_text(struct bytes *file, struct fault_list *faults)
{
    size_t offset = 0;
    enum text_kind kind;

    if (file->size > TABLE_FILE_MAX) {
        fault_add(faults, FAULT_TABLE, 0, "", _("the file is larger than %u bytes"),
                  TABLE_FILE_MAX);
        return err_plain(NG_ERR_INPUT);
    }
    if (begins_with(*file, "PK\x03\x04", 4) || begins_with(*file, "\xd0\xcf\x11\xe0", 4)) {
        fault_add(faults, FAULT_ENCODING, 0, "", "%s",
                  _("this is a workbook, not a CSV file: open it in Excel, choose Save as, "
                    "\"CSV UTF-8\""));
        return err_plain(NG_ERR_INPUT);
    }
    if (begins_with(*file, "\xef\xbb\xbf", 3)) {
        file->data += 3;
        file->size -= 3;
    }
    kind = text_detect((const char *)file->data, file->size, &offset);
    if (kind == TEXT_UTF8 && file->size > 0 && memchr(file->data, 0, file->size) != NULL) {
        kind = TEXT_NOT_UTF8; /* UTF-16 of ASCII letters */
    }
    if (kind == TEXT_UTF8) {
        return NG_OK;
    }
    fault_add(faults, FAULT_ENCODING, line_of(*file, offset), "", "%s", text_advice(kind));
    return err_plain(NG_ERR_INPUT);
}

/* ---- what libcsv calls ---- */

static void on_cell(void *data, size_t size, void *context)
{
    struct reader *r = context;
    enum ng_err err;

    if (r->err != NG_OK) {
        return;
    }
    if (r->cells_seen >= TABLE_LINE_CELLS_MAX) {
        r->cells_seen++;
        return;
    }
    r->offsets[r->cells_seen] = r->text.size;
    r->line.sizes[r->cells_seen] = size;
    err = size > 0 ? buf_add(&r->text, data, size) : NG_OK;
    if (err == NG_OK) {
        err = buf_add_byte(&r->text, 0);
    }
    r->cells_seen++;
    r->err = err;
}

/* A comment that a spreadsheet put into quotation marks and cut at its commas. */
static enum ng_err give_comment(struct reader *r)
{
    char delimiter = (char)csv_get_delim(&r->parser);
    size_t last = r->line.cell_count - 1;

    while (last > 0 && r->line.sizes[last] == 0) {
        last--;
    }
    for (size_t i = 1; i <= last; i++) {
        r->text.data[r->offsets[i] - 1] = (uint8_t)delimiter;
    }
    r->line.is_comment = true;
    r->line.cell_count = 1;
    return r->take(r->context, &r->line);
}

static enum ng_err give_record(struct reader *r)
{
    if (r->cells_seen > TABLE_LINE_CELLS_MAX) {
        fault_add(r->faults, FAULT_TABLE, r->line.number, "", _("more than %u cells in a line"),
                  TABLE_LINE_CELLS_MAX);
        return NG_OK;
    }
    r->line.cell_count = r->cells_seen;
    for (size_t i = 0; i < r->line.cell_count; i++) {
        r->line.cells[i] = (const char *)r->text.data + r->offsets[i];
    }
    if (r->line.cells[0][0] == '#') {
        return give_comment(r);
    }
    r->header_seen = true;
    r->line.is_comment = false;
    return r->take(r->context, &r->line);
}

static void begin_record(struct reader *r)
{
    buf_clear(&r->text);
    r->cells_seen = 0;
    r->record_size = 0;
    r->in_record = false;
}

static void on_record(int terminator, void *context)
{
    struct reader *r = context;

    (void)terminator;
    if (r->err == NG_OK && r->cells_seen > 0) {
        r->err = give_record(r);
    }
    begin_record(r);
}

/* ---- lines ---- */

/* The first record decides: whichever of ; and , stands in it more often, outside quotation marks.
 */
static void choose_delimiter(struct reader *r, const uint8_t *text, size_t size)
{
    size_t commas = 0, semicolons = 0;
    bool quoted = false;

    for (size_t i = 0; i < size; i++) {
        quoted ^= text[i] == '"';
        commas += !quoted && text[i] == ',' ? 1 : 0;
        semicolons += !quoted && text[i] == ';' ? 1 : 0;
    }
    csv_set_delim(&r->parser, semicolons > commas ? ';' : ',');
}

/* A bare # line: its text without the delimiters a spreadsheet pads every line with. */
static enum ng_err take_bare_comment(struct reader *r, const uint8_t *text, size_t size)
{
    enum ng_err err;

    while (size > 0 && strchr(",; \t\r\n", text[size - 1]) != NULL) {
        size--;
    }
    buf_clear(&r->text);
    err = buf_add(&r->text, text, size);
    if (err != NG_OK) {
        return err;
    }
    r->line.is_comment = true;
    r->line.cells[0] = buf_text(&r->text);
    r->line.sizes[0] = size;
    r->line.cell_count = 1;
    err = r->take(r->context, &r->line);
    begin_record(r);
    return err;
}

static enum ng_err open_parser(struct reader *r)
{
    unsigned char delimiter = csv_get_delim(&r->parser);

    csv_free(&r->parser);
    if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        return err_plain(NG_ERR_NOMEM);
    }
    csv_set_delim(&r->parser, delimiter);
    csv_set_blk_size(&r->parser, CELL_BLOCK);
    return NG_OK;
}

/* A quotation fault costs the record it stands in; the next line begins a new one. */
static enum ng_err quotation_fault(struct reader *r, bool unclosed)
{
    if (csv_error(&r->parser) == CSV_ENOMEM) {
        return err_plain(NG_ERR_NOMEM);
    }
    fault_add(r->faults, FAULT_TABLE, r->line.number, "", "%s",
              unclosed ? _("a quotation mark is opened and not closed")
                       : _("a quotation mark stands inside a cell: write it twice, and put the "
                           "cell in quotation marks"));
    begin_record(r);
    return r->header_seen ? open_parser(r) : err_plain(NG_ERR_INPUT);
}

static bool is_blank(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* A record that has not ended with its line (on_record was not called) goes on in the next one. */
static enum ng_err take_physical_line(struct reader *r, const uint8_t *text, size_t size,
                                      uint32_t number)
{
    if (!r->in_record) {
        r->line.number = number;
        if (is_blank(text, size)) {
            return NG_OK;
        }
        if (text[0] == '#') {
            return take_bare_comment(r, text, size);
        }
        if (!r->header_seen) {
            choose_delimiter(r, text, size);
        }
    }
    r->in_record = true;
    r->record_size += size;
    if (r->record_size > RECORD_MAX) {
        return err_plain(NG_ERR_LIMIT);
    }
    if (csv_parse(&r->parser, text, size, on_cell, on_record, r) != size) {
        return quotation_fault(r, false);
    }
    return r->err;
}

static enum ng_err read_lines(struct reader *r, struct bytes file)
{
    enum ng_err err = NG_OK;
    uint32_t number = 1;
    size_t at = 0;

    while (at < file.size && err == NG_OK) {
        size_t end = at;

        while (end < file.size && file.data[end] != '\n' && file.data[end] != '\r') {
            end++;
        }
        if (end + 1 < file.size && file.data[end] == '\r' && file.data[end + 1] == '\n') {
            end++;
        }
        end += end < file.size ? 1 : 0;
        err = take_physical_line(r, file.data + at, end - at, number);
        number++;
        at = end;
    }
    if (err == NG_OK && csv_fini(&r->parser, on_cell, on_record, r) != 0) {
        err = quotation_fault(r, true);
    }
    return err == NG_OK ? r->err : err;
}

enum ng_err table_lines_read(struct bytes file, struct fault_list *faults, table_lines_take *take,
                             void *context)
{
    struct reader r = {
        .faults = faults, .take = take, .context = context, .text = BUF_INIT(RECORD_MAX)};
    enum ng_err err = check_text(&file, faults);

    if (err != NG_OK) {
        return err;
    }
    if (csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        return err_plain(NG_ERR_NOMEM);
    }
    csv_set_blk_size(&r.parser, CELL_BLOCK);
    err = read_lines(&r, file);
    if (err == NG_ERR_LIMIT) {
        fault_add(
            faults, FAULT_TABLE, r.line.number, "",
            _("what begins here does not end within %zu bytes: is a quotation mark not closed?"),
            RECORD_MAX);
    }
    csv_free(&r.parser);
    buf_fini(&r.text);
    return err;
}
