/* Secrets under a passphrase: Argon2id (RFC 9106) makes a key of it, XChaCha20-Poly1305 closes the
 * secret. What it cost to make the key stands with the secret, so that it can be raised later. */
#ifndef NGANAM_LEDGER_KEYSEAL_H
#define NGANAM_LEDGER_KEYSEAL_H

#include "base/buf.h"

/* passes, KiB (each 4 bytes), salt (16), nonce (24), the secret, its tag (16) */
#define KEYSEAL_OVERHEAD (4 + 4 + 16 + 24 + 16)

struct keyseal_cost {
    uint32_t passes;
    uint32_t kib;
};
/* RFC 9106's choice for little memory, with one lane: 3 passes over 64 MiB, a fifth of a second. */
extern const struct keyseal_cost keyseal_cost_usual;

/* purpose: what the secret is, not secret itself; it opens under the same one only. Appends to
 * `to`. NG_ERR_NOMEM. key_init comes first. */
enum ng_err keyseal_close(const struct keyseal_cost *cost, const char *purpose,
                          struct bytes passphrase, struct bytes secret, struct buf *to) NG_MUST_USE;
/* ret takes exactly `size` bytes. NG_ERR_CORRUPT: it is not of that size, or its cost is none that
 * this program would write; VERIFY: another passphrase, or a byte is not what it was; NOMEM. */
enum ng_err keyseal_open(const char *purpose, struct bytes passphrase, struct bytes sealed,
                         uint8_t *ret, size_t size) NG_MUST_USE;

#endif
