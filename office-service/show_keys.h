/* The tables of parties and of persons, for a person and as JSON. */
#ifndef NGANAM_OFFICE_SHOW_KEYS_H
#define NGANAM_OFFICE_SHOW_KEYS_H

#include "office-service/keys.h"
#include "office-service/mirror.h"

/* Names as in JSON and on the command line. Static. */
const char *show_keys_role(enum wire_role role);
const char *show_keys_actor_role(enum wire_actor_role role);
const char *show_keys_policy(enum wire_enrolment policy);
/* "open" (invited, not enrolled), "active", "frozen", "revoked", "unconfirmed". */
const char *show_keys_state(const struct registry_party *p);

enum ng_err show_keys_parties(const struct mirror_view *v, bool json) NG_MUST_USE;
enum ng_err show_keys_actors(const struct kv *kv, bool json) NG_MUST_USE;

#endif
