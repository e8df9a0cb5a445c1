/* The broker's clock against this machine's. received_at decides deadlines, and only the broker
 * says it; a person is told when what it stamps now is not now. Pure. */
#ifndef NGANAM_PARTY_TIMES_H
#define NGANAM_PARTY_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#define TIMES_APART_MS 300000 /* as much as the broker bears of its own clock */

/* Whether received_at may be: not before `from_ms` (0: unknown), not after now, by this machine's
 * clock, give or take. */
bool times_agree(uint64_t received_at, int64_t from_ms, int64_t now_ms);

/* What a person is told; which of the two clocks is wrong only he can see. */
const char *times_text(void);

#endif
