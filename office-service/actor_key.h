/* The key of a person of the office: a file of one line, 0600, "nganam-actor1:" and base64 of the
 * Ed25519 seed and of four bytes of its hash, or that under the person's own passphrase (secret.h).
 * It lies with the person (a stick), or in DATA/actors/ID.key. */
#ifndef NGANAM_OFFICE_ACTOR_KEY_H
#define NGANAM_OFFICE_ACTOR_KEY_H

#include "ledger/key.h"
#include "ledger/secret.h"

/* DATA/actors/ID.key, unless another place was given; to free. NULL: no memory. */
char *actor_key_path(const char *folder, const char *id, const char *given);

struct secret_file actor_key_secret(const char *path);

/* Makes a key and writes its file, which must not be there yet (NG_ERR_REFUSED). locked: under the
 * passphrase that passphrase_choose was given. */
enum ng_err actor_key_make(const char *path, bool locked, struct key_pair *ret) NG_MUST_USE;
/* The person's key from the line that note_vkey makes of his id and it. NG_ERR_INPUT: it is none,
 * or another person's. */
enum ng_err actor_key_parse_public(const char *id, const char *line,
                                   uint8_t ret[KEY_PUBLIC_SIZE]) NG_MUST_USE;
/* NG_ERR_INPUT: no such file, or it is none; as secret_read. */
enum ng_err actor_key_load(const char *path, struct key_pair *ret) NG_MUST_USE;
/* The key of the person with this id, from the place given or DATA/actors/ID.key. NG_ERR_USAGE: not
 * an id; as actor_key_load. */
enum ng_err actor_key_open(const char *folder, const char *id, const char *given,
                           struct key_pair *ret) NG_MUST_USE;

#endif
