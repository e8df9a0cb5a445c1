/* How an operator's command speaks to the running broker: one datagram and one answer over the
 * socket DATA/control. Who may write into the data folder may speak. */
#ifndef NGANAM_BROKER_CONTROL_H
#define NGANAM_BROKER_CONTROL_H

#include "base/err.h"

#include <stddef.h>

#define CONTROL_TEXT_MAX 8192           /* a status is the longest */
#define CONTROL_ERASE "evidence erase " /* then the id, a blank, the reason */

/* The broker's end; an old socket left by a crash is replaced. Close with control_close. */
enum ng_err control_open(const char *folder, int *ret_fd) NG_MUST_USE;
void control_close(const char *folder, int *fd);

/* Answers every waiting request with what `answer` writes. Never waits. */
typedef void (*control_fn)(void *context, const char *request, char ret_answer[CONTROL_TEXT_MAX]);
void control_serve(int fd, control_fn answer, void *context);

/* The command's end. NG_ERR_PEER: no broker runs on this folder, or it does not answer. */
enum ng_err control_ask(const char *folder, const char *request, int timeout_ms,
                        char ret_answer[CONTROL_TEXT_MAX]) NG_MUST_USE;

#endif
