/* Inside the fold: the outcome of a statement, gathered act by act and kept as the payloads of the
 * verdict the office will send: a part for every 256 findings. Verdicts for others than the office
 * are owed until the log has them. */
#ifndef NGANAM_OFFICE_FOLD_VERDICT_H
#define NGANAM_OFFICE_FOLD_VERDICT_H

#include "office-service/fold_act.h"

struct fold_findings *fold_verdict_new(void); /* NULL: no memory */
void fold_verdict_destroy(struct fold_findings **v);

/* Borrows the origin until the end. */
void fold_verdict_begin(struct fold *f, const struct fold_origin *origin, bool owed);
/* act: its place, from 1; 0 for the statement as a whole. Accepted acts are only counted. An error
 * is kept for the end. */
void fold_verdict_note(struct fold *f, uint32_t act, const struct fold_judged *judged);
enum ng_err fold_verdict_end(struct fold *f) NG_MUST_USE;

#endif
