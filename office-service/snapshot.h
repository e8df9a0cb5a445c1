/* One kept snapshot: the whole state as it was after so many leaves, in one file that is written
 * once and only read afterwards. Derived data: it can be thrown away, and one that is not exactly
 * what was written (blocks are hashed), or of other rules, or of another log, is never used.
 *
 * docs/disk-format.md has the bytes. */
#ifndef NGANAM_OFFICE_SNAPSHOT_H
#define NGANAM_OFFICE_SNAPSHOT_H

#include "ledger/tree.h"
#include "office-service/kv.h"

/* Writes PATH beside it first, then renames. Not synced: after a power cut it is there, or it is
 * found out. edge: the log's, at the state's size. On failure nothing is left behind. */
enum ng_err snapshot_write(const char *path, const struct kv *state,
                           const struct tree_edge *edge) NG_MUST_USE;

struct snapshot;

/* Reads and hashes all of it. NG_ERR_NOT_FOUND; NG_ERR_CORRUPT when it is not what was written;
 * NG_ERR_VERSION when it is of other rules. */
enum ng_err snapshot_open(const char *path, struct snapshot **ret) NG_MUST_USE;
void snapshot_close(struct snapshot **s); /* NULL and *s == NULL are fine */

/* Borrowed. The map is only read: a put or a remove ends the process. */
const struct kv *snapshot_state(const struct snapshot *s);
const struct tree_edge *snapshot_edge(const struct snapshot *s);

#endif
