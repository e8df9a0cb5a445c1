/* CSV files as people have them: with or without a byte-order mark, commas or semicolons, any line
 * end, decomposed letters, columns in any order, lines of comment, cells a spreadsheet added at the
 * end. What comes out is clean NFC text in known columns; what is wrong is listed by line.
 *
 *     #set total=100 sample=true source="…"     at most one, before the header
 *     # a comment
 *     code,value,explanation                    the header: the first line that is neither
 *     1.1.1,"51,75",
 */
#ifndef NGANAM_PAR_TABLE_H
#define NGANAM_PAR_TABLE_H

#include "par/fault.h"

#define TABLE_FILE_MAX (32u << 20)
#define TABLE_ROWS_MAX 200000u
#define TABLE_COLUMNS_MAX 32u
#define TABLE_SETTINGS_MAX 16u

struct table;

struct table_column {
    const char *name;
    bool required;   /* the header must have it */
    size_t size_max; /* bytes of a cell */
};

struct table_setting {
    const char *key;
    const char *value;
};

/* Reads a whole file. NG_OK with a table even if some rows had faults (all of them are then in
 * `faults`, so look there before using the rows); NG_ERR_INPUT if it is no table of these columns;
 * NG_ERR_NOMEM. Columns are borrowed for the table's life. A line of empty cells is no row. */
enum ng_err table_parse(struct bytes file, const struct table_column *columns, size_t column_count,
                        struct fault_list *faults, struct table **ret) NG_MUST_USE;
void table_destroy(struct table **t);

size_t table_rows(const struct table *t);
uint32_t table_line(const struct table *t, size_t row); /* where the row begins in the file */
/* column: its place in the array given to table_parse. "" if the cell or the column is absent.
 * Borrowed. */
const char *table_cell(const struct table *t, size_t row, size_t column);

/* The #set line: its keys in order; line 0 if there was none. */
size_t table_settings(const struct table *t, const struct table_setting **ret);
uint32_t table_settings_line(const struct table *t);

#endif
