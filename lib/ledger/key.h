/* Ed25519 keys (libsodium), C2SP note names and the keys derived from a one-time code. */
#ifndef NGANAM_LEDGER_KEY_H
#define NGANAM_LEDGER_KEY_H

#include "base/buf.h"

#include <stdbool.h>

#define KEY_PUBLIC_SIZE 32
#define KEY_SECRET_SIZE 64 /* libsodium's: seed || public */
#define KEY_SIGNATURE_SIZE 64

struct key_public {
    uint8_t bytes[KEY_PUBLIC_SIZE];
};
struct key_pair {
    struct key_public public_key;
    uint8_t secret[KEY_SECRET_SIZE];
};

/* Once per process, before anything else here; NG_ERR_IO if the system gives no randomness. */
enum ng_err key_init(void) NG_MUST_USE;
void key_generate(struct key_pair *ret_pair);
void key_from_seed(const uint8_t seed[32], struct key_pair *ret_pair);
void key_wipe(struct key_pair *pair);
void key_sign(const struct key_pair *pair, struct bytes message, uint8_t ret_signature[64]);
bool key_verify(const struct key_public *key, struct bytes message, const uint8_t signature[64]);

/* 32 secret bytes for a purpose ("nganam/invite/ed" …) from a one-time code: BLAKE2b keyed with the
 * purpose. The same code and purpose give the same bytes on both sides. */
void key_derive(const char *purpose, struct bytes code, uint8_t ret_seed[32]);
void key_random(void *to, size_t size);
/* Overwrites a secret; the compiler cannot leave it out. */
void key_forget(void *secret, size_t size);

/* A CURVE (X25519) pair for ZeroMQ: the secret is the seed's 32 bytes, the public key their product
 * with the base point, as zmq_curve_public makes it. */
void key_curve_from_seed(const uint8_t seed[32], uint8_t ret_secret[32], uint8_t ret_public[32]);

#endif
