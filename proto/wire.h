/* What both message files share. Everything decoded is bounded: frames by WIRE_FRAME_MAX, memory by
 * a budget of the frame's own size, repeated fields by the limits below, text must be valid UTF-8
 * without NUL. Decoded structures point into one allocation and are freed as a whole. */
#ifndef NGANAM_PROTO_WIRE_H
#define NGANAM_PROTO_WIRE_H

#include "base/buf.h"

#define WIRE_PROTOCOL 1
#define WIRE_FRAME_MAX 66560u
#define WIRE_STATEMENTS_MAX 256u /* in one Submit */
#define WIRE_ENTRIES_MAX 1024u   /* in one Entries */
#define WIRE_ACTS_MAX 256u       /* in one statement */
#define WIRE_EVIDENCE_MAX 32u
#define WIRE_CREDIT 4u           /* unanswered Submit frames */
#define WIRE_WAIT_MS_MAX 60000u

#endif
