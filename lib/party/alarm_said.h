/* What a person says about alarms on the command line; agent and office take the same words. */
#ifndef NGANAM_PARTY_ALARM_SAID_H
#define NGANAM_PARTY_ALARM_SAID_H

#include "party/party.h"

/* --read: the number of an alarm, from 1, or "all". NG_ERR_USAGE, NG_ERR_NOT_FOUND. */
enum ng_err alarm_said_read(struct party *p, const char *text, int64_t now_ms) NG_MUST_USE;
/* --export: what proves the alarm of this number goes to standard output. NG_ERR_USAGE,
 * NG_ERR_NOT_FOUND, also where nothing proves it. */
enum ng_err alarm_said_export(struct party *p, const char *text) NG_MUST_USE;

#endif
