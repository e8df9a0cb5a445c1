/* Deadlines that have passed, and what became of them. */
#ifndef NGANAM_OFFICE_DUE_ROW_H
#define NGANAM_OFFICE_DUE_ROW_H

#include "office-service/state.h"
#include "par/decimal.h"

/* A deadline that has passed for a unit (unit, year of the board, code, day). */
struct due_row {
    uint32_t from; /* first year of the task */
    bool of_group; /* a task of the unit's group, not its own */
    struct decimal weight;
    bool on_time;
    uint64_t index; /* of the statement that decided it; 0 with on_time false: none */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err due_row_get(const struct kv *kv, const char *unit, uint32_t year, const char *code,
                        int32_t day, struct due_row *ret) NG_MUST_USE;
enum ng_err due_row_put(const struct kv *kv, const char *unit, uint32_t year, const char *code,
                        int32_t day, const struct due_row *row) NG_MUST_USE;
enum ng_err due_row_remove(const struct kv *kv, const char *unit, uint32_t year, const char *code,
                           int32_t day) NG_MUST_USE;

/* A unit's passed deadlines of a year (code NULL: of every task), in order of code and day. */
struct due_walk {
    struct kv_walk walk;
    size_t prefix_size; /* up to where the codes begin */
};
void due_walk_begin(struct due_walk *w, const struct kv *kv, const char *unit, uint32_t year,
                    const char *code);
enum ng_err due_walk_next(struct due_walk *w, char ret_code[STATE_CODE_SIZE], int32_t *ret_day,
                          struct due_row *ret) NG_MUST_USE;

#endif
