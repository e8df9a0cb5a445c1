/* Evidence where it is cited: its name made harmless, and the state of the file on this machine,
 * hashed again. */
#ifndef NGANAM_OFFICE_SHOW_EVIDENCE_H
#define NGANAM_OFFICE_SHOW_EVIDENCE_H

#include "blob/blob.h"
#include "proto/wire_par.h"

#include <jansson.h>

/* The state of a piece; blobs may be NULL: nothing was ever fetched. `named` (out): no file was put
 * at all, only its name said. */
struct blob_info show_evidence_state(struct blob_folder *blobs, const struct wire_evidence *e,
                                     bool *ret_named);

/* An array of {name, size, type, id, state, …}. NULL: no memory. */
json_t *show_evidence_json(struct blob_folder *blobs, const struct wire_evidence *items,
                           size_t count);
/* "a.pdf (12 KiB, there); …"; nothing for none. */
enum ng_err show_evidence_text(struct blob_folder *blobs, const struct wire_evidence *items,
                               size_t count, struct buf *to) NG_MUST_USE;

#endif
