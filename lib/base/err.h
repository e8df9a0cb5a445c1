/* Errors: one enum, one table, one line of context that grows as an error rises.
 *
 * A function that can fail in more than one way returns enum ng_err. The function that finds the
 * fault calls err_set with what and why; each caller that knows more puts its name in front with
 * err_wrap ("outbox: commit: no space left on device"). Whoever decides what happens next logs or
 * prints err_detail() once; nobody does both. The detail is per thread, like errno.
 */
#ifndef NGANAM_BASE_ERR_H
#define NGANAM_BASE_ERR_H

#include <stdbool.h>

#define NG_MUST_USE __attribute__((warn_unused_result))
#define NG_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum ng_err {
    NG_OK = 0,
    NG_ERR_USAGE,     /* the command's words are off */
    NG_ERR_INPUT,     /* a file, line or value the person gave is wrong */
    NG_ERR_LIMIT,     /* larger than the stated maximum */
    NG_ERR_REFUSED,   /* a rule says no */
    NG_ERR_NOT_FOUND, /* nothing there */
    NG_ERR_VERIFY,    /* a hash, proof or signature does not hold */
    NG_ERR_AGAIN,     /* not now: would block, not ready, try later */
    NG_ERR_PEER,      /* the other side was not reached in time */
    NG_ERR_PROTO,     /* bytes from a peer do not parse */
    NG_ERR_IO,        /* a system call on a file or socket failed */
    NG_ERR_FULL,      /* no space left on device, or quota */
    NG_ERR_ACCESS,    /* missing rights */
    NG_ERR_BUSY,      /* the data directory is in use */
    NG_ERR_VERSION,   /* made by another version of the format */
    NG_ERR_CORRUPT,   /* stored bytes do not hold together */
    NG_ERR_NOMEM,     /* out of memory */
    NG_ERR_COUNT
};

/* One word for logs and JSON ("not_found"); never translated. */
const char *err_name(enum ng_err err);

/* The general sentence of the error, in the person's language (lang.h). */
const char *err_text(enum ng_err err);

/* True where the same call may succeed later without anybody doing anything. */
bool err_retryable(enum ng_err err);

/* The contract of every command: 0 done, 1 the answer is no, 2 usage or input, 3 peer, 4 storage.
 */
int err_exit_status(enum ng_err err);

/* Starts a new detail and returns err, so that it can stand in a return statement. For NOMEM the
 * text only names what did not fit; that memory is out is added here. */
enum ng_err err_set(enum ng_err err, const char *format, ...) NG_PRINTF(2, 3);

/* As err_set for a failed system call: appends ": " and err_errno_text, and picks the code
 * from it (ENOSPC and EDQUOT: FULL, EACCES, EPERM and EROFS: ACCESS, ENOMEM: NOMEM, ENOENT:
 * NOT_FOUND, EAGAIN: AGAIN, else IO). */
enum ng_err err_set_errno(int saved_errno, const char *format, ...) NG_PRINTF(2, 3);

/* The sentence of an errno in the person's language, with what to do where it is one people meet;
 * of the rest it holds libc's words in parentheses. Borrowed until the next call in this thread. */
const char *err_errno_text(int saved_errno);

/* Puts "format: " before the detail there is; returns err. Does nothing for NG_OK. */
enum ng_err err_wrap(enum ng_err err, const char *format, ...) NG_PRINTF(2, 3);

/* Returns err and forgets any older detail: for outcomes too common to format a line for. */
enum ng_err err_plain(enum ng_err err);

/* The detail of this thread's last error, or "" ; borrowed until the next err_ call here. */
const char *err_detail(void);

/* What to print or log for err: the detail if it belongs to err, else err_text(err); borrowed
 * likewise. */
const char *err_explain(enum ng_err err);

#endif
