/* A log as a folder of plain files that software which is not ours can read and check: a C2SP
 * tlog-tiles log (docs/AUDIT.md, docs/disk-format.md). */
#ifndef NGANAM_AUDIT_EXPORT_H
#define NGANAM_AUDIT_EXPORT_H

#include "audit/source.h"

struct export_result {
    uint64_t before;  /* entries that were there */
    uint64_t size;    /* that are there now */
    uint64_t written; /* files */
};

/* Brings the export in the folder (made if missing) to the source's newest head; what is there is
 * kept, what is new is added, the checkpoint comes last. Broken off anywhere, the folder is the
 * export it was, or has no checkpoint; the next run goes on. NG_ERR_REFUSED in words: the folder
 * holds something else, another log's export, a longer one, or one that this log contradicts.
 * NG_ERR_AGAIN: the source is still catching up. NG_ERR_CORRUPT: it is damaged. */
enum ng_err export_write(struct source *s, const char *folder,
                         struct export_result *ret) NG_MUST_USE;

/* What was done, for a person or as JSON. */
enum ng_err export_print(const char *folder, const struct export_result *r,
                         bool as_json) NG_MUST_USE;

/* An export as a source. vkey: of the log it has to be of; NULL: what the folder itself says, which
 * shows that it is whole but not whose it is. NG_ERR_NOT_FOUND, NG_ERR_CORRUPT, NG_ERR_VERIFY. */
enum ng_err export_open(const char *folder, const char *vkey, struct source *ret) NG_MUST_USE;
const char *export_path(const struct source *s); /* of a source that export_open gave */

#endif
