/* What came of a submit, as JSON and in a person's words; agent and office say the same. */
#ifndef NGANAM_PARTY_CARRY_SAID_H
#define NGANAM_PARTY_CARRY_SAID_H

#include "party/carry.h"

#include <jansson.h>

/* error: taken over; NULL: none. NULL: no memory. */
json_t *carry_said_json(const char *path, const struct carry_outcome *out, json_t *error);
/* Prints nothing where nothing was taken. */
void carry_said_text(const char *path, const struct carry_outcome *out);

#endif
