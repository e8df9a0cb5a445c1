/* The evidence behind a bundle's front, on its way to the broker; for carry_submit.c alone. */
#ifndef NGANAM_PARTY_CARRY_FILES_H
#define NGANAM_PARTY_CARRY_FILES_H

#include "party/carry.h"

/* Whether what lies behind the front is what its rows say, to the last byte; counts the files into
 * ret. NG_ERR_VERIFY: damaged. */
enum ng_err carry_files_check(int fd, uint64_t file_size, const struct bundle *b,
                              struct carry_outcome *ret) NG_MUST_USE;

/* Puts each for its owner and adds the log's word for it to the answer. One that is not taken is
 * told in ret->why, and the others go on. NG_ERR_PEER: nothing has moved for timeout_ms. */
enum ng_err carry_files_send(struct party *p, int fd, const struct bundle *b, int64_t timeout_ms,
                             struct buf *answer, struct carry_outcome *ret) NG_MUST_USE;

#endif
