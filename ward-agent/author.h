/* Acts become own statements: at most 256 in one; what does not fit goes as parts of one import,
 * all signed and stored together or not at all. */
#ifndef NGANAM_WARD_AGENT_AUTHOR_H
#define NGANAM_WARD_AGENT_AUTHOR_H

#include "party/party.h"
#include "proto/wire_par.h"

struct author_result {
    uint64_t first_seq, last_seq;
    size_t statements;
};

/* Kind 16 to the office; kind 20, tasks that a department assigns, to everyone, as the office's. On
 * disk when it returns; then whoever holds the uplink is woken. count > 0. NG_ERR_LIMIT: one act
 * alone is too large; else the errors of party_author. */
enum ng_err author_acts(struct party *p, enum wire_par_kind kind, const struct wire_act *acts,
                        size_t count, int64_t now_ms, struct author_result *ret) NG_MUST_USE;

/* Cuts acts into statements, for author_acts and its tests: appends the place behind the last act
 * of each to ret_ends (room for `count`). NG_ERR_LIMIT. */
enum ng_err author_cut(const struct wire_act *acts, size_t count, size_t *ret_ends,
                       size_t *ret_statements) NG_MUST_USE;

#endif
