/* The broker's loop: the desk with sockets, clocks and signals around it. */
#ifndef NGANAM_BROKER_SERVE_H
#define NGANAM_BROKER_SERVE_H

#include "base/err.h"

/* Serves the log in `folder` on `listen` (NULL: the folder's endpoint), with the head floor in
 * `head` (NULL: where init put it), until SIGTERM or SIGINT; says "ready tcp://HOST:PORT" on stdout
 * when it listens. NG_ERR_BUSY (folder or address in use), storage errors: nothing more was
 * acknowledged after the first of those. */
enum ng_err serve_run(const char *folder, const char *listen, const char *head) NG_MUST_USE;

#endif
