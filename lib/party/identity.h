/* Who this data directory is: unit, key epoch, the log it belongs to and how to reach the broker.
 * DATA/identity, 0600, replaced atomically; born with its epoch (a copy of an old one is found out
 * by the broker's high-water mark). While an enrolment is on its way the new keys lie in
 * DATA/identity.new, so that an interrupted one goes on with the same keys. */
#ifndef NGANAM_PARTY_IDENTITY_H
#define NGANAM_PARTY_IDENTITY_H

#include "ledger/key.h"
#include "ledger/note.h"
#include "ledger/statement.h"

#define IDENTITY_FILE "identity"
#define IDENTITY_PENDING "identity.new"

struct identity {
    struct party_code party;
    uint32_t epoch;
    char origin[NOTE_ORIGIN_MAX + 1];
    struct key_public log_key;
    uint8_t log_id[LOG_ID_SIZE];
    char endpoint[256];
    uint8_t broker_curve[32];
    struct key_pair key;
    uint8_t curve_public[32];
    uint8_t curve_secret[32];
    bool locked; /* in the file the secrets are under a passphrase (ledger/passphrase.h) */
    struct key_public
        invite; /* of the slip it was enrolled with, so that the slip is known again */
};

/* folder/identity. NG_ERR_NOT_FOUND: nobody enrolled here; ACCESS: unreadable, or readable by
 * others than its owner; VERSION; CORRUPT: not what identity_save wrote; REFUSED: locked, and the
 * passphrase is wrong or not to be had. Saving a locked one asks for it if it was not had before.
 */
enum ng_err identity_load(const char *folder, struct identity *ret) NG_MUST_USE;
enum ng_err identity_save(const char *folder, const struct identity *id) NG_MUST_USE;

/* The same for IDENTITY_FILE or IDENTITY_PENDING. */
enum ng_err identity_load_as(const char *folder, const char *name,
                             struct identity *ret) NG_MUST_USE;
enum ng_err identity_save_as(const char *folder, const char *name,
                             const struct identity *id) NG_MUST_USE;

/* Makes new keys and takes everything else from what is given: for an enrolment. */
void identity_new_keys(struct identity *id);
void identity_wipe(struct identity *id);

#endif
