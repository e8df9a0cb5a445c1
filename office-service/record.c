#include "office-service/record.h"

#include "base/bytes.h"
#include "base/lang.h"

#include <string.h>

void record_out_init(struct record_out *r)
{
    buf_init(&r->buf, RECORD_SIZE_MAX);
    r->err = NG_OK;
}

void record_out_fini(struct record_out *r)
{
    buf_fini(&r->buf);
}

static void put(struct record_out *r, const void *data, size_t size)
{
    if (!r->err) {
        r->err = buf_add(&r->buf, data, size);
    }
}

void record_put_u8(struct record_out *r, uint8_t v)
{
    put(r, &v, 1);
}

void record_put_u32(struct record_out *r, uint32_t v)
{
    uint8_t raw[4];
    bytes_put_u32(raw, v);
    put(r, raw, sizeof raw);
}

void record_put_u64(struct record_out *r, uint64_t v)
{
    uint8_t raw[8];
    bytes_put_u64(raw, v);
    put(r, raw, sizeof raw);
}

void record_put_day(struct record_out *r, int32_t day)
{
    record_put_u32(r, (uint32_t)day);
}

void record_put_decimal(struct record_out *r, struct decimal d)
{
    record_put_u64(r, (uint64_t)d.micro);
}

void record_put_text(struct record_out *r, const char *text)
{
    put(r, text, strlen(text) + 1);
}

void record_put_bytes(struct record_out *r, struct bytes data)
{
    record_put_u32(r, (uint32_t)data.size);
    put(r, data.data, data.size);
}

void record_put_raw(struct record_out *r, const void *data, size_t size)
{
    put(r, data, size);
}

enum ng_err record_out_put(struct record_out *r, const struct kv *kv, struct bytes key)
{
    enum ng_err err = r->err ? r->err : kv_put(kv, key, buf_bytes(&r->buf));
    record_out_fini(r);
    return err;
}

struct record_in record_in(struct bytes value)
{
    return (struct record_in){.rest = value};
}

/* The next `size` bytes, or NULL with `bad` set. */
static const uint8_t *take(struct record_in *r, size_t size)
{
    if (r->bad || r->rest.size < size) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *at = r->rest.data;
    r->rest.data += size;
    r->rest.size -= size;
    return at;
}

uint8_t record_get_u8(struct record_in *r)
{
    const uint8_t *at = take(r, 1);
    return at ? *at : 0;
}

uint32_t record_get_u32(struct record_in *r)
{
    const uint8_t *at = take(r, 4);
    return at ? bytes_get_u32(at) : 0;
}

uint64_t record_get_u64(struct record_in *r)
{
    const uint8_t *at = take(r, 8);
    return at ? bytes_get_u64(at) : 0;
}

int32_t record_get_day(struct record_in *r)
{
    return (int32_t)record_get_u32(r);
}

struct decimal record_get_decimal(struct record_in *r)
{
    return (struct decimal){(int64_t)record_get_u64(r)};
}

const char *record_get_text(struct record_in *r)
{
    const uint8_t *end = NULL;
    if (!r->bad && r->rest.size > 0) {
        end = memchr(r->rest.data, 0, r->rest.size);
    }
    if (!end) {
        r->bad = true;
        return "";
    }
    return (const char *)take(r, (size_t)(end - r->rest.data) + 1);
}

void record_get_code(struct record_in *r, char *to, size_t size)
{
    const char *text = record_get_text(r);
    size_t length = strlen(text);
    if (length >= size) {
        r->bad = true;
        length = 0;
    }
    memcpy(to, text, length);
    to[length] = '\0';
}

struct bytes record_get_bytes(struct record_in *r)
{
    uint32_t size = record_get_u32(r);
    const uint8_t *at = take(r, size);
    return (struct bytes){at, at ? size : 0};
}

const uint8_t *record_get_span(struct record_in *r, size_t size)
{
    return take(r, size);
}

void record_get_raw(struct record_in *r, void *to, size_t size)
{
    const uint8_t *at = take(r, size);
    if (at) {
        memcpy(to, at, size);
    } else {
        memset(to, 0, size);
    }
}

enum ng_err record_in_end(const struct record_in *r, const char *what)
{
    if (r->bad || r->rest.size > 0)
        return err_set(NG_ERR_CORRUPT, _("state: a record of %s does not parse; run rebuild"),
                       what);
    return NG_OK;
}
