/* The enrolment slip as text.
 *
 * Idea: one word that survives a mail, a chat and a sheet of paper: "nganam1:" and base64url
 * (RFC 4648 §5, no padding) of
 *
 *     1 + n   party code (length, text)
 *     1 + n   endpoint
 *     1 + n   origin
 *     32      the broker's CURVE key
 *     32      the log's Ed25519 key
 *     13      the one-time code, its last 4 bits zero
 *     4       SHA-256 of "nganam1:" and all the bytes before, first 4 bytes
 *
 * The checksum tells a slip that lost a letter from one that the broker does not take. It is no
 * protection: whoever holds the slip holds the code.
 *
 * Failures: every way a text can be wrong gives NG_ERR_INPUT and says whether to copy it again or
 * to ask for another. */
#include "party/slip.h"

#include "base/bytes.h"
#include "base/lang.h"

#include <string.h>

#define SLIP_PREFIX "nganam1:"
#define SLIP_PREFIX_SIZE 8
#define SLIP_CHECKSUM_SIZE 4
#define SLIP_BYTES_MAX (3 + PARTY_CODE_MAX + 255 + NOTE_ORIGIN_MAX + 32 + 32 + SLIP_CODE_SIZE + 4)

_Static_assert(SLIP_PREFIX_SIZE + (SLIP_BYTES_MAX + 2) / 3 * 4 < SLIP_TEXT_MAX,
               "the longest slip fits its text");
_Static_assert(NOTE_ORIGIN_MAX <= 255, "an origin's length is one byte");

void slip_new_code(uint8_t ret_code[SLIP_CODE_SIZE])
{
    key_random(ret_code, SLIP_CODE_SIZE);
    ret_code[SLIP_CODE_SIZE - 1] &= 0xF0; /* 100 bits: 20 letters of base32 when printed large */
}

static void checksum(struct bytes content, uint8_t ret_sum[SLIP_CHECKSUM_SIZE])
{
    uint8_t all[SLIP_PREFIX_SIZE + SLIP_BYTES_MAX];
    memcpy(all, SLIP_PREFIX, SLIP_PREFIX_SIZE);
    memcpy(all + SLIP_PREFIX_SIZE, content.data, content.size);
    const struct hash h = hash_of(all, SLIP_PREFIX_SIZE + content.size);
    memcpy(ret_sum, h.bytes, SLIP_CHECKSUM_SIZE);
    explicit_bzero(all, sizeof(all));
}

static enum ng_err add_short_text(struct buf *to, const char *text)
{
    const size_t size = strlen(text);
    if (size > 255) {
        return err_set(NG_ERR_LIMIT, _("the slip's texts are at most 255 bytes long"));
    }
    enum ng_err e = buf_add_byte(to, (uint8_t)size);
    return e ? e : buf_add(to, text, size);
}

static enum ng_err encode_bytes(const struct slip *s, struct buf *to)
{
    enum ng_err e = add_short_text(to, s->party.text);
    if (!e) {
        e = add_short_text(to, s->endpoint);
    }
    if (!e) {
        e = add_short_text(to, s->origin);
    }
    if (!e) {
        e = buf_add(to, s->broker_curve, sizeof(s->broker_curve));
    }
    if (!e) {
        e = buf_add(to, s->log_key.bytes, KEY_PUBLIC_SIZE);
    }
    if (!e) {
        e = buf_add(to, s->code, SLIP_CODE_SIZE);
    }
    if (e) {
        return e;
    }
    uint8_t sum[SLIP_CHECKSUM_SIZE];
    checksum(buf_bytes(to), sum);
    return buf_add(to, sum, sizeof(sum));
}

/* The alphabets of base64 and base64url differ in two letters; padding is dropped. */
static enum ng_err add_base64url(struct buf *to, struct bytes content)
{
    const size_t start = to->size;
    enum ng_err e = bytes_base64(to, content.data, content.size);
    if (e) {
        return e;
    }
    for (size_t i = start; i < to->size; i++) {
        if (to->data[i] == '+') {
            to->data[i] = '-';
        } else if (to->data[i] == '/') {
            to->data[i] = '_';
        }
    }
    while (to->size > start && to->data[to->size - 1] == '=') {
        to->data[--to->size] = 0;
    }
    return NG_OK;
}

