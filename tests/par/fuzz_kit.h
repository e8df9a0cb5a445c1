/* What the fuzz targets of lib/par share: a fixed criteria set, and what must be true of whatever a
 * reader of a file gives back. */
#ifndef NGANAM_TESTS_PAR_FUZZ_KIT_H
#define NGANAM_TESTS_PAR_FUZZ_KIT_H

#include "fuzz/fuzz_target.h"
#include "par/actlist.h"
#include "par/criteria.h"
#include "par/fault.h"

/* Of the year 2026, with every method; made once, never freed. */
const struct criteria *fuzz_kit_set(void);

/* The refusals of a reader that said err: listed and shown, or none. Ends the list. */
void fuzz_kit_refusals(enum ng_err err, struct fault_list *faults);

/* A reader said err: acts exactly when there is no fault; each fault and the whole list can be
 * shown; each act passes the check of the fold and comes back from the wire the same. Ends both. */
void fuzz_kit_acts(enum ng_err err, struct actlist *acts, struct fault_list *faults);

#endif
