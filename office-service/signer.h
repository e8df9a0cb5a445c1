/* The person of the office who signs, with his own key, what a command writes. */
#ifndef NGANAM_OFFICE_SIGNER_H
#define NGANAM_OFFICE_SIGNER_H

#include "ledger/registry.h"
#include "office-service/office.h"

/* As the command line has them; NULL: not given. */
struct signer_options {
    const char *actor;
    const char *key; /* his key file; NULL: DATA/actors/ID.key */
};

struct signer {
    const char *id; /* borrowed; NULL: nobody signs */
    struct key_pair pair;
};

/* Has the key read, and says what would be wrong with it in the log: NG_ERR_USAGE, NG_ERR_INPUT (no
 * key file), NG_ERR_REFUSED (no person of the office, ended, not his key). Without --actor nobody
 * signs. From now on the office signs what it says so. End with signer_close. */
enum ng_err signer_open(struct office *o, const struct signer_options *opt,
                        struct signer *ret) NG_MUST_USE;
void signer_close(struct signer *s); /* wipes; a zeroed one is fine */

/* The same about a key that is at hand: the person's row. */
enum ng_err signer_check(struct office *o, const char *id, const struct key_pair *pair,
                         struct registry_actor *ret) NG_MUST_USE;

/* Before points are written that nobody signs: says so on stderr once the office has persons. */
enum ng_err signer_warn(struct office *o) NG_MUST_USE;

/* Puts actor and signature behind the payload (party_draft.finish); context: a signer. */
enum ng_err signer_sign(void *context, const struct statement *place,
                        struct buf *payload) NG_MUST_USE;

/* One line more for a person: who signed, or that nothing was written to be signed; none where
 * nobody was to sign. */
void signer_say(const struct office *o, bool written);
/* The person of what was written, for JSON; NULL: nobody. */
const char *signer_id(const struct office *o, bool written);

#endif
