#include "ledger/key.h"

#include "base/check.h"
#include "base/lang.h"

#include <sodium.h>
#include <string.h>

_Static_assert(KEY_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(KEY_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key");
_Static_assert(KEY_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519 signature");

enum ng_err key_init(void)
{
    if (sodium_init() < 0) { /* GCOVR_EXCL_BR_LINE: only a machine without randomness */
        return err_set(NG_ERR_IO, _("the system gives no random numbers: check /dev/urandom"));
    }
    return NG_OK;
}

void key_generate(struct key_pair *ret_pair)
{
    CHECK(crypto_sign_keypair(ret_pair->public_key.bytes, ret_pair->secret) == 0);
}

void key_from_seed(const uint8_t seed[32], struct key_pair *ret_pair)
{
    CHECK(crypto_sign_seed_keypair(ret_pair->public_key.bytes, ret_pair->secret, seed) == 0);
}

void key_wipe(struct key_pair *pair)
{
    sodium_memzero(pair, sizeof(*pair));
}

void key_sign(const struct key_pair *pair, struct bytes message, uint8_t ret_signature[64])
{
    CHECK(crypto_sign_detached(ret_signature, NULL, message.data, message.size, pair->secret) == 0);
}

bool key_verify(const struct key_public *key, struct bytes message, const uint8_t signature[64])
{
    return crypto_sign_verify_detached(signature, message.data, message.size, key->bytes) == 0;
}

void key_derive(const char *purpose, struct bytes code, uint8_t ret_seed[32])
{
    size_t size = strlen(purpose);
    CHECK(size >= crypto_generichash_KEYBYTES_MIN && size <= crypto_generichash_KEYBYTES_MAX);
    CHECK(crypto_generichash(ret_seed, 32, code.data, code.size, (const uint8_t *)purpose, size) ==
          0);
}

void key_random(void *to, size_t size)
{
    randombytes_buf(to, size);
}

void key_forget(void *secret, size_t size)
{
    sodium_memzero(secret, size);
}

void key_curve_from_seed(const uint8_t seed[32], uint8_t ret_secret[32], uint8_t ret_public[32])
{
    memcpy(ret_secret, seed, 32);
    CHECK(crypto_scalarmult_curve25519_base(ret_public, ret_secret) == 0);
}
