/* log head, log show, log prove: one thing of a source, for a person or as JSON. */
#ifndef NGANAM_AUDIT_SHOW_H
#define NGANAM_AUDIT_SHOW_H

#include "audit/source.h"

#include <jansson.h>

enum ng_err show_head(struct source *s, bool as_json) NG_MUST_USE;

/* What an entry changed, where somebody can say it: adds "changes" to the entry's object, an array
 * of {"what", "before_after"}, both texts. */
typedef enum ng_err (*show_change_fn)(void *context, uint64_t index, json_t *object);
/* The entry with all its fields; number: its index, as text. change: may be NULL. */
enum ng_err show_entry(struct source *s, const char *number, bool as_json, show_change_fn change,
                       void *context) NG_MUST_USE;

/* what: "inclusion" INDEX SIZE or "consistency" OLD NEW. The proof is verified before it is
 * printed, against the newest head. */
enum ng_err show_proof(struct source *s, const char *what, const char *a, const char *b,
                       bool as_json) NG_MUST_USE;

#endif
