/* Why a statement is not taken: one table for broker and agent, the same numbers as PROTOCOL.md.
 * again: send it again later. stop: nothing more of this key will be taken. void: these bytes can
 * never be taken; an honest agent never meets it. */
#ifndef NGANAM_LEDGER_REFUSAL_H
#define NGANAM_LEDGER_REFUSAL_H

#include <stdint.h>

enum refusal_class { REFUSAL_NONE = 0, REFUSAL_AGAIN = 1, REFUSAL_STOP = 2, REFUSAL_VOID = 3 };

enum refusal {
    REFUSAL_OK = 0,
    /* again */
    REFUSAL_RATE = 1,
    REFUSAL_FULL = 2,      /* the broker's disk is full */
    REFUSAL_CLOCK = 3,     /* the broker does not trust its clock */
    REFUSAL_READ_ONLY = 4, /* the broker does not trust its log */
    REFUSAL_GAP = 5,       /* the expected seq comes with it */
    REFUSAL_QUOTA = 6,     /* this party has sent more than its quota */
    /* stop */
    REFUSAL_REVOKED = 20,
    REFUSAL_FROZEN = 21,
    REFUSAL_FORK = 22, /* another statement has this number; evidence is in the log now */
    REFUSAL_OLD_EPOCH = 23,
    /* again, but for a person's word: the number is among the keys' */
    REFUSAL_UNCONFIRMED = 24,
    /* void */
    REFUSAL_SIZE = 40,
    REFUSAL_DOMAIN = 41,
    REFUSAL_LOG = 42,    /* for another log */
    REFUSAL_AUTHOR = 43, /* unknown */
    REFUSAL_EPOCH = 44,  /* unknown */
    REFUSAL_KIND = 45,   /* not a kind this author may write */
    REFUSAL_TO = 46,     /* this author may not address others, or the addressee is unknown */
    REFUSAL_SIGNATURE = 47,
    REFUSAL_PREV = 48,    /* does not follow the author's previous statement */
    REFUSAL_PAYLOAD = 49, /* a registry payload that does not parse */
    REFUSAL_INVITE = 50   /* unknown, used or expired invite, or a bad countersignature */
};

enum refusal_class refusal_class(enum refusal code);
const char *refusal_name(enum refusal code); /* stable, for logs and JSON: "gap" */
const char *refusal_text(enum refusal code); /* what, and what the sender should do; translated */

#endif
