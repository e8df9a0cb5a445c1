#include "store/store_seal.h"

#include "store/store.h"

#include <string.h>

/* An odd factor and a folded shift: both can be undone, so two words that differ stay different. */
static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ (h >> 32);
}

/* A damaged page can give a value any length (STORE_VALUE_SIZE_MAX at most is looked at), so the
 * reading of its seal may lead past the map: onto memory of somebody else, with which the seal does
 * not agree, or onto none, which ends the program in words (store_guard.h). AddressSanitizer alone
 * would call it a fault of ours. */
#define STORE_SEAL_ANYWHERE __attribute__((no_sanitize("address")))

/* In the machine's order, as LMDB's own pages are: one load in place of eight. */
static STORE_SEAL_ANYWHERE uint64_t word_at(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

static STORE_SEAL_ANYWHERE uint64_t mix_bytes(uint64_t h, struct bytes b)
{
    size_t at = 0;
    h = mix(h, b.size);
    for (; b.size - at >= 8; at += 8) {
        h = mix(h, word_at(b.data + at));
    }
    uint8_t rest[8] = {0};
    for (size_t i = 0; at + i < b.size; i++) {
        rest[i] = b.data[at + i];
    }
    return b.size > at ? mix(h, word_at(rest)) : h;
}

static uint64_t seal(struct bytes key, struct bytes value)
{
    return mix_bytes(mix_bytes(0, key), value);
}

void store_seal_put(struct bytes key, uint8_t *at, size_t value_size)
{
    const uint64_t word = seal(key, (struct bytes){at, value_size});
    memcpy(at + value_size, &word, sizeof(word));
}

bool store_seal_read(struct bytes value, uint64_t *ret_seal)
{
    if (value.size < STORE_SEAL_SIZE || value.size > STORE_VALUE_SIZE_MAX + STORE_SEAL_SIZE) {
        return false;
    }
    *ret_seal = word_at(value.data + value.size - STORE_SEAL_SIZE);
    return true;
}

bool store_seal_take(struct bytes key, struct bytes *value)
{
    uint64_t found = 0;
    if (!store_seal_read(*value, &found)) {
        return false;
    }
    const struct bytes plain = {value->data, value->size - STORE_SEAL_SIZE};
    if (found != seal(key, plain)) {
        return false;
    }
    *value = plain;
    return true;
}
