/* The operational log (stderr): declared events with a stable name and fields. On a terminal a
 * person's line; under systemd (JOURNAL_STREAM) a <level> prefix; with NGANAM_LOG=json one object a
 * line. The log of statements (lib/ledger) is another thing altogether. */
#ifndef NGANAM_BASE_LOG_H
#define NGANAM_BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERROR };

void log_init(const char *program, enum log_level least);

/* event: a stable lower-case name ("uplink_connected"); format: "key=value key=value" fields and
 * what happens next. One line; new lines in values are replaced. */
void log_event(enum log_level level, const char *event, const char *format, ...) NG_PRINTF(3, 4);

/* Logs err with its detail under this event. Call it where the error is decided, once. */
void log_error(const char *event, enum ng_err err);

#endif
