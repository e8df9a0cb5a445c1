/* Whether this machine's enrolment still waits for a confirmation, as its own inbox tells: offline
 * too, and only to tell the person. What counts is decided at the broker. */
#ifndef NGANAM_PARTY_CONFIRMATION_H
#define NGANAM_PARTY_CONFIRMATION_H

#include "ledger/registry.h"
#include "party/party.h"

#include <jansson.h>

struct confirmation {
    unsigned missing; /* persons who still have to confirm; 0: it may write */
    char digits[REGISTRY_DIGITS_SIZE];
};

enum ng_err confirmation_read(struct party *p, struct confirmation *ret) NG_MUST_USE;

/* {"missing", "digits"}, null when nothing is missing; NULL without memory. */
json_t *confirmation_json(const struct confirmation *c);
/* The digits and what happens next, some lines; nothing when nothing is missing. */
void confirmation_print(const struct confirmation *c);

#endif
