/* Inside the fold: imports that come in several statements. They take effect at the leaf that
 * completes them, whatever the order of the parts; what is incomplete waits, bounded. */
#ifndef NGANAM_OFFICE_FOLD_IMPORT_H
#define NGANAM_OFFICE_FOLD_IMPORT_H

#include "office-service/fold_act.h"

#define FOLD_IMPORT_PARTS_MAX 1024u
#define FOLD_IMPORT_OPEN_MAX 8u /* unfinished imports of one author; the oldest is dropped */

/* Takes one part. ret_judged: false while parts are missing, so there is no verdict yet. */
enum ng_err fold_import_take(struct fold *f, uint32_t kind, const struct fold_origin *origin,
                             struct bytes payload, const struct wire_acts *acts,
                             bool *ret_judged) NG_MUST_USE;

#endif
