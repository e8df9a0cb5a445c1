/* Private: what the readers of units, tasks and survey points share. Rows of a table become acts; a
 * row whose cells are wrong is listed and the reading goes on. */
#ifndef NGANAM_PAR_IMPORT_H
#define NGANAM_PAR_IMPORT_H

#include "par/actlist.h"
#include "par/fault.h"
#include "par/table.h"

struct import_key {
    const char *text;
    uint32_t line;
};

struct import {
    struct table *table;
    const struct table_column *columns;
    struct fault_list *faults;
    struct actlist *list;
    struct import_key *keys;
    size_t key_count;
    enum ng_err err; /* NG_ERR_NOMEM once memory ran out: everything after does nothing */
};

/* Fills im; NG_ERR_INPUT with faults, NG_ERR_NOMEM. Always followed by import_close. */
enum ng_err import_open(struct import *im, struct bytes file, const struct table_column *columns,
                        size_t column_count, struct fault_list *faults) NG_MUST_USE;

/* Tells doubled keys, gives the list (NULL if there was no table or no memory), frees the rest.
 * With NG_ERR_INPUT it holds the acts as far as they read, not to be sent. `what` begins the error.
 */
enum ng_err import_close(struct import *im, enum ng_err err, const char *what,
                         struct actlist **ret) NG_MUST_USE;

/* A cell's text in the list's pool; "" when memory ran out. */
const char *import_text(struct import *im, size_t row, size_t column);

/* The same for a date, as 2026-11-30, and for a number, canonical; "" stays "", a fault is listed
 * and gives "". */
const char *import_date(struct import *im, size_t row, size_t column);
const char *import_number(struct import *im, size_t row, size_t column);

/* One act for the row; NULL when memory ran out. */
struct wire_act *import_act(struct import *im, enum wire_act_kind kind, size_t row);

/* The row's key: parts joined, told by import_close if it stands on two lines. */
void import_note_key(struct import *im, size_t row, const char *a, const char *b, const char *c);

#endif
