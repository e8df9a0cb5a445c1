/* An ordered map with order statistics: byte-string keys to byte-string values, in key order, every
 * entry's position known. O(log n) for all but whole walks. Serves as the fold's state in replays
 * and tests, and wherever a program looks things up by name; the standings' own rank index lies in
 * the store (office-service/standing.h). One owner, no threads. */
#ifndef NGANAM_BASE_OMAP_H
#define NGANAM_BASE_OMAP_H

#include "base/buf.h"

#include <stdbool.h>

struct omap;

/* O(log n) in the worst case, whatever the order of the keys. NULL: out of memory. */
struct omap *omap_new(void);
void omap_destroy(struct omap **m); /* NULL and *m == NULL are fine */

/* Replaces; copies key and value, each below 4 GiB. NG_ERR_NOMEM leaves the map as it was. */
enum ng_err omap_put(struct omap *m, struct bytes key, struct bytes value) NG_MUST_USE;
/* The value is borrowed until the next change. */
bool omap_get(const struct omap *m, struct bytes key, struct bytes *ret_value);
bool omap_remove(struct omap *m, struct bytes key); /* false: was not there */
size_t omap_count(const struct omap *m);

/* How many keys are smaller than key (key itself need not be there). */
size_t omap_position(const struct omap *m, struct bytes key);
/* The entry at a position, 0 … count − 1; false beyond. Borrowed until the next change. */
bool omap_at(const struct omap *m, size_t position, struct bytes *ret_key, struct bytes *ret_value);
/* The first entry whose key is ≥ key. */
bool omap_seek(const struct omap *m, struct bytes key, struct bytes *ret_key,
               struct bytes *ret_value);

#endif
