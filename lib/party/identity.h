/* Who this data directory is: unit, key epoch, the log it belongs to and how to reach the broker.
 * DATA/identity, 0600, replaced atomically; born with its epoch (a copy of an old one is found out
 * by the broker's high-water mark). */
#ifndef NGANAM_PARTY_IDENTITY_H
#define NGANAM_PARTY_IDENTITY_H

#include "ledger/key.h"
#include "ledger/note.h"
#include "ledger/statement.h"

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
};

enum ng_err identity_load(const char *folder, struct identity *ret) NG_MUST_USE;
enum ng_err identity_save(const char *folder, const struct identity *id) NG_MUST_USE;
void identity_wipe(struct identity *id);

#endif
