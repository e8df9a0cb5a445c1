/* The broker's loop: the desk with sockets, clocks and signals around it. */
#ifndef NGANAM_BROKER_SERVE_H
#define NGANAM_BROKER_SERVE_H

#include "base/err.h"
#include "broker/evidence.h"

#include <stdint.h>

#define SERVE_MEMORY_MIB 1024    /* of private memory, unless another limit is given */
#define SERVE_MEMORY_MIB_MIN 64u /* below it a broker does not come up */

struct serve_options {
    const char *folder;
    const char *listen;  /* NULL: the folder's endpoint */
    const char *head;    /* the head floor's file; NULL: where init put it */
    uint64_t memory_mib; /* 0: SERVE_MEMORY_MIB */
    struct evidence_limits evidence;
    uint64_t rate_max; /* statements a second of each party; 0: none */
    uint64_t kib_max;  /* KiB a second of each party; 0: none */
    int64_t start_ms;  /* that a start waits for the parties (hold.h); 0: not */
};

/* Serves the log in the folder until SIGTERM or SIGINT; raises the limit of open files and sets
 * that of memory; says "ready tcp://HOST:PORT" on stdout when it listens. NG_ERR_INPUT
 * (memory_mib), NG_ERR_BUSY (folder or address in use), storage errors: nothing more was
 * acknowledged after the first of those. */
enum ng_err serve_run(const struct serve_options *options) NG_MUST_USE;

#endif
