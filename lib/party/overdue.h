/* Statements that wait too long for their receipt: a person is told what to do. Whether the line is
 * down or the broker will not take it looks the same from here, and so does the way round. */
#ifndef NGANAM_PARTY_OVERDUE_H
#define NGANAM_PARTY_OVERDUE_H

#include "party/party.h"

#define OVERDUE_HOURS 24u
#define OVERDUE_HOURS_MAX 8784u /* a year */
#define OVERDUE_LOOK_MS 60000   /* how often a service should look */

/* After how many hours; as set in this folder, else OVERDUE_HOURS. */
enum ng_err overdue_hours(struct party *p, uint64_t *ret_hours) NG_MUST_USE;
/* NG_ERR_INPUT unless 1 … OVERDUE_HOURS_MAX. */
enum ng_err overdue_set_hours(struct party *p, uint64_t hours) NG_MUST_USE;

/* An alarm, once, for the first statement without a receipt, when it was written so long ago.
 * ret_raised: a new one. */
enum ng_err overdue_look(struct party *p, int64_t now_ms, bool *ret_raised) NG_MUST_USE;

#endif
