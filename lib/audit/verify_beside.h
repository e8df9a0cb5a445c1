/* What stands beside an export's tree, checked against it: vkeys, policy and cosigned. For
 * verify_export.c. */
#ifndef NGANAM_AUDIT_VERIFY_BESIDE_H
#define NGANAM_AUDIT_VERIFY_BESIDE_H

#include "audit/verify_state.h"

/* Behind the last entry: the history is whole, or the parties' keys are not compared. Faults bear
 * the head's size as their index. Fills ret->cosigned. */
enum ng_err verify_beside(struct verify_state *v, struct source *export, const char *folder,
                          const struct note_head *head) NG_MUST_USE;

#endif
