/* The enrolment slip: one line of text that a unit gets from the office, good for one enrolment.
 * "nganam1:" and then URL-safe text; PROTOCOL.md gives its form. */
#ifndef NGANAM_PARTY_SLIP_H
#define NGANAM_PARTY_SLIP_H

#include "ledger/key.h"
#include "ledger/note.h"
#include "ledger/registry.h"

#define SLIP_CODE_SIZE 13 /* 100 bits used */
#define SLIP_TEXT_MAX 1024
#define SLIP_VALID_MS REGISTRY_INVITE_VALID_MS

struct slip {
    struct party_code party;
    char endpoint[256];
    uint8_t broker_curve[32];
    char origin[NOTE_ORIGIN_MAX + 1];
    struct key_public log_key;
    uint8_t code[SLIP_CODE_SIZE];
};

void slip_new_code(uint8_t ret_code[SLIP_CODE_SIZE]);
enum ng_err slip_encode(const struct slip *s, struct buf *to) NG_MUST_USE;
/* Accepts surrounding white space; a damaged slip is told from a wrong one by its checksum. */
enum ng_err slip_decode(const char *text, struct slip *ret) NG_MUST_USE;

/* The invite's two key pairs, derived from the code (BLAKE2b with a purpose string each). */
struct slip_keys {
    struct key_pair sign;
    uint8_t curve_secret[32];
    uint8_t curve_public[32];
};
void slip_keys(const struct slip *s, struct slip_keys *ret);

#endif
