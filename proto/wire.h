/* What both message files share. Everything decoded is bounded: frames by WIRE_FRAME_MAX, memory by
 * what the frame's known fields need, repeated fields by the limits below, text must be valid UTF-8
 * without NUL. Decoded structures point into one allocation and are freed as a whole. */
#ifndef NGANAM_PROTO_WIRE_H
#define NGANAM_PROTO_WIRE_H

#include "base/buf.h"

#define WIRE_PROTOCOL 1
#define WIRE_FRAME_MAX 66560u
#define WIRE_STATEMENTS_MAX 48u  /* in one Submit: so that all their proofs fit in one answer */
#define WIRE_ENTRIES_MAX 1024u   /* in one Entries */
#define WIRE_WITNESSES_MAX 512u  /* in one Cosigned */
#define WIRE_KEPT_MAX 32u        /* in one Offer */
#define WIRE_ADMINS_MAX 2u       /* signatures under a policy or what is said of a person */
#define WIRE_KEY_CHANGES_MAX 31u /* of the log's own key, in a Welcome: all there may ever be */
#define WIRE_ACTS_MAX 256u       /* in one statement */
#define WIRE_EVIDENCE_MAX 32u
#define WIRE_CHUNK_MAX 49152u /* bytes of a blob in one Put or Blob */
/* A ToBroker of any bytes, decoded, holds at most this: its own bytes, and what 48 statements take.
 */
#define WIRE_REQUEST_MEMORY_MAX (WIRE_FRAME_MAX + 16384u)
#define WIRE_CREDIT 4u   /* unanswered Submit frames */
#define WIRE_ASKS_MAX 4u /* unanswered requests of other kinds, a parked Fetch not among them */
#define WIRE_WAIT_MS_MAX 60000u
#define WIRE_COSIGNATURE_SIZE 72u /* time, signature */
#define WIRE_PROOF_OF_STORING 64u /* a signature */

/* What every frame with a head must hold, for a log of up to 2^36 leaves: the note, a consistency
 * proof, and then either the answers to a full Submit, or one leaf of the largest size with its
 * inclusion or the tail. */
#define WIRE_PROOF_MAX (36u * 32u)
#define WIRE_HEAD_MAX (1024u + 2u * WIRE_PROOF_MAX + 64u)
_Static_assert(WIRE_HEAD_MAX + WIRE_STATEMENTS_MAX * (WIRE_PROOF_MAX + 128u) <= WIRE_FRAME_MAX,
               "the answers to a full Submit fit in one frame");
_Static_assert(WIRE_HEAD_MAX + 68u + 60400u + 64u + 2u * WIRE_PROOF_MAX + 64u <= WIRE_FRAME_MAX,
               "the largest leaf fits in one frame with its proofs");

_Static_assert(WIRE_HEAD_MAX + WIRE_KEY_CHANGES_MAX * 512u + 1024u <= WIRE_FRAME_MAX,
               "every change of the log's key fits in a Welcome");
_Static_assert(WIRE_HEAD_MAX + WIRE_CHUNK_MAX + 64u <= WIRE_FRAME_MAX,
               "the largest piece of a blob fits in one frame");

/* Why a request as a whole was not answered (the refusal of a statement is ledger/refusal.h). The
 * numbers are the protocol's: PROTOCOL.md says what the sender should do. */
enum wire_error {
    WIRE_ERROR_MALFORMED = 1,    /* the frame does not parse */
    WIRE_ERROR_HELLO_FIRST = 2,  /* this connection has not said Hello, or was forgotten */
    WIRE_ERROR_PROTOCOL = 3,     /* a protocol version that is not spoken here */
    WIRE_ERROR_FORBIDDEN = 4,    /* not for this connection */
    WIRE_ERROR_RANGE = 5,        /* beyond the end of the log */
    WIRE_ERROR_REPLACED = 6,     /* the party has a newer key than this connection's */
    WIRE_ERROR_BUSY = 7,         /* too much at once; the request was not looked at */
    WIRE_ERROR_DAMAGED = 8,      /* what was asked for is damaged in the broker's log */
    WIRE_ERROR_REVOKED = 9,      /* the key of this connection was revoked */
    WIRE_ERROR_COSIGNATURE = 10, /* of no witness head that gathers them, or not this party's */
    WIRE_ERROR_LARGE = 11,       /* evidence: larger than is taken here, or empty */
    WIRE_ERROR_TYPE = 12,        /* its first bytes are of no type that is taken */
    WIRE_ERROR_QUOTA = 13,       /* the unit has as much here as it may have */
    WIRE_ERROR_HASH = 14,        /* it is whole and not what its id says: thrown away */
    WIRE_ERROR_MISSING = 15,     /* not here, or not all of it */
    WIRE_ERROR_ERASED = 16,      /* it was erased and is not taken again */
    WIRE_ERROR_STORAGE = 17,     /* it could not be written or read: again later */
    WIRE_ERROR_UNCITED = 18      /* no logged statement of that owner cites it */
};
#define WIRE_ERROR_COUNT 19
/* What it means for the person on the party's side, and what to do, in his language; a sentence for
 * a number that this version does not know too. Static. */
const char *wire_error_text(uint32_t code);

#endif
