/* --at: which prefix of the log is meant by a number of messages or the end of a day. replay.h
 * gives its state. */
#ifndef NGANAM_OFFICE_AT_H
#define NGANAM_OFFICE_AT_H

#include "office-service/mirror.h"

/* "412" (at most the mirror's size, else NG_ERR_NOT_FOUND), "2026-11-30" or "30/11/2026": how many
 * leaves were received by the end of that day at UTC+7. NG_ERR_INPUT for anything else. */
enum ng_err at_resolve(const struct mirror_view *v, const char *text,
                       uint64_t *ret_count) NG_MUST_USE;

#endif
