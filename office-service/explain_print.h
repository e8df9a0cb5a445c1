/* An explanation as JSON and for people. */
#ifndef NGANAM_OFFICE_EXPLAIN_PRINT_H
#define NGANAM_OFFICE_EXPLAIN_PRINT_H

#include "ledger/hash.h"
#include "office-service/explain.h"

#include <jansson.h>
#include <stdio.h>

/* NULL: no memory. */
json_t *explain_print_json(const struct explain *e, const struct hash *root);
void explain_print_text(const struct explain *e, FILE *to);

#endif
