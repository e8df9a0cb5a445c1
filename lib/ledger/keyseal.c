#include "ledger/keyseal.h"

#include "base/bytes.h"
#include "base/check.h"

#include <sodium.h>
#include <string.h>

#define HEADER_SIZE (4 + 4 + crypto_pwhash_SALTBYTES)
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
_Static_assert(HEADER_SIZE + NONCE_SIZE + TAG_SIZE == KEYSEAL_OVERHEAD, "the header's list");
#define COVERED_MAX (HEADER_SIZE + 32)

/* A turned bit in a cost must not take the machine's memory or an hour. */
#define PASSES_MAX 64
#define KIB_MAX (1u << 20)

const struct keyseal_cost keyseal_cost_usual = {3, 64u << 10};

static bool keyseal_cost_good(const struct keyseal_cost *cost)
{
    return cost->passes >= crypto_pwhash_OPSLIMIT_MIN && cost->passes <= PASSES_MAX &&
           cost->kib >= crypto_pwhash_MEMLIMIT_MIN / 1024 && cost->kib <= KIB_MAX;
}

static enum ng_err keyseal_derive(const struct keyseal_cost *cost, const uint8_t *salt,
                                  struct bytes passphrase, uint8_t ret_key[KEY_SIZE])
{
    const int failed =
        crypto_pwhash(ret_key, KEY_SIZE, (const char *)passphrase.data, passphrase.size, salt,
                      cost->passes, (size_t)cost->kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
    return failed ? err_set(NG_ERR_NOMEM, "passphrase: %u KiB", (unsigned)cost->kib) : NG_OK;
}

/* What the tag covers beside the secret. */
static size_t keyseal_covered(const uint8_t header[HEADER_SIZE], const char *purpose,
                              uint8_t ret[COVERED_MAX])
{
    const size_t size = strlen(purpose);
    CHECK(HEADER_SIZE + size <= COVERED_MAX);
    memcpy(ret, header, HEADER_SIZE);
    memcpy(ret + HEADER_SIZE, purpose, size);
    return HEADER_SIZE + size;
}

enum ng_err keyseal_close(const struct keyseal_cost *cost, const char *purpose,
                          struct bytes passphrase, struct bytes secret, struct buf *to)
{
    uint8_t header[HEADER_SIZE], nonce[NONCE_SIZE], key[KEY_SIZE], covered[COVERED_MAX];
    const size_t at = to->size;
    unsigned long long size = 0;
    CHECK(keyseal_cost_good(cost));
    bytes_put_u32(header, cost->passes);
    bytes_put_u32(header + 4, cost->kib);
    randombytes_buf(header + 8, crypto_pwhash_SALTBYTES);
    randombytes_buf(nonce, sizeof(nonce));
    const size_t covered_size = keyseal_covered(header, purpose, covered);
    enum ng_err e = buf_reserve(to, to->size + KEYSEAL_OVERHEAD + secret.size);
    if (e == NG_OK) {
        e = buf_add(to, header, sizeof(header));
    }
    if (e == NG_OK) {
        e = buf_add(to, nonce, sizeof(nonce));
    }
    if (e == NG_OK) {
        e = keyseal_derive(cost, header + 8, passphrase, key);
    }
    if (e == NG_OK) {
        uint8_t *closed = to->data + at + HEADER_SIZE + NONCE_SIZE;
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(closed, &size, secret.data, secret.size,
                                                         covered, covered_size, NULL, nonce, key);
        to->size += (size_t)size;
    }
    sodium_memzero(key, sizeof(key));
    return e;
}

enum ng_err keyseal_open(const char *purpose, struct bytes passphrase, struct bytes sealed,
                         uint8_t *ret, size_t size)
{
    uint8_t key[KEY_SIZE], covered[COVERED_MAX];
    unsigned long long opened = 0;
    if (sealed.size != KEYSEAL_OVERHEAD + size) {
        return err_plain(NG_ERR_CORRUPT);
    }
    const struct keyseal_cost cost = {bytes_get_u32(sealed.data), bytes_get_u32(sealed.data + 4)};
    if (!keyseal_cost_good(&cost)) {
        return err_plain(NG_ERR_CORRUPT);
    }
    enum ng_err e = keyseal_derive(&cost, sealed.data + 8, passphrase, key);
    if (e == NG_OK) {
        const uint8_t *nonce = sealed.data + HEADER_SIZE;
        const size_t covered_size = keyseal_covered(sealed.data, purpose, covered);
        const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
            ret, &opened, NULL, nonce + NONCE_SIZE, size + TAG_SIZE, covered, covered_size, nonce,
            key);
        e = failed ? err_plain(NG_ERR_VERIFY) : NG_OK;
    }
    sodium_memzero(key, sizeof(key));
    return e;
}
