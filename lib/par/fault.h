/* Everything that is wrong with a file, by line and column, so that a person corrects it once.
 * The list is bounded: beyond its maximum faults are only counted. */
#ifndef NGANAM_PAR_FAULT_H
#define NGANAM_PAR_FAULT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define FAULT_MAX 1000u
#define FAULT_MESSAGE_MAX 1000u    /* bytes; cut at a character */
#define FAULT_GIVEN_MAX (1u << 20) /* before the cut: what was given may stand in it whole */

enum fault_code {
    FAULT_ENCODING = 1, /* not UTF-8 text */
    FAULT_TABLE,        /* not a table: quotes, cells, no header, too large */
    FAULT_COLUMN,       /* unknown, doubled or missing column or #set key */
    FAULT_EMPTY,        /* a cell that must not be empty */
    FAULT_FORM,         /* a code, date, period or word that does not read */
    FAULT_NUMBER,       /* not a number */
    FAULT_AMBIGUOUS,    /* a number that may be read two ways */
    FAULT_RANGE,        /* too large, too small, too long, too many */
    FAULT_TWICE,        /* said before on another line */
    FAULT_TREE,         /* parent or level */
    FAULT_SUM,          /* parts do not add up to the whole */
    FAULT_METHOD,       /* method, params or na_policy */
    FAULT_REFUSED       /* an answer the criteria set refuses; `reason` says why */
};

struct fault {
    uint32_t line; /* from 1; 0: the file as a whole, or the words of a command */
    char *column;  /* the column's name, "" for the whole line */
    enum fault_code code;
    uint32_t reason; /* enum reason for FAULT_REFUSED, else 0 */
    char *message;
};

struct fault_list {
    struct fault *items;
    size_t count;
    size_t capacity;
    size_t dropped; /* not kept: beyond FAULT_MAX, or no memory */
};

#define FAULT_LIST_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }

void fault_list_init(struct fault_list *list);
void fault_list_fini(struct fault_list *list); /* frees; may be used again */

/* Copies column and message. Never fails: what cannot be kept is counted. */
void fault_add(struct fault_list *list, enum fault_code code, uint32_t line, const char *column,
               const char *format, ...) NG_PRINTF(5, 6);
void fault_add_refused(struct fault_list *list, uint32_t reason, uint32_t line, const char *column,
                       const char *message);

bool fault_any(const struct fault_list *list);
/* Whether the line has one in that column, or, with NULL, in any. */
bool fault_has(const struct fault_list *list, uint32_t line, const char *column);
void fault_sort(struct fault_list *list);          /* by line; stable */
const char *fault_code_name(enum fault_code code); /* one word for JSON */

/* Appends "line 7, value: 101 is more than the maximum 100" in the person's language, no newline.
 */
enum ng_err fault_format(const struct fault *f, struct buf *to) NG_MUST_USE;

/* Appends every fault on its own line, then how many more there are. `name` (of the file; may be
 * "") stands before each. */
enum ng_err fault_format_all(const struct fault_list *list, const char *name,
                             struct buf *to) NG_MUST_USE;

#endif
