/* A board as JSON (docs/files.md) and as a table for people. */
#ifndef NGANAM_OFFICE_SHOW_BOARD_H
#define NGANAM_OFFICE_SHOW_BOARD_H

#include "ledger/hash.h"
#include "office-service/board.h"

#include <jansson.h>
#include <stdio.h>

/* root: of the log at the board's size. NULL: no memory. */
json_t *show_board_json(const struct board *b, const struct hash *root);
/* One field: {code, points, max}; a deduction's points are negative. NULL: no memory. */
json_t *show_board_field(const struct board *b, const struct board_row *row, size_t field);
/* "3=", "3", "-" for a person. One of two rotating per-thread strings. */
const char *show_board_rank(const struct board_row *row);

/* Which set, and how much of the log: two lines or three. */
void show_board_origin(const struct board *b, FILE *to);
void show_board_text(const struct board *b, FILE *to);

#endif
