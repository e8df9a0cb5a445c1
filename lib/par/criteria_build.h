/* Private to criteria: from rows of texts to a checked tree, the same for a file and for the log.
 */
#ifndef NGANAM_PAR_CRITERIA_BUILD_H
#define NGANAM_PAR_CRITERIA_BUILD_H

#include "par/criteria.h"

struct criteria_row {
    struct wire_node node; /* every text non-NULL */
    uint32_t line;
};

struct criteria_code {
    const char *code;
    uint32_t index;
};

struct criteria {
    struct criteria_head head;
    struct criteria_node *nodes; /* in tree order */
    size_t count;
    struct criteria_code *codes; /* by code */
    uint32_t *fields;
    size_t field_count;
    uint32_t leaves;
    uint32_t answerable;
    struct pool pool; /* holds all of the above, and every text */
};

/* Fills c's nodes from the rows; c->head (but base_max) and c->pool are set. canonical: numbers as
 * on the wire, and texts are checked to be clean. head_line: where a fault of the head is reported.
 * NG_ERR_INPUT with every fault in the list, NG_ERR_NOMEM. */
enum ng_err criteria_build(struct criteria *c, const struct criteria_row *rows, size_t count,
                           bool canonical, uint32_t head_line,
                           struct fault_list *faults) NG_MUST_USE;

/* The nodes in document order while they are checked; parent and field are places in it. */
struct criteria_draft {
    struct criteria_node *nodes;
    bool *sound; /* the row's own cells are right: its maximum and method may be used */
    size_t count;
};

/* Reads the cells of one row into its draft node; the parent is left alone. */
enum ng_err criteria_row_read(const struct criteria_row *row, bool canonical, struct pool *pool,
                              struct fault_list *faults, struct criteria_node *ret,
                              bool *ret_sound) NG_MUST_USE;

/* Checks the whole tree: who is whose parent, what adds up. Fills children, field, group and
 * head->base_max. sums and sums_sound: room for count each. */
void criteria_tree_check(struct criteria_draft *d, struct criteria_head *head, uint32_t head_line,
                         struct decimal *sums, bool *sums_sound, struct fault_list *faults);

#endif
