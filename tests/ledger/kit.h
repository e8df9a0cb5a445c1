/* What the ledger's tests share: a log in a fresh folder, parties with keys, statements by them.
 * Everything is made from seeds, so that a run can be repeated byte for byte. */
#ifndef NGANAM_TESTS_LEDGER_KIT_H
#define NGANAM_TESTS_LEDGER_KIT_H

#include "harness.h"
#include "ledger/ledger.h"

#define KIT_ORIGIN "nganam.example/log"
#define KIT_NOW UINT64_C(1767225600000) /* 2026-01-01 */

struct kit {
    char folder[256];
    struct ledger *ledger;
    uint64_t now;
};

/* An author as it knows itself. */
struct kit_author {
    struct party_code code;
    struct key_pair key;
    uint8_t curve[32];
    uint8_t cosign_key[32]; /* zeros: none; set before it enrols */
    uint32_t epoch;
    uint64_t seq;
    struct hash prev;
};

/* A signed statement; owns its bytes. */
struct kit_statement {
    uint8_t bytes[STATEMENT_LOG_SIZE_MAX];
    size_t size;
    uint8_t signature[64];
};

/* A new log, open for writing. The case ends here if it cannot be made. */
void kit_begin(struct kit *k);
void kit_end(struct kit *k); /* closes, removes the folder */
void kit_close(struct kit *k);
void kit_open(struct kit *k);

/* Fills s by hand-set fields and signs; the author does not move on. */
void kit_sign(const struct kit *k, const struct kit_author *a, struct statement s,
              struct kit_statement *ret);
/* The author's next statement; the author moves on. */
void kit_write(const struct kit *k, struct kit_author *a, uint32_t kind, const char *to,
               const void *payload, size_t size, struct kit_statement *ret);
struct ledger_item kit_item(const struct kit_statement *s);
/* Appends one statement by itself; gives what became of it. */
struct ledger_item kit_append(struct kit *k, const struct kit_statement *s);

/* The invite's keys come from the number. by: NULL is the log. */
void kit_invite_keys(unsigned number, struct key_pair *ret_key, uint8_t ret_curve[32]);
void kit_invite(const struct kit *k, struct kit_author *by, const char *code, enum wire_role role,
                uint64_t expires_at, unsigned number, struct kit_statement *ret);
/* The author's enrol statement for its next epoch, with new keys from the number. */
void kit_enrol(const struct kit *k, struct kit_author *a, const char *code, unsigned invite_number,
               unsigned key_number, struct kit_statement *ret);

/* The author's rotate statement, with new keys from the number; its cosign_key stays. */
void kit_rotate(const struct kit *k, struct kit_author *a, unsigned key_number,
                struct kit_statement *ret);
/* Countersigns anew what stands in m, for the author's next epoch, with his present key. */
void kit_countersign(const struct kit *k, const struct kit_author *a, struct wire_rotate *m);

/* The party's row. */
struct registry_party kit_registered(struct kit *k, const char *code);

/* The office invited by the log, and a ward invited by the office, both enrolled. */
void kit_office(struct kit *k, struct kit_author *ret_office);
void kit_party(struct kit *k, struct kit_author *office, const char *code, enum wire_role role,
               unsigned number, struct kit_author *ret);

/* A log with both, the ward being xa-a, and a first verdict to it. */
void kit_begin_with_ward(struct kit *k, struct kit_author *ret_office, struct kit_author *ret_ward);

/* A report of some bytes by the author, appended and taken. Gives its index. */
uint64_t kit_report(struct kit *k, struct kit_author *a, size_t payload_size);

uint64_t kit_size(struct kit *k);
/* Runs ledger_verify; returns its faults and remembers the first 16 indexes. */
struct kit_faults {
    uint64_t count;
    uint64_t indexes[16];
    char first[256];
};
uint64_t kit_verify(struct kit *k, struct kit_faults *ret);

#endif
