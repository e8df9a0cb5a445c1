/* What one entry of the log changed in the state: before it, after it. */
#ifndef NGANAM_OFFICE_SHOW_CHANGE_H
#define NGANAM_OFFICE_SHOW_CHANGE_H

#include "office-service/mirror.h"

#include <jansson.h>

/* Adds to the object "changes": [{"what", "before_after"}], "what" in a person's words, the fields
 * as state_field_difference writes them. A show_change_fn; the context is the struct mirror. */
enum ng_err show_change(void *mirror, uint64_t index, json_t *object) NG_MUST_USE;

#endif
