/* Imports that came in parts: what does not fit into one statement is sent as parts n of m under
 * one import id, and takes effect at the last. Pure and bounded: an import with a part missing, or
 * whose parts do not fit each other, comes to nothing. */
#ifndef NGANAM_WARD_AGENT_PARTS_H
#define NGANAM_WARD_AGENT_PARTS_H

#include "proto/wire_par.h"

#define PARTS_COUNT_MAX 1024u /* of one import */
#define PARTS_OPEN_MAX 8u     /* imports begun and not complete; the oldest gives way */

struct parts;

struct parts *parts_new(void); /* NULL: out of memory */
void parts_destroy(struct parts **p);

/* Takes one statement's acts (*acts becomes NULL in any case) and gives those that take effect now:
 * its own when it is whole, all of the import's when it is the part that completes it, else none.
 * The array is borrowed until the next call. NG_ERR_NOMEM. */
enum ng_err parts_take(struct parts *p, const char *author, uint32_t kind, struct wire_acts **acts,
                       const struct wire_act **ret_acts, size_t *ret_count) NG_MUST_USE;

#endif
