/* Cosignatures of tree heads (c2sp.org/tlog-cosignature, Ed25519): a party's word that the head is
 * one that continues every other head it has verified, and the newest it knew at that moment. */
#ifndef NGANAM_LEDGER_COSIGN_H
#define NGANAM_LEDGER_COSIGN_H

#include "ledger/note.h"
#include "ledger/statement.h"

#define COSIGN_SIZE (8 + KEY_SIGNATURE_SIZE) /* timestamped_signature: seconds, signature */
#define COSIGN_NAME_MAX (NOTE_ORIGIN_MAX + 1 + PARTY_CODE_MAX)
/* A line of a cosigned note: dash, name, space, base64 of key id and cosignature, end of line. */
#define COSIGN_LINE_MAX (4 + COSIGN_NAME_MAX + 1 + 104 + 1)

/* A party's cosignature key, from the seed of its signing key: the first 32 bytes of
 * key_pair.secret. Wiped by the caller. */
void cosign_key(const uint8_t seed[32], struct key_pair *ret);

/* "ORIGIN/PARTY" */
void cosign_name(const char *origin, const char *party, char ret[COSIGN_NAME_MAX + 1]);
/* SHA-256(name || 0x0A || 0x04 || public key)[0:4] */
uint32_t cosign_key_id(const char *name, const struct key_public *key);
/* "name+hexid+base64(0x04 || key)", for other people's tools. */
enum ng_err cosign_vkey(const char *name, const struct key_public *key, struct buf *to) NG_MUST_USE;

/* Signs the text of this note, whatever lines are under it. NG_ERR_PROTO: it is no note. */
enum ng_err cosign_sign(struct bytes note, const struct key_pair *key, uint64_t time_s,
                        uint8_t ret[COSIGN_SIZE]) NG_MUST_USE;
/* NG_ERR_VERIFY: not of this key over this text and its own time. */
enum ng_err cosign_verify(struct bytes note, const struct key_public *key,
                          const uint8_t cosignature[COSIGN_SIZE]) NG_MUST_USE;
/* Seconds since 1970, as the cosigner's clock had it. */
uint64_t cosign_time(const uint8_t cosignature[COSIGN_SIZE]);
/* Appends the line that stands under the note. */
enum ng_err cosign_line(const char *name, const struct key_public *key,
                        const uint8_t cosignature[COSIGN_SIZE], struct buf *to) NG_MUST_USE;

/* How many of `parties` must have cosigned a head until it is final: floor((N+f)/2)+1, where at
 * most f = floor((N-1)/3) are dishonest. Any two such groups share an honest party, which cosigns
 * one head of a size and never a second; so two heads of one size are never both final. */
size_t cosign_quorum(size_t parties);

#endif
