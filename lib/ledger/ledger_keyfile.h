/* The log's private key in its file: one line as note signers write it,
 * PRIVATE+KEY+origin+id+base64(0x01 || seed), or that under a passphrase (secret.h). For lib/ledger
 * alone, save where the passphrase is changed. */
#ifndef NGANAM_LEDGER_LEDGER_KEYFILE_H
#define NGANAM_LEDGER_LEDGER_KEYFILE_H

#include "ledger/note.h"
#include "ledger/secret.h"

struct secret_file ledger_keyfile_secret(const char *path);

enum ng_err ledger_keyfile_write(const char *path, const char *origin, const uint8_t seed[32],
                                 bool locked) NG_MUST_USE;
/* ret_locked may be NULL. NG_ERR_NOT_FOUND, ACCESS (unreadable, or open to others), INPUT (not such
 * a file, or for another origin), REFUSED (its passphrase is wrong, or not to be had). */
enum ng_err ledger_keyfile_read(const char *path, const char *origin, struct key_pair *ret,
                                bool *ret_locked) NG_MUST_USE;

#endif
