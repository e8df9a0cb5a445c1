/* Big-endian integers, hex and base64 (RFC 4648 §4, with padding, strict on reading). */
#ifndef NGANAM_BASE_BYTES_H
#define NGANAM_BASE_BYTES_H

#include "base/buf.h"

#include <endian.h>
#include <string.h>

/* Inline: every stored number and every key is made of these. */
static inline void bytes_put_u32(uint8_t *to, uint32_t v)
{
    v = htobe32(v);
    memcpy(to, &v, sizeof(v));
}

static inline void bytes_put_u64(uint8_t *to, uint64_t v)
{
    v = htobe64(v);
    memcpy(to, &v, sizeof(v));
}

static inline uint32_t bytes_get_u32(const uint8_t *from)
{
    uint32_t v;
    memcpy(&v, from, sizeof(v));
    return be32toh(v);
}

static inline uint64_t bytes_get_u64(const uint8_t *from)
{
    uint64_t v;
    memcpy(&v, from, sizeof(v));
    return be64toh(v);
}

/* Appends; NG_ERR_LIMIT or NG_ERR_NOMEM from the buffer. */
enum ng_err bytes_hex(struct buf *to, const void *data, size_t size) NG_MUST_USE;
enum ng_err bytes_base64(struct buf *to, const void *data, size_t size) NG_MUST_USE;

/* Appends what the text stands for; NG_ERR_INPUT if it is not canonical. */
enum ng_err bytes_from_hex(struct buf *to, const char *text, size_t size) NG_MUST_USE;
enum ng_err bytes_from_base64(struct buf *to, const char *text, size_t size) NG_MUST_USE;

/* Fixed output size: NG_ERR_INPUT unless the text decodes to exactly `want` bytes. */
enum ng_err bytes_exact_base64(uint8_t *to, size_t want, const char *text, size_t size) NG_MUST_USE;

/* Appends text as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
enum ng_err bytes_json(struct buf *to, const char *text) NG_MUST_USE;

/* The length in bytes (1 … 4) of the UTF-8 character that begins text, 0 if none does (RFC 3629:
 * no surrogates, nothing over-long, at most U+10FFFF) or size is 0. */
size_t bytes_utf8_length(const char *text, size_t size);

/* a < b: negative; equal: 0. Shorter first when one begins the other. */
int bytes_compare(struct bytes a, struct bytes b);

#endif
