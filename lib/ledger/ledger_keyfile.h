/* The log's private key in its file, for lib/ledger alone: one line as note signers write it,
 * PRIVATE+KEY+origin+id+base64(0x01 || seed). */
#ifndef NGANAM_LEDGER_LEDGER_KEYFILE_H
#define NGANAM_LEDGER_LEDGER_KEYFILE_H

#include "ledger/note.h"

enum ng_err ledger_keyfile_write(const char *path, const char *origin,
                                 const uint8_t seed[32]) NG_MUST_USE;
/* NG_ERR_NOT_FOUND, ACCESS (unreadable, or open to others), INPUT (not such a file, or for another
 * origin). */
enum ng_err ledger_keyfile_read(const char *path, const char *origin,
                                struct key_pair *ret) NG_MUST_USE;

#endif
