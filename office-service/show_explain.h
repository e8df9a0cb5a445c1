/* An explanation as JSON and for people. */
#ifndef NGANAM_OFFICE_SHOW_EXPLAIN_H
#define NGANAM_OFFICE_SHOW_EXPLAIN_H

#include "ledger/hash.h"
#include "office-service/explain.h"

#include <jansson.h>
#include <stdio.h>

/* NULL: no memory. */
json_t *show_explain_json(const struct explain *e, const struct hash *root);
void show_explain_text(const struct explain *e, FILE *to);

#endif
