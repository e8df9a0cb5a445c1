/* Parties of which the log has had nothing for a while: each that runs writes at least a heartbeat
 * a day (party/heartbeat.h), so silence means a machine that is off or a road that is closed. */
#ifndef NGANAM_OFFICE_SILENT_H
#define NGANAM_OFFICE_SILENT_H

#include "office-service/mirror.h"

#define SILENT_MS (2 * 24 * 3600 * 1000LL)
#define SILENT_LEAVES_MAX 100000u /* looked at, from the newest back */

struct silent {
    struct party_code *codes; /* enrolled and silent, in their order; owned */
    size_t count;
    bool known; /* false: more was said in that time than is looked at; codes are then empty */
};

/* As of this moment: when the broker was last heard, for what came later we cannot know. Auditors
 * write nothing and `own` knows of itself: both are left out. */
enum ng_err silent_find(const struct mirror_view *v, const char *own, int64_t as_of_ms,
                        struct silent *ret) NG_MUST_USE;
void silent_fini(struct silent *s);

#endif
