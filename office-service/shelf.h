/* The kept snapshots of one data folder, DATA/snapshots: which there are, which are kept, which are
 * taken away. The holder of the fold lock writes, anybody reads.
 *
 * Kept are the newest few, and ever fewer the older they are: for each power of two, the last
 * SHELF_KEPT at its multiples (counted in intervals). So what lies back x leaves is at most about
 * x / SHELF_KEPT leaves from a snapshot, and ten years of the whole country keep about thirty. */
#ifndef NGANAM_OFFICE_SHELF_H
#define NGANAM_OFFICE_SHELF_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define SHELF_INTERVAL 16384u /* leaves */
#define SHELF_KEPT 4u

/* Whether a snapshot taken within the place-th interval is kept when the log has reached the
 * newest-th. Once it is not it never will be again. */
bool shelf_keeps(uint64_t place, uint64_t newest);

/* DATA/snapshots/SIZE.state, a new string the caller frees; NULL: no memory. */
char *shelf_path(const char *folder, uint64_t size);

enum ng_err shelf_make(const char *folder) NG_MUST_USE;

/* The greatest size ≤ at_most there is a file for; NG_ERR_NOT_FOUND. */
enum ng_err shelf_find(const char *folder, uint64_t at_most, uint64_t *ret_size) NG_MUST_USE;

/* Takes away all for which `keep` says no, and what a crash left half written; a file that will not
 * go is left. keep NULL: all of them. */
void shelf_clear(const char *folder, bool (*keep)(void *context, uint64_t size), void *context);

#endif
