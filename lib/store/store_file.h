/* LMDB's data file where LMDB itself would end the process or take it for somebody else's.
 *
 * A file cut short would kill the process with SIGBUS when a missing page is read, so the missing
 * end is filled with a hole: LMDB then finds an empty page and says it is damaged. The end may be
 * missing in a sound file too, when its last pages were given back before they were ever written,
 * so a short file alone is no reason to refuse. */
#ifndef NGANAM_STORE_STORE_FILE_H
#define NGANAM_STORE_STORE_FILE_H

#include "store/store_env.h"

/* Before the environment is opened; with create, under the folder's lock: takes away a file that a
 * full disk left half begun. Gives NG_ERR_NOT_FOUND: no file, or (without create) one half begun;
 * NG_ERR_IO. */
enum ng_err store_file_prepare(const struct store *s, bool create) NG_MUST_USE;

/* After it is opened. */
void store_file_fill(const struct store *s);

#endif
