/* The records of a CSV file, one at a time: the only user of libcsv. Private to the table reader.
 */
#ifndef NGANAM_PAR_TABLE_LINES_H
#define NGANAM_PAR_TABLE_LINES_H

#include "par/fault.h"

#define TABLE_LINE_CELLS_MAX 64u

struct table_line {
    uint32_t number;                         /* where the record begins, from 1 */
    bool is_comment;                         /* then cells[0] is its whole text, from the # on */
    const char *cells[TABLE_LINE_CELLS_MAX]; /* each ended by a zero */
    size_t sizes[TABLE_LINE_CELLS_MAX];
    size_t cell_count;
};

/* Whatever it returns other than NG_OK ends the reading. The line is borrowed for the call. */
typedef enum ng_err table_lines_take(void *context, const struct table_line *line);

/* Gives every record and comment to take. NG_ERR_INPUT with the fault listed if the bytes are no
 * text of this kind at all; a record with a quotation fault is listed and left out. NG_ERR_NOMEM.
 */
enum ng_err table_lines_read(struct bytes file, struct fault_list *faults, table_lines_take *take,
                             void *context) NG_MUST_USE;

#endif
