/* How this program speaks: numbers and moments in the person's words, columns that line up whatever
 * the letters, and the pieces of JSON documents (docs/files.md). */
#ifndef NGANAM_OFFICE_SAY_H
#define NGANAM_OFFICE_SAY_H

#include "base/buf.h"
#include "ledger/hash.h"
#include "par/decimal.h"
#include "par/fault.h"

#include <jansson.h>
#include <stdio.h>

/* 128428 as "128.428" (Vietnamese) or "128,428". One of four rotating per-thread strings. */
const char *say_number(uint64_t number);
/* "09:41 23/11/2026". Rotating likewise. */
const char *say_moment(int64_t wall_ms);
/* "30/11/2026"; "-" for DAY_NONE. Rotating likewise. */
const char *say_day(int32_t day);
/* Exact, with at least `decimals`: "75.34" in JSON, "75,34" for a person. Rotating likewise. */
const char *say_exact(struct decimal d, uint32_t decimals);
const char *say_points(struct decimal d, uint32_t decimals);

/* Prints text, padded on the right (or the left) to a width; never cut. */
void say_padded(FILE *to, const char *text, size_t width, bool on_left);

/* Prints lead and text on lines of at most 80 columns, broken at spaces; all but the first begin
 * with `indent` spaces. Ends the last line. */
void say_wrapped(FILE *to, const char *lead, const char *text, size_t indent);

/* Prints the document and gives it up. NULL stands for memory that was not to be had. */
enum ng_err say_json(json_t *document) NG_MUST_USE;
/* null for NULL; bytes that are no UTF-8 become U+FFFD. */
json_t *say_json_text(const char *text);
/* say_exact as a JSON string of its own: the texts above rotate, and the order in which a call's
 * arguments are made is the compiler's. */
json_t *say_json_points(struct decimal d, uint32_t decimals);
json_t *say_json_root(const struct hash *root); /* base64 */
json_t *say_json_moment(uint64_t wall_ms);      /* RFC 3339; null for 0 */
json_t *say_json_day(int32_t day);              /* null for DAY_NONE */
json_t *say_json_index(uint64_t index);         /* null for 0 */

/* Ends a command whose file was wrong: every fault by line on stderr, then the error's own line;
 * with json one document with all of them. Always an error, NG_ERR_INPUT unless something else
 * failed. */
enum ng_err say_faults(const struct fault_list *faults, const char *name, bool json) NG_MUST_USE;

#endif