enum ng_err slip_encode(const struct slip *s, struct buf *to)
{
    struct buf content = BUF_INIT(SLIP_BYTES_MAX);
    const size_t size_before = to->size;
    enum ng_err e = encode_bytes(s, &content);
    if (!e) {
        e = buf_add_text(to, SLIP_PREFIX);
    }
    if (!e) {
        e = add_base64url(to, buf_bytes(&content));
    }
    if (e) {
        to->size = size_before;
    }
    if (content.data) {
        explicit_bzero(content.data, content.size);
    }
    buf_fini(&content);
    return e;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text without the white space around it, as standard base64 with padding. */
static enum ng_err read_base64url(const char *text, size_t size, struct buf *ret_content)
{
    char plain[SLIP_TEXT_MAX + 4];
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        if (c == '+' || c == '/' || c == '=') {
            return NG_ERR_INPUT;
        }
        plain[i] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (size % 4 != 0) {
        plain[size++] = '=';
    }
    const enum ng_err e = bytes_from_base64(ret_content, plain, size);
    explicit_bzero(plain, sizeof(plain));
    return e;
}

/* Reads forward; past the end it stays false for ever. */
struct reader {
    struct bytes rest;
    bool ok;
};

static void take(struct reader *r, void *to, size_t size)
{
    if (!r->ok || r->rest.size < size) {
        r->ok = false;
        return;
    }
    memcpy(to, r->rest.data, size);
    r->rest = (struct bytes){r->rest.data + size, r->rest.size - size};
}

static void take_short_text(struct reader *r, char *to, size_t capacity)
{
    uint8_t size = 0;
    take(r, &size, 1);
    if (size >= capacity) {
        r->ok = false;
    }
    take(r, to, size);
    if (!r->ok) {
        return;
    }
    to[size] = 0;
    if (strlen(to) != size) {
        r->ok = false;
    }
}

static enum ng_err decode_bytes(struct bytes content, struct slip *ret)
{
    uint8_t sum[SLIP_CHECKSUM_SIZE];
    if (content.size <= SLIP_CHECKSUM_SIZE || content.size > SLIP_BYTES_MAX) {
        return NG_ERR_INPUT;
    }
    const struct bytes body = {content.data, content.size - SLIP_CHECKSUM_SIZE};
    checksum(body, sum);
    if (memcmp(sum, content.data + body.size, SLIP_CHECKSUM_SIZE) != 0) {
        return NG_ERR_INPUT;
    }
    struct slip s = {0};
    struct reader r = {body, true};
    take_short_text(&r, s.party.text, sizeof(s.party.text));
    take_short_text(&r, s.endpoint, sizeof(s.endpoint));
    take_short_text(&r, s.origin, sizeof(s.origin));
    take(&r, s.broker_curve, sizeof(s.broker_curve));
    take(&r, s.log_key.bytes, KEY_PUBLIC_SIZE);
    take(&r, s.code, SLIP_CODE_SIZE);
    const bool good = r.ok && r.rest.size == 0 && statement_code_valid(s.party.text) &&
                      note_origin_valid(s.origin) && s.endpoint[0] != 0 &&
                      (s.code[SLIP_CODE_SIZE - 1] & 0x0F) == 0;
    if (good) {
        *ret = s;
    }
    explicit_bzero(&s, sizeof(s));
    return good ? NG_OK : NG_ERR_INPUT;
}

enum ng_err slip_decode(const char *text, struct slip *ret)
{
    while (is_space(*text)) {
        text++;
    }
    size_t size = strlen(text);
    while (size > 0 && is_space(text[size - 1])) {
        size--;
    }
    if (size < SLIP_PREFIX_SIZE || strncmp(text, SLIP_PREFIX, SLIP_PREFIX_SIZE) != 0) {
        return err_set(NG_ERR_INPUT, _("this is no enrolment slip: a slip begins with nganam1:"));
    }
    if (size > SLIP_TEXT_MAX) {
        return err_set(NG_ERR_INPUT, _("the slip is damaged (too long): copy it again, all of it"));
    }
    struct buf content = BUF_INIT(SLIP_TEXT_MAX);
    enum ng_err e = read_base64url(text + SLIP_PREFIX_SIZE, size - SLIP_PREFIX_SIZE, &content);
    if (!e) {
        e = decode_bytes(buf_bytes(&content), ret);
    }
    if (content.data) {
        explicit_bzero(content.data, content.size);
    }
    buf_fini(&content);
    if (e == NG_ERR_NOMEM) {
        return e;
    }
    return e ? err_set(NG_ERR_INPUT, _("the slip is damaged: copy it again, all of it")) : NG_OK;
}

void slip_keys(const struct slip *s, struct slip_keys *ret)
{
    const struct bytes code = {s->code, SLIP_CODE_SIZE};
    uint8_t seed[32];
    key_derive("nganam/invite/ed", code, seed);
    key_from_seed(seed, &ret->sign);
    key_derive("nganam/invite/cv", code, seed);
    key_curve_from_seed(seed, ret->curve_secret, ret->curve_public);
    explicit_bzero(seed, sizeof(seed));
}
