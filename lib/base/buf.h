/* A byte buffer that grows up to a maximum given where it is made. Plain data; after a failed call
 * the contents are as before. A struct buf that is only BUF_INIT needs no fini. */
#ifndef NGANAM_BASE_BUF_H
#define NGANAM_BASE_BUF_H

#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data; /* always followed by a zero byte once anything was added */
    size_t size;
    size_t capacity;
    size_t size_max;
};

/* Bytes that somebody else owns. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

#define BUF_INIT(max)                                                                              \
    {                                                                                              \
        .size_max = (max)                                                                          \
    }

void buf_init(struct buf *b, size_t size_max);
void buf_fini(struct buf *b);  /* frees, keeps the maximum; may be used again */
void buf_clear(struct buf *b); /* size 0, memory kept */

/* NG_ERR_LIMIT beyond size_max, NG_ERR_NOMEM. */
enum ng_err buf_add(struct buf *b, const void *data, size_t size) NG_MUST_USE;
enum ng_err buf_add_byte(struct buf *b, uint8_t byte) NG_MUST_USE;
enum ng_err buf_add_text(struct buf *b, const char *text) NG_MUST_USE; /* without its zero */
enum ng_err buf_add_u32(struct buf *b, uint32_t v) NG_MUST_USE;        /* big-endian */
enum ng_err buf_add_u64(struct buf *b, uint64_t v) NG_MUST_USE;
enum ng_err buf_printf(struct buf *b, const char *format, ...) NG_PRINTF(2, 3) NG_MUST_USE;
enum ng_err buf_vprintf(struct buf *b, const char *format, va_list args)
    NG_PRINTF(2, 0) NG_MUST_USE;
enum ng_err buf_reserve(struct buf *b, size_t more) NG_MUST_USE;

/* The contents as a C string ("" when empty); borrowed. */
const char *buf_text(const struct buf *b);
struct bytes buf_bytes(const struct buf *b);

#endif
