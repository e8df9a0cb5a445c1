/* JSON documents for programs: the pieces more than one command prints (docs/files.md). */
#ifndef NGANAM_WARD_AGENT_SAY_JSON_H
#define NGANAM_WARD_AGENT_SAY_JSON_H

#include "ward-agent/say.h"

#include <jansson.h>

/* Prints the document and gives it up. NULL stands for memory that was not to be had. */
enum ng_err say_json_print(json_t *document) NG_MUST_USE;
json_t *
say_json_text(const char *text); /* null for NULL; never fails over bytes that are no UTF-8 */
/* {code, text} of this error, which is also printed on stderr: for a document that has more to say
 * than the error alone (end the command with cli_quiet). */
json_t *say_json_error(enum ng_err err);
json_t *say_json_moment(int64_t wall_ms);            /* RFC 3339; null for 0 */
json_t *say_json_head(const struct note_head *head); /* {size, root} */
json_t *say_json_finding(const struct wire_finding *f, const struct own_said *said);
/* {number, seq, received_at, kind, summary, verdict} of a delivered statement. */
json_t *say_json_receipt(const struct desk *d, const struct own_statement *s);

#endif
