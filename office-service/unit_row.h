/* Units as the state keeps them: the newest import of each code, and which group it belongs to. */
#ifndef NGANAM_OFFICE_UNIT_ROW_H
#define NGANAM_OFFICE_UNIT_ROW_H

#include "office-service/state.h"
#include "proto/wire_par.h"

#include <stdbool.h>

struct unit_row {
    char group[STATE_CODE_SIZE];
    int32_t valid_from; /* DAY_NONE: always was */
    int32_t valid_to;   /* the last day; DAY_NONE: no end */
    uint64_t index;     /* of the leaf that said so */
    const char *name;   /* borrowed from the state */
    const char *parent; /* likewise */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err unit_row_get(const struct kv *kv, const char *code, struct unit_row *ret) NG_MUST_USE;

/* Writes the row and moves the unit between its groups' lists. */
enum ng_err unit_row_put(const struct kv *kv, const char *code,
                         const struct unit_row *row) NG_MUST_USE;

bool unit_row_valid_on(const struct unit_row *row, int32_t day);
/* On some day of that calendar year: such a unit stands on the year's board. */
bool unit_row_valid_in(const struct unit_row *row, uint32_t year);

/* The units of a group in order of code, valid or not. */
struct unit_walk {
    struct kv_walk walk;
    size_t prefix_size;
};
void unit_walk_begin(struct unit_walk *w, const struct kv *kv, const char *group);
/* Copies the code; NG_ERR_NOT_FOUND after the last. */
enum ng_err unit_walk_next(struct unit_walk *w, char ret_code[STATE_UNIT_SIZE]) NG_MUST_USE;

#endif
