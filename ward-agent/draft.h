/* Drafts: reports kept as CSV files in DATA/drafts, not checked and not sent until asked for. A
 * draft's name is its period and a number, "2026-Q3.1"; the file beside it may be edited by hand.
 */
#ifndef NGANAM_WARD_AGENT_DRAFT_H
#define NGANAM_WARD_AGENT_DRAFT_H

#include "base/buf.h"

#include <limits.h>
#include <stdint.h>

#define DRAFT_FOLDER "drafts"
#define DRAFT_NAME_MAX 24 /* with its zero */
#define DRAFT_COUNT_MAX 999u

struct draft_name {
    char text[DRAFT_NAME_MAX];
    char period[12];
    uint32_t year;
};

/* Takes a name apart; NG_ERR_INPUT: no draft is called so. */
enum ng_err draft_parse(const char *text, struct draft_name *ret) NG_MUST_USE;

/* Saves under the period's first free number. Storage errors. */
enum ng_err draft_save(const char *data_folder, const char *period, struct bytes csv,
                       struct draft_name *ret) NG_MUST_USE;

/* NG_ERR_NOT_FOUND. */
enum ng_err draft_read(const char *data_folder, const struct draft_name *name,
                       struct buf *to) NG_MUST_USE;
enum ng_err draft_remove(const char *data_folder, const struct draft_name *name) NG_MUST_USE;

/* The draft's file into a new string the caller frees; NULL: out of memory. */
char *draft_path(const char *data_folder, const struct draft_name *name);

/* All, in order of name, into a new array the caller frees (NULL and 0 when there is none). */
enum ng_err draft_list(const char *data_folder, struct draft_name **ret,
                       size_t *ret_count) NG_MUST_USE;

#endif
