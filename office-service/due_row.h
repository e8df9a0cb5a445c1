/* What units said about their tasks, and what became of the deadlines that have passed. */
#ifndef NGANAM_OFFICE_DUE_ROW_H
#define NGANAM_OFFICE_DUE_ROW_H

#include "office-service/state.h"
#include "par/decimal.h"

/* The last accepted statement of a unit about one task (unit, code, first year of the task). */
struct progress_row {
    uint32_t percent;
    uint64_t index; /* of the leaf */
    uint64_t received_at;
    uint64_t done_at;    /* when the present run of "100 %" began; 0: it does not say 100 */
    uint64_t done_index; /* the leaf that began it */
    struct bytes said;   /* borrowed from the state */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err progress_row_get(const struct kv *kv, const char *unit, const char *code, uint32_t from,
                             struct progress_row *ret) NG_MUST_USE;
enum ng_err progress_row_put(const struct kv *kv, const char *unit, const char *code, uint32_t from,
                             const struct progress_row *row) NG_MUST_USE;

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

/* Sums over the due rows of a unit and year. */
struct tally_row {
    struct decimal due_weight;
    struct decimal on_time_weight;
    uint32_t due;
    uint32_t on_time;
};

/* Zeros where there is none. */
enum ng_err tally_row_get(const struct kv *kv, const char *unit, uint32_t year,
                          struct tally_row *ret) NG_MUST_USE;
enum ng_err tally_row_put(const struct kv *kv, const char *unit, uint32_t year,
                          const struct tally_row *row) NG_MUST_USE;

#endif
