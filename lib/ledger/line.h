/* Lines of a text from a peer: taken one by one, each ended by \n; nothing is copied. */
#ifndef NGANAM_LEDGER_LINE_H
#define NGANAM_LEDGER_LINE_H

#include "base/buf.h"

#include <stdbool.h>

/* Takes the line that begins *rest, without its new line; false when no new line is left. */
bool line_take(struct bytes *rest, struct bytes *ret_line);
bool line_is(struct bytes line, const char *text);
/* Takes a prefix off the line; false (and nothing taken) when it begins otherwise. */
bool line_skip(struct bytes *line, const char *prefix);
/* The whole line as a decimal without leading zeros. */
bool line_number(struct bytes line, uint64_t *ret);

#endif
