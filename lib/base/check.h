/* CHECK(x): our own invariant; always on; ends the process with file and line.
 * NEVER(x): true if the impossible happened; keeps a defensive branch, and says so once in the log.
 * Never use either on what came from a peer, the disk or a file. */
#ifndef NGANAM_BASE_CHECK_H
#define NGANAM_BASE_CHECK_H

#include <stdbool.h>

#define CHECK(x) ((x) ? (void)0 : check_failed(#x, __FILE__, __LINE__))
#define NEVER(x) ((x) ? check_never(#x, __FILE__, __LINE__) : false)

_Noreturn void check_failed(const char *expression, const char *file, int line);
bool check_never(const char *expression, const char *file, int line);

#endif
