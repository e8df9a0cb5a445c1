/* What is said of the office's persons and its policy, for those who read the whole log: an alarm
 * where the admins were passed by or somebody tried to, a line in the operational log where they
 * signed. Others have no such rows, and no business with it. */
#ifndef NGANAM_PARTY_PERSON_EVENT_H
#define NGANAM_PARTY_PERSON_EVENT_H

#include "party/cosigners.h"
#include "party/identity.h"

struct person_event {
    const struct identity *id; /* of the reader: what this machine said itself is not told to it */
    int64_t now_ms;
};

/* A cosigners_watch's look; context: the struct above. What was read before is passed over. */
enum ng_err person_event_look(void *context, struct store_txn *t,
                              const struct registry_fold_rows *rows, const struct leaf *leaf,
                              const struct statement *s, struct bytes encoded) NG_MUST_USE;

#endif
