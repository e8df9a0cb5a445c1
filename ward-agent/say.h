/* How this program speaks: numbers, moments and statements in the person's words, and JSON
 * documents for programs. */
#ifndef NGANAM_WARD_AGENT_SAY_H
#define NGANAM_WARD_AGENT_SAY_H

#include "ward-agent/desk.h"

#define SAY_SUMMARY_MAX 512u

/* 128428 as "128.428" (Vietnamese) or "128,428". One of four rotating per-thread strings. */
const char *say_number(uint64_t number);

/* "09:41 23/11/2026". One of four rotating per-thread strings. */
const char *say_moment(int64_t wall_ms);

/* A task's deadline: "30/11/2026", "20 days after QD-1: 30/11/2026", "each Friday, next
 * 27/11/2026", "day 20 of each quarter's last month, next …", "continuous". next: due_next. A due
 * text this program cannot read is given as it is. One of four rotating per-thread strings. */
const char *say_due(const char *due_text, int32_t next);

/* Appends what a statement is about: "report 2026-Q3, 97 components", "task NV-07: 100 %". */
enum ng_err say_summary(const struct own_statement *s, struct buf *to) NG_MUST_USE;

/* Prints "Received. Receipt number 128,428, 09:41 23/11/2026 – report …" for a delivered statement.
 */
enum ng_err say_received(const struct own_statement *s) NG_MUST_USE;

/* Appends why: "101 is more than the maximum 100". act: what it was said about, or NULL. */
enum ng_err say_reason(const struct wire_finding *f, const struct wire_act *act,
                       struct buf *to) NG_MUST_USE;
/* The same with the component or task before it. Appends "1.1.2: 101 is more than the maximum 100".
 */
enum ng_err say_finding(const struct wire_finding *f, const struct wire_act *act,
                        struct buf *to) NG_MUST_USE;

/* What became of a delivered statement: "accepted", "refused", "partly_refused", or NULL: nothing
 * said yet. One word for JSON; say_verdict_text is it for people ("" for NULL). */
const char *say_verdict(const struct desk *d, const struct own_statement *s);
const char *say_verdict_text(const char *verdict);

#endif
