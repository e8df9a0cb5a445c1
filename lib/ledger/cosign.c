/* What is signed is two lines and the note's text, without its signature lines:
 *
 *     cosignature/v1 \n time SECONDS \n origin \n size \n base64(root) \n
 *
 * The message does not name the cosigner, so no two names may share a key: each party's is derived
 * from its own signing seed, for this purpose alone.
 */
#include "ledger/cosign.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "proto/wire.h"

#include <stdio.h>
#include <string.h>

_Static_assert(COSIGN_SIZE == WIRE_COSIGNATURE_SIZE, "as it travels");

#define COSIGN_ED25519 0x04
#define COSIGN_HEADER_MAX 48 /* both lines: 15, then 5, 20 digits, 1 */

void cosign_key(const uint8_t seed[32], struct key_pair *ret)
{
    uint8_t derived[32];
    key_derive("nganam/cosign/01", (struct bytes){seed, 32}, derived);
    key_from_seed(derived, ret);
    key_forget(derived, sizeof(derived));
}

void cosign_name(const char *origin, const char *party, char ret[COSIGN_NAME_MAX + 1])
{
    (void)snprintf(ret, COSIGN_NAME_MAX + 1, "%.*s/%.*s", NOTE_ORIGIN_MAX, origin, PARTY_CODE_MAX,
                   party);
}

uint32_t cosign_key_id(const char *name, const struct key_public *key)
{
    uint8_t bytes[COSIGN_NAME_MAX + 2 + KEY_PUBLIC_SIZE];
    size_t size = strnlen(name, COSIGN_NAME_MAX);
    memcpy(bytes, name, size);
    bytes[size++] = 0x0a;
    bytes[size++] = COSIGN_ED25519;
    memcpy(bytes + size, key->bytes, KEY_PUBLIC_SIZE);
    const struct hash h = hash_of(bytes, size + KEY_PUBLIC_SIZE);
    return bytes_get_u32(h.bytes);
}

enum ng_err cosign_vkey(const char *name, const struct key_public *key, struct buf *to)
{
    uint8_t bytes[1 + KEY_PUBLIC_SIZE] = {COSIGN_ED25519};
    memcpy(bytes + 1, key->bytes, KEY_PUBLIC_SIZE);
    const enum ng_err e = buf_printf(to, "%s+%08x+", name, (unsigned)cosign_key_id(name, key));
    return e != NG_OK ? e : bytes_base64(to, bytes, sizeof(bytes));
}

/* ---- The message ---- */

struct message {
    uint8_t bytes[COSIGN_HEADER_MAX + NOTE_SIZE_MAX];
    size_t size;
};

static enum ng_err make_message(struct bytes note, uint64_t time_s, struct message *ret)
{
    struct bytes text;
    struct bytes lines;
    if (!note_split(note, &text, &lines) || text.size > NOTE_SIZE_MAX) {
        return err_set(NG_ERR_PROTO, "cosignature: not over a note");
    }
    const int size = snprintf((char *)ret->bytes, COSIGN_HEADER_MAX, "cosignature/v1\ntime %llu\n",
                              (unsigned long long)time_s);
    memcpy(ret->bytes + size, text.data, text.size);
    ret->size = (size_t)size + text.size;
    return NG_OK;
}

enum ng_err cosign_sign(struct bytes note, const struct key_pair *key, uint64_t time_s,
                        uint8_t ret[COSIGN_SIZE])
{
    struct message m;
    const enum ng_err e = make_message(note, time_s, &m);
    if (e == NG_OK) {
        bytes_put_u64(ret, time_s);
        key_sign(key, (struct bytes){m.bytes, m.size}, ret + 8);
    }
    return e;
}

uint64_t cosign_time(const uint8_t cosignature[COSIGN_SIZE])
{
    return bytes_get_u64(cosignature);
}

enum ng_err cosign_verify(struct bytes note, const struct key_public *key,
                          const uint8_t cosignature[COSIGN_SIZE])
{
    struct message m;
    const uint64_t time_s = cosign_time(cosignature);
    const enum ng_err e = make_message(note, time_s, &m);
    if (e != NG_OK) {
        return e;
    }
    if (time_s > INT64_MAX || !key_verify(key, (struct bytes){m.bytes, m.size}, cosignature + 8)) {
        return err_set(NG_ERR_VERIFY, _("the cosignature does not hold"));
    }
    return NG_OK;
}

enum ng_err cosign_line(const char *name, const struct key_public *key,
                        const uint8_t cosignature[COSIGN_SIZE], struct buf *to)
{
    uint8_t bytes[4 + COSIGN_SIZE];
    bytes_put_u32(bytes, cosign_key_id(name, key));
    memcpy(bytes + 4, cosignature, COSIGN_SIZE);
    enum ng_err e = buf_printf(to, NOTE_DASH "%s ", name);
    if (e == NG_OK) {
        e = bytes_base64(to, bytes, sizeof(bytes));
    }
    return e != NG_OK ? e : buf_add_byte(to, '\n');
}

size_t cosign_quorum(size_t parties)
{
    const size_t dishonest = parties > 0 ? (parties - 1) / 3 : 0;
    return (parties + dishonest) / 2 + 1;
}
