/* The alarms that no command may leave unsaid. */
#ifndef NGANAM_PARTY_ALARM_TELL_H
#define NGANAM_PARTY_ALARM_TELL_H

#include "party/party.h"

/* Prints on standard error, each in a line of its own, the alarms that accuse the broker, hold what
 * proves it (two signed heads that contradict each other, a receipt) and were read by nobody yet:
 * the first few, and how many more there are. Called by every command when it opens the folder. */
enum ng_err alarm_tell(struct party *p) NG_MUST_USE;

#endif
