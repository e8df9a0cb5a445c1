/* A slip as a person gives it to a command. */
#ifndef NGANAM_PARTY_SLIP_READ_H
#define NGANAM_PARTY_SLIP_READ_H

#include "party/slip.h"

/* The text itself, a file with it, or "-": standard input, on a terminal one line that is asked
 * for. Of the three the text is the one that others on the machine can see while the command runs.
 * NG_ERR_INPUT: what was given is none of them. */
enum ng_err slip_read(const char *given, struct slip *ret) NG_MUST_USE;

#endif
