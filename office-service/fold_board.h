/* Inside the fold: standings, one at a time. A report of a hundred components changes one standing
 * a hundred times and moves it in the index once, when the leaf is done. */
#ifndef NGANAM_OFFICE_FOLD_BOARD_H
#define NGANAM_OFFICE_FOLD_BOARD_H

#include "office-service/fold_act.h"

/* The standing and its set, for changing; both borrowed until the next call here.
 * NG_ERR_NOT_FOUND: the unit is not on that board. */
enum ng_err fold_board_open(struct fold *f, const struct score_place *at, struct standing **ret,
                            const struct criteria **ret_set) NG_MUST_USE;
/* It was changed by this leaf. */
void fold_board_touch(struct fold *f, uint64_t index);
/* Writes back the open standing; before it, the index may lag behind. */
enum ng_err fold_board_close(struct fold *f) NG_MUST_USE;

/* Puts a unit on a group's board of a year or takes it off, as its periods say (member_row.h). */
enum ng_err fold_board_place(struct fold *f, const char *unit, const char *group,
                             uint32_t year) NG_MUST_USE;
/* The same for all boards of a group. */
enum ng_err fold_board_place_all(struct fold *f, const char *unit, const char *group) NG_MUST_USE;

/* Removes every standing of a board, and puts every unit on it that belongs there. */
enum ng_err fold_board_clear(struct fold *f, const char *group, uint32_t year) NG_MUST_USE;
enum ng_err fold_board_fill(struct fold *f, const char *group, uint32_t year) NG_MUST_USE;

#endif
