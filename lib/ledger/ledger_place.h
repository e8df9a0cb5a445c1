/* Whether a log's file lies where it was made. A backup that was put back is another file, though
 * every byte of it is right: it may lack the newest leaves, and nothing in it can say so. So the
 * file's inode and time of birth are noted beside it. A snapshot of a whole disk is not told by
 * this; the head floor on another disk is. For lib/ledger alone. */
#ifndef NGANAM_LEDGER_LEDGER_PLACE_H
#define NGANAM_LEDGER_LEDGER_PLACE_H

#include "base/err.h"

#include <stdbool.h>

/* log_folder: the folder of data.mdb; the note lies in it as `place`. No note, or one of another
 * file: false. */
enum ng_err ledger_place_holds(const char *log_folder, bool *ret) NG_MUST_USE;
/* No note any more: to every later start the file is a copy. */
enum ng_err ledger_place_forget(const char *log_folder) NG_MUST_USE;
/* Notes the file as it is now. */
enum ng_err ledger_place_mark(const char *log_folder) NG_MUST_USE;

#endif
