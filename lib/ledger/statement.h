/* The statement: a fixed header of 160 bytes, then the payload; signed as a whole, never
 * re-serialised. Read without protobuf, so nothing foreign is parsed before the signature holds.
 * docs/disk-format.md has the table of offsets. */
#ifndef NGANAM_LEDGER_STATEMENT_H
#define NGANAM_LEDGER_STATEMENT_H

#include "ledger/hash.h"
#include "ledger/key.h"

#define STATEMENT_HEADER_SIZE 160
#define STATEMENT_SIZE_MAX 60000
/* Of a statement by the log itself: fork evidence carries a whole statement of somebody else. */
#define STATEMENT_LOG_SIZE_MAX 60400
#define STATEMENT_LOG_AUTHOR "log"
#define STATEMENT_DOMAIN "nganam/report/01" /* 16 bytes */
#define PARTY_CODE_MAX 16
#define LOG_ID_SIZE 16

/* A party code as text: 1–16 of A–Z a–z 0–9 . - _ */
struct party_code {
    char text[PARTY_CODE_MAX + 1];
};

enum statement_kind {
    STATEMENT_GENESIS = 1,
    STATEMENT_INVITE = 2,
    STATEMENT_ENROL = 3,
    STATEMENT_FORK = 4,
    STATEMENT_ROTATE = 5,
    STATEMENT_REVOKE = 6,
    STATEMENT_UNFREEZE = 7,
    STATEMENT_POLICY = 8,
    STATEMENT_CONFIRM = 9,
    STATEMENT_ACTOR = 10,
    STATEMENT_LOG_KEY = 11,
    STATEMENT_HEARTBEAT = 12,
    STATEMENT_FIELD_FIRST = 16
};

/* The header's fields. to: "" is the office, "*" everyone, else a party. */
struct statement {
    uint8_t log_id[LOG_ID_SIZE];
    struct party_code author;
    struct party_code to;
    uint32_t epoch;
    uint32_t kind;
    uint64_t seq;
    uint64_t authored_at; /* ms since 1970, the author's claim */
    uint64_t seen_size;
    struct hash seen_root;
    struct hash prev;     /* SHA-256 of the author's previous statement in this epoch */
    struct bytes payload; /* borrowed */
};

/* Appends header and payload; NG_ERR_LIMIT above STATEMENT_SIZE_MAX (STATEMENT_LOG_SIZE_MAX where
 * the author is the log), NG_ERR_INPUT for a code that is none. */
enum ng_err statement_encode(const struct statement *s, struct buf *to) NG_MUST_USE;
/* Checks size, domain, codes and zero padding; payload points into data. NG_ERR_PROTO,
 * NG_ERR_LIMIT. */
enum ng_err statement_decode(struct bytes data, struct statement *ret) NG_MUST_USE;
struct hash statement_hash(struct bytes data);

/* True for 1–16 of the allowed characters. */
bool statement_code_valid(const char *text);
/* SHA-256(origin)[0:16] */
void statement_log_id(const char *origin, uint8_t ret_log_id[LOG_ID_SIZE]);

#endif
