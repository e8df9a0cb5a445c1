/* Units as the state keeps them: what the newest import of each code said, and the lists of the
 * groups. Which group a unit belonged to on a day is member_row.h's. */
#ifndef NGANAM_OFFICE_UNIT_ROW_H
#define NGANAM_OFFICE_UNIT_ROW_H

#include "office-service/state.h"
#include "proto/wire_par.h"

struct unit_row {
    char group[STATE_CODE_SIZE]; /* the newest */
    int32_t valid_from;          /* DAY_NONE: always was */
    int32_t valid_to;            /* the last day; DAY_NONE: no end */
    uint64_t index;              /* of the leaf that said so */
    const char *name;            /* borrowed from the state */
    const char *parent;          /* likewise */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err unit_row_get(const struct kv *kv, const char *code, struct unit_row *ret) NG_MUST_USE;

enum ng_err unit_row_put(const struct kv *kv, const char *code,
                         const struct unit_row *row) NG_MUST_USE;

/* Puts a unit on the list of a group, or takes it off. */
enum ng_err unit_row_list(const struct kv *kv, const char *group, const char *code) NG_MUST_USE;
enum ng_err unit_row_unlist(const struct kv *kv, const char *group, const char *code) NG_MUST_USE;

/* The units that belong to a group, did or will, in order of code. */
struct unit_walk {
    struct kv_walk walk;
    size_t prefix_size;
};
void unit_walk_begin(struct unit_walk *w, const struct kv *kv, const char *group);
/* Copies the code; NG_ERR_NOT_FOUND after the last. */
enum ng_err unit_walk_next(struct unit_walk *w, char ret_code[STATE_UNIT_SIZE]) NG_MUST_USE;

#endif
