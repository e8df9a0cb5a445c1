/* What the machine gives this process: descriptors and memory. */
#ifndef NGANAM_BASE_LIMITS_H
#define NGANAM_BASE_LIMITS_H

#include "base/err.h"

#include <stdint.h>

/* The soft limit of open descriptors becomes the hard one. Gives what it is now; NG_ERR_IO. */
enum ng_err limits_raise_files(uint64_t *ret_files) NG_MUST_USE;

/* From now on the process gets no more than this much private memory in all (RLIMIT_DATA: heap and
 * anonymous mappings; a mapped file does not count, so a log of any size fits). What is asked for
 * beyond it fails: our own code reports NG_ERR_NOMEM, libraries abort. Never above a lower limit
 * that is there. Does nothing in a build under ASan or TSan, whose shadow would count. */
enum ng_err limits_cap_memory(uint64_t bytes) NG_MUST_USE;

/* Private memory in use (resident, without mapped files); 0 when the system does not say. */
uint64_t limits_private_bytes(void);

#endif
