#include "base/buf.h"

#include "base/check.h"
#include "base/lang.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t size_max)
{
    *b = (struct buf)BUF_INIT(size_max);
}

void buf_fini(struct buf *b)
{
    free(b->data);
    buf_init(b, b->size_max);
}

void buf_clear(struct buf *b)
{
    b->size = 0;
    if (b->data != NULL) {
        b->data[0] = 0;
    }
}

enum ng_err buf_reserve(struct buf *b, size_t more)
{
    if (more > b->size_max - b->size) {
        return err_set(NG_ERR_LIMIT, _("more than %zu bytes"), b->size_max);
    }
    size_t wanted = b->size + more;
    if (b->data != NULL && wanted <= b->capacity) {
        return NG_OK;
    }
    /* Doubling keeps adding cheap; the maximum bounds it. capacity leaves out the zero byte. */
    size_t capacity = b->capacity < b->size_max / 2 ? b->capacity * 2 : b->size_max;
    if (capacity < 64) {
        capacity = b->size_max < 64 ? b->size_max : 64;
    }
    if (capacity < wanted) {
        capacity = wanted;
    }
    if (capacity == SIZE_MAX) {
        return err_set(NG_ERR_NOMEM, "%zu bytes", capacity);
    }
    uint8_t *data = realloc(b->data, capacity + 1);
    if (data == NULL) {
        return err_set(NG_ERR_NOMEM, "%zu bytes", capacity);
    }
    data[b->size] = 0;
    b->data = data;
    b->capacity = capacity;
    return NG_OK;
}

enum ng_err buf_add(struct buf *b, const void *data, size_t size)
{
    enum ng_err err = buf_reserve(b, size);
    if (err != NG_OK) {
        return err;
    }
    if (size > 0) {
        memcpy(b->data + b->size, data, size);
        b->size += size;
        b->data[b->size] = 0;
    }
    return NG_OK;
}

enum ng_err buf_add_byte(struct buf *b, uint8_t byte)
{
    return buf_add(b, &byte, 1);
}

enum ng_err buf_add_text(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

enum ng_err buf_add_u32(struct buf *b, uint32_t v)
{
    const uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                              (uint8_t)v};
    return buf_add(b, bytes, sizeof(bytes));
}

enum ng_err buf_add_u64(struct buf *b, uint64_t v)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(v >> (56 - 8 * i));
    }
    return buf_add(b, bytes, sizeof(bytes));
}

enum ng_err buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    enum ng_err err = length < 0 ? err_set(NG_ERR_INPUT, _("the text cannot be formatted"))
                                 : buf_reserve(b, (size_t)length);
    if (err == NG_OK) {
        int written = vsnprintf((char *)b->data + b->size, (size_t)length + 1, format, again);
        CHECK(written == length);
        b->size += (size_t)length;
    }
    va_end(again);
    return err;
}

enum ng_err buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum ng_err err = buf_vprintf(b, format, args);
    va_end(args);
    return err;
}

const char *buf_text(const struct buf *b)
{
    return b->data != NULL ? (const char *)b->data : "";
}

struct bytes buf_bytes(const struct buf *b)
{
    return (struct bytes){b->data, b->size};
}
