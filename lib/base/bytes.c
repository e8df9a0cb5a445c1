/* Byte encodings. Reading is strict: one text for one value, so that nothing signed or compared
 * can be written in two ways (RFC 4648 §3.5 "canonical encoding"). */
#include "base/bytes.h"

#include "base/lang.h"

#include <string.h>

/* Makes room for size bytes and counts them in; the caller fills them. Nothing to undo later. */
static enum ng_err extend(struct buf *to, size_t size, uint8_t **ret_space)
{
    enum ng_err err = buf_reserve(to, size);
    if (err == NG_OK) {
        *ret_space = to->data + to->size;
        to->size += size;
        to->data[to->size] = 0;
    }
    return err;
}

enum ng_err bytes_hex(struct buf *to, const void *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = data;
    uint8_t *space;
    if (size > SIZE_MAX / 2) {
        return err_set(NG_ERR_LIMIT, _("%zu bytes are too many for one text"), size);
    }
    enum ng_err err = extend(to, size * 2, &space);
    for (size_t i = 0; err == NG_OK && i < size; i++) {
        space[2 * i] = (uint8_t)digits[from[i] >> 4];
        space[2 * i + 1] = (uint8_t)digits[from[i] & 15U];
    }
    return err;
}

/* −1: no hex digit. Capital letters are refused: we never write them. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum ng_err bytes_from_hex(struct buf *to, const char *text, size_t size)
{
    if (size % 2 != 0) {
        return err_set(NG_ERR_INPUT, _("hex text has an odd number of digits"));
    }
    for (size_t i = 0; i < size; i++) {
        if (hex_value(text[i]) < 0) {
            return err_set(NG_ERR_INPUT, _("character %zu is not a hex digit"), i + 1);
        }
    }
    uint8_t *space;
    enum ng_err err = extend(to, size / 2, &space);
    for (size_t i = 0; err == NG_OK && i < size / 2; i++) {
        space[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    }
    return err;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum ng_err bytes_base64(struct buf *to, const void *data, size_t size)
{
    const uint8_t *from = data;
    if (size > SIZE_MAX / 2) {
        return err_set(NG_ERR_LIMIT, _("%zu bytes are too many for one text"), size);
    }
    uint8_t *space;
    enum ng_err err = extend(to, (size + 2) / 3 * 4, &space);
    if (err != NG_OK) {
        return err;
    }
    for (size_t i = 0; i < size; i += 3) {
        size_t have = size - i < 3 ? size - i : 3;
        uint32_t group = (uint32_t)from[i] << 16;
        group |= have > 1 ? (uint32_t)from[i + 1] << 8 : 0;
        group |= have > 2 ? (uint32_t)from[i + 2] : 0;
        for (unsigned k = 0; k < 4; k++) {
            char digit = base64_digits[group >> (18 - 6 * k) & 63U];
            *space++ = (uint8_t)(k <= have ? digit : '=');
        }
    }
    return NG_OK;
}

/* −1: no base64 digit */
static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* How many bytes the text stands for; refuses what is not canonical. */
static enum ng_err base64_size(const char *text, size_t size, size_t *ret_size)
{
    if (size % 4 != 0) {
        return err_set(NG_ERR_INPUT, _("base64 text is not complete"));
    }
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=') {
        padding++;
    }
    size_t digits = size - padding;
    for (size_t i = 0; i < digits; i++) {
        if (base64_value(text[i]) < 0) {
            return err_set(NG_ERR_INPUT, _("character %zu is not a base64 digit"), i + 1);
        }
    }
    /* The last digit of a padded text has 2 or 4 bits that stand for nothing: they must be 0. */
    unsigned unused = padding == 1 ? 3U : padding == 2 ? 15U : 0U;
    if (unused != 0 && ((unsigned)base64_value(text[digits - 1]) & unused) != 0) {
        return err_set(NG_ERR_INPUT, _("base64 text is not written in the one right way"));
    }
    *ret_size = size / 4 * 3 - padding;
    return NG_OK;
}

/* text was checked; to has room for `out` bytes. */
static void base64_decode(uint8_t *to, size_t out, const char *text)
{
    for (size_t done = 0; done < out; text += 4) {
        uint32_t group = 0;
        for (unsigned k = 0; k < 4; k++) {
            group = group << 6 | (text[k] == '=' ? 0U : (uint32_t)base64_value(text[k]));
        }
        for (unsigned k = 0; k < 3 && done < out; k++) {
            to[done++] = (uint8_t)(group >> (16 - 8 * k));
        }
    }
}

enum ng_err bytes_from_base64(struct buf *to, const char *text, size_t size)
{
    size_t out = 0;
    uint8_t *space;
    enum ng_err err = base64_size(text, size, &out);
    if (err == NG_OK) {
        err = extend(to, out, &space);
    }
    if (err == NG_OK) {
        base64_decode(space, out, text);
    }
    return err;
}

enum ng_err bytes_exact_base64(uint8_t *to, size_t want, const char *text, size_t size)
{
    size_t out = 0;
    enum ng_err err = base64_size(text, size, &out);
    if (err == NG_OK && out != want) {
        return err_set(NG_ERR_INPUT, _("base64 text stands for %zu bytes, not %zu"), out, want);
    }
    if (err == NG_OK) {
        base64_decode(to, out, text);
    }
    return err;
}

size_t bytes_utf8_length(const char *text, size_t size)
{
    if (size == 0) {
        return 0;
    }
    uint8_t lead = (uint8_t)text[0];
    size_t length = lead < 0x80   ? 1
                    : lead < 0xC2 ? 0
                    : lead < 0xE0 ? 2
                    : lead < 0xF0 ? 3
                    : lead < 0xF5 ? 4
                                  : 0;
    if (length < 2 || length > size) {
        return length > size ? 0 : length;
    }
    for (size_t i = 1; i < length; i++) {
        if (((uint8_t)text[i] & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    uint8_t second = (uint8_t)text[1];
    bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                 (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
    return wrong ? 0 : length;
}

static enum ng_err json_character(struct buf *to, const char *text, size_t length)
{
    uint8_t c = (uint8_t)text[0];
    if (length == 0) {
        return buf_add_text(to, "\xEF\xBF\xBD");
    }
    if (c == '"' || c == '\\') {
        const char escaped[2] = {'\\', text[0]};
        return buf_add(to, escaped, sizeof(escaped));
    }
    if (c < 0x20 || c == 0x7F) {
        return c == '\n' ? buf_add_text(to, "\\n") : buf_printf(to, "\\u%04x", c);
    }
    return buf_add(to, text, length);
}

enum ng_err bytes_json(struct buf *to, const char *text)
{
    size_t before = to->size;
    enum ng_err err = buf_add_byte(to, '"');
    for (size_t left = strlen(text); err == NG_OK && left > 0;) {
        size_t length = bytes_utf8_length(text, left);
        err = json_character(to, text, length);
        text += length > 0 ? length : 1;
        left -= length > 0 ? length : 1;
    }
    if (err == NG_OK) {
        err = buf_add_byte(to, '"');
    }
    if (err != NG_OK && to->data != NULL) {
        to->size = before;
        to->data[before] = 0;
    }
    return err;
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0) {
        return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}
