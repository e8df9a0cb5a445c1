/* A small file with a secret in it, 0600: its text as it is, or under a passphrase, which is then
 * one line, "nganam-locked1:" and base64 of what keyseal.h makes of the text. */
#ifndef NGANAM_LEDGER_SECRET_H
#define NGANAM_LEDGER_SECRET_H

#include "ledger/passphrase.h"

#define SECRET_TEXT_MAX 512

struct secret_file {
    const char *path;
    const char *purpose; /* of keyseal.h: no file opens in another's place */
    enum passphrase_of whose;
};

/* Into an empty buffer with a maximum of SECRET_TEXT_MAX, to be given to secret_forget. What is
 * locked needs the passphrase (passphrase.h). ret_locked may be NULL. NG_ERR_NOT_FOUND; ACCESS:
 * open to others; CORRUPT; REFUSED: another passphrase, or none to be had. */
enum ng_err secret_read(const struct secret_file *f, struct buf *ret_text,
                        bool *ret_locked) NG_MUST_USE;
/* locked: under the passphrase, asked for if it was not had before. The file is the old one or the
 * new one, whatever happens. */
enum ng_err secret_write(const struct secret_file *f, struct bytes text, bool locked) NG_MUST_USE;
void secret_forget(struct buf *text);

/* The files, at most SECRET_FILES_MAX and of one owner, under a new passphrase (lock), from
 * new_file or (NULL) asked for; else as they were before the first. Broken off between two of them
 * it can be run again in the same way. Errors as secret_read and passphrase_choose; REFUSED too:
 * none of them has a passphrase. */
#define SECRET_FILES_MAX 4
enum ng_err secret_lock(const struct secret_file *files, size_t count, bool lock,
                        const char *new_file) NG_MUST_USE;

/* For files that hold more than a secret: what keyseal.h makes of it, under the passphrase of f,
 * and back; ret takes exactly `size` bytes. Errors as above. */
enum ng_err secret_close(const struct secret_file *f, struct bytes secret,
                         struct buf *to) NG_MUST_USE;
enum ng_err secret_open(const struct secret_file *f, struct bytes sealed, uint8_t *ret,
                        size_t size) NG_MUST_USE;

#endif
