/* An explanation as JSON and for people. */
#ifndef NGANAM_OFFICE_SHOW_EXPLAIN_H
#define NGANAM_OFFICE_SHOW_EXPLAIN_H

#include "ledger/hash.h"
#include "office-service/explain.h"

#include <jansson.h>
#include <stdio.h>

/* NULL: no memory. */
json_t *show_explain_json(const struct explain *e, const struct hash *root);
/* show_explain_text.c: lines of at most 80 columns, but for words that are longer. */
void show_explain_text(const struct explain *e, FILE *to);

/* What was said of a component, if it is of that kind; else NULL. */
const struct wire_report *show_explain_report(const struct explain_component *c);
const struct wire_survey *show_explain_survey(const struct explain_component *c);
/* The unit's last word about a task; NULL: none. */
const struct wire_progress *show_explain_progress(const struct task_item *t);

#endif
