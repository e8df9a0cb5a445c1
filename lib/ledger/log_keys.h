/* The keys of one log, the first to the present one: whoever verifies a tree head or a receipt does
 * it by this chain and never by a key alone, so that no one forgets that keys change.
 *
 *     K0 ──(entry c1, signed by K0, countersigned by K1)──> K1 ──(entry c2)──> K2
 *
 * A head of at most c1 entries counts under K0 or a later key, one of more only under K1 or a later
 * one: what a stolen old key signs beyond its own end counts for nothing. */
#ifndef NGANAM_LEDGER_LOG_KEYS_H
#define NGANAM_LEDGER_LOG_KEYS_H

#include "ledger/note.h"
#include "ledger/statement.h"
#include "proto/wire_queue.h"

#define LOG_KEYS_MAX (WIRE_KEY_CHANGES_MAX + 1)

struct log_keys_link {
    uint64_t index; /* of the entry that brought the key; 0: the first. LOG_KEYS_LATER: not known */
    uint64_t at;    /* ms, when that was received; 0: not known */
    struct key_public key;
};
#define LOG_KEYS_LATER UINT64_MAX

/* Plain data. */
struct log_keys {
    size_t count; /* at least 1 */
    struct log_keys_link links[LOG_KEYS_MAX];
};

/* The chain of a log of which one key is known. */
struct log_keys log_keys_of(const struct key_public *key);
const struct key_public *log_keys_newest(const struct log_keys *k);
bool log_keys_has(const struct log_keys *k, const struct key_public *key);
/* A key that is trusted although no change to it is known here, because entries are missing: it
 * stands behind all others. Nothing if it is there. */
void log_keys_expect(struct log_keys *k, const struct key_public *key);
/* Such a key is among them. */
bool log_keys_lacks(const struct log_keys *k);
/* Both say the same of a log of `size` entries. */
bool log_keys_agree(const struct log_keys *a, const struct log_keys *b, uint64_t size);

/* A signed note of a tree head of this log; errors as note_verify. */
enum ng_err log_keys_verify(const struct log_keys *k, const char *origin, struct bytes note,
                            struct note_head *ret) NG_MUST_USE;

/* The key of the chain whose line that is; errors as above. */
enum ng_err log_keys_signer(const struct log_keys *k, const char *origin, struct bytes note,
                            struct key_public *ret) NG_MUST_USE;

/* What a statement of kind LOG_KEY says. */
struct log_keys_change {
    uint64_t index; /* its own: what it has seen is all in front of it */
    uint64_t at;
    struct key_public previous;
    struct key_public key;
};
/* The payload of a change to `key`, countersigned by it. */
enum ng_err log_keys_payload(const uint8_t log_id[LOG_ID_SIZE], uint64_t index,
                             const struct key_public *previous, const struct key_pair *key,
                             struct buf *to) NG_MUST_USE;
/* Checks the countersignature, not the statement's own signature. NG_ERR_PROTO, NG_ERR_VERIFY. */
enum ng_err log_keys_read(const struct statement *s, struct log_keys_change *ret) NG_MUST_USE;

/* The chain that these statements tell, the oldest first, all signatures checked. It must hold what
 * is known: the one key, or all the keys at their places. NG_ERR_VERIFY, NG_ERR_PROTO, with what is
 * wrong in a person's words. */
enum ng_err log_keys_follow(const struct log_keys *known, const char *origin,
                            const struct wire_signed *changes, size_t count,
                            struct log_keys *ret) NG_MUST_USE;

/* A change as a line of text, to hand on: base64 of signature and statement. */
enum ng_err log_keys_line(const struct wire_signed *change, struct buf *to) NG_MUST_USE;
/* A C2SP verifier key a line, the first to the present one. `before` and a space begin each line.
 */
enum ng_err log_keys_vkeys(const struct log_keys *k, const char *origin, const char *before,
                           struct buf *to) NG_MUST_USE;

#endif
