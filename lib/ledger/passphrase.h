/* The passphrases of this process: from a file, or asked on the terminal; never from the words of
 * the command line, which everybody on the machine can read. The machine's keys have one, and the
 * key of a person who signs at it has another, which no file of the machine need hold. */
#ifndef NGANAM_LEDGER_PASSPHRASE_H
#define NGANAM_LEDGER_PASSPHRASE_H

#include "base/buf.h"

#define PASSPHRASE_SIZE_MIN 8
#define PASSPHRASE_SIZE_MAX 1024

enum passphrase_of { PASSPHRASE_MACHINE, PASSPHRASE_PERSON };

/* Had once, then kept until it is forgotten: the first line of the file that the environment names,
 * else asked on the terminal if stdin is one. The machine's is in NGANAM_PASSPHRASE_FILE
 * (--passphrase-file puts it there; /dev/fd/N is a file), a person's in
 * NGANAM_ACTOR_PASSPHRASE_FILE. `what` names the keys. Borrowed. NG_ERR_REFUSED: there is neither,
 * or nothing was typed; ACCESS: others may read the file; errors of the file. */
enum ng_err passphrase_get(enum passphrase_of whose, const char *what,
                           struct bytes *ret) NG_MUST_USE;

/* A new one, kept in place of the present one: from this file, or (NULL) asked twice on the
 * terminal. NG_ERR_INPUT: too short, or the two differ. */
enum ng_err passphrase_choose(enum passphrase_of whose, const char *file) NG_MUST_USE;
void passphrase_forget(enum passphrase_of whose);

#endif
