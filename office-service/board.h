/* A board: (state, year, group, basis) -> rows. The one function that pages, tables, JSON and
 * exports are made from. Pure: a prefix of the log replayed into another map gives the same board.
 */
#ifndef NGANAM_OFFICE_BOARD_H
#define NGANAM_OFFICE_BOARD_H

#include "office-service/set_cache.h"
#include "office-service/standing.h"
#include "par/pool.h"

enum board_state {
    BOARD_MISSING = 0, /* no report */
    BOARD_PARTIAL,     /* some components are not answered */
    BOARD_COMPLETE
};

/* One word for JSON, and words for a person. */
const char *board_state_name(enum board_state state);
const char *board_state_text(enum board_state state);
const char *board_basis_name(enum basis basis);

struct board_field {
    char *code, *name_vi, *name_en; /* owned by the board */
    enum method_group group;        /* a deduction's points are taken off */
};

struct board_tasks {
    uint32_t done_on_time; /* deadlines kept */
    uint32_t due;          /* deadlines that have passed */
    uint32_t total;        /* and those to come */
};

struct board_row {
    size_t rank; /* from 1; 0: none, a unit without a figure */
    bool tied;
    char unit[STATE_UNIT_SIZE];
    const char *name; /* of the board's pool */
    enum board_state state;
    bool has_points;
    bool has_index; /* false too where every maximum left the total */
    struct fraction total;
    uint32_t answered;
    struct board_tasks tasks;
    uint64_t updated_index;  /* 0: no leaf yet */
    struct fraction *fields; /* [field_count]; of the board's pool */
};

struct board {
    uint32_t year;
    char group[STATE_CODE_SIZE];
    enum basis basis;
    uint64_t log_size; /* leaves folded */
    uint64_t received_at;
    char *set;   /* its code; owned */
    bool sample; /* the set says it is one */
    uint32_t rounding;
    uint32_t components;        /* that a unit answers itself */
    struct board_field *fields; /* owned */
    size_t field_count;
    size_t unit_count;      /* that stand on it */
    struct board_row *rows; /* in rank order; owned */
    size_t row_count;
    struct pool pool; /* of the rows' names and fields */
};

/* NG_ERR_NOT_FOUND, with what there is instead: unknown group, no set for the year. */
enum ng_err board_make(const struct kv *kv, struct set_cache *sets, uint32_t year,
                       const char *group, enum basis basis, struct board *ret) NG_MUST_USE;
/* The same with the row of one unit only, or with none if it is not on the board. */
enum ng_err board_make_one(const struct kv *kv, struct set_cache *sets, uint32_t year,
                           const char *group, enum basis basis, const char *unit,
                           struct board *ret) NG_MUST_USE;
void board_fini(struct board *b);

/* The row of a unit, or NULL. */
const struct board_row *board_find(const struct board *b, const char *unit);

/* Why a board of this group and year cannot be shown; always an error. */
enum ng_err board_explain_absence(const struct kv *kv, uint32_t year,
                                  const char *group) NG_MUST_USE;

#endif
