/* Signed notes, tree heads and verifier keys (C2SP signed-note, tlog-checkpoint, vkey). */
#ifndef NGANAM_LEDGER_NOTE_H
#define NGANAM_LEDGER_NOTE_H

#include "ledger/hash.h"
#include "ledger/key.h"

#define NOTE_ORIGIN_MAX 120
#define NOTE_SIZE_MAX 1024
#define NOTE_DASH "\xe2\x80\x94 " /* U+2014 and a space begin a signature line */

struct note_head {
    char origin[NOTE_ORIGIN_MAX + 1];
    uint64_t size;
    struct hash root;
};

/* True for a C2SP key name: 1…NOTE_ORIGIN_MAX bytes of UTF-8 without white space or '+'. */
bool note_origin_valid(const char *origin);
/* SHA-256(name || 0x0A || 0x01 || public key)[0:4] */
uint32_t note_key_id(const char *name, const struct key_public *key);

/* "name+hexid+base64(0x01 || key)" */
enum ng_err note_vkey(const char *name, const struct key_public *key, struct buf *to) NG_MUST_USE;
enum ng_err note_vkey_parse(const char *text, char ret_name[NOTE_ORIGIN_MAX + 1],
                            struct key_public *ret_key) NG_MUST_USE;

/* Appends the signed note of a tree head. */
enum ng_err note_sign(const struct note_head *head, const struct key_pair *log_key,
                      struct buf *to) NG_MUST_USE;
/* Appends one more signature line, of this key over the note's text. NG_ERR_PROTO: it is no note.
 */
enum ng_err note_add_line(const char *origin, const struct key_pair *key,
                          struct buf *note) NG_MUST_USE;
/* Splits at the last empty line: the text, with its final new line, and the signature lines.
 * Nothing is verified; false: no such line. Borrowed from the note. */
bool note_split(struct bytes note, struct bytes *ret_text, struct bytes *ret_lines);
/* Parses and verifies: origin must be this one, and the line of this key must hold; lines of
 * unknown keys are passed over (C2SP). NG_ERR_PROTO, NG_ERR_VERIFY. */
enum ng_err note_verify(struct bytes note, const char *origin, const struct key_public *log_key,
                        struct note_head *ret) NG_MUST_USE;

#endif
