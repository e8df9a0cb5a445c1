/* Text at the entrance: what encoding it is in, and its one normal form.
 *
 * Idea: everything stored is valid UTF-8 in NFC, so that equal texts are equal bytes; who sends
 * anything else is told how to save the file, instead of being guessed at. Happy path: ASCII is
 * only trimmed and copied. Failures: bytes that are no UTF-8, control characters, memory.
 */
#include "par/text.h"

#include "base/bytes.h"
#include "base/day.h"
#include "base/lang.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define FONT_SIGNS_MIN 3u   /* fewer may be a foreign name */
#define WIRE_TEXT_MAX 4096u /* text_is_clean looks at no longer text; ≥ TEXT_LONG_MAX */

_Static_assert(TEXT_LONG_MAX <= WIRE_TEXT_MAX, "text_is_clean must see every allowed text");

static const utf8proc_option_t nfc = UTF8PROC_STABLE | UTF8PROC_COMPOSE;

/* The character at text, whose encoding is known to be valid. */
static int32_t decode(const char *text, size_t size, size_t *ret_length)
{
    utf8proc_int32_t c = 0;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, &c);

    *ret_length = n > 0 ? (size_t)n : 1;
    return n > 0 ? c : -1;
}

static bool is_ascii_letter(int32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* TCVN3 (.VnTime) puts Vietnamese letters where Latin-1 has signs: "Uû ban nh©n d©n". */
static bool is_tcvn3_sign(int32_t before, int32_t c, int32_t after)
{
    bool sign = (c >= 0xa1 && c <= 0xbf) || c == 0xd7 || c == 0xf7;

    return sign && is_ascii_letter(before) && is_ascii_letter(after);
}

static bool is_among(int32_t c, const int32_t *set, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (set[i] == c) {
            return true;
        }
    }
    return false;
}

/* VNI writes the marks as letters of their own behind the vowel: "Phöôøng", "xaõ Myõ Quôùi". Some
 * of those letters do not exist in Vietnamese; ù and õ do, but never behind these vowels. */
static bool is_vni_mark(int32_t before, int32_t c)
{
    static const int32_t foreign[] = {0xf8, 0xe5, 0xe4, 0xeb, 0xef, 0xfb, 0xfc,
                                      0xd8, 0xc5, 0xc4, 0xcb, 0xcf, 0xdb, 0xdc};
    static const int32_t vowels[] = {'a', 'e', 'o', 'u', 'y', 0xf4, 0xf6,
                                     'A', 'E', 'O', 'U', 'Y', 0xd4, 0xd6};
    static const int32_t displaced[] = {0xf9, 0xf5, 0xd9, 0xd5};
    static const int32_t never_before[] = {'a', 'e', 'y', 0xf4, 0xf6, 'A', 'E', 'Y', 0xd4, 0xd6};

    return (is_among(c, foreign, sizeof(foreign) / sizeof(foreign[0])) &&
            is_among(before, vowels, sizeof(vowels) / sizeof(vowels[0]))) ||
           (is_among(c, displaced, sizeof(displaced) / sizeof(displaced[0])) &&
            is_among(before, never_before, sizeof(never_before) / sizeof(never_before[0])));
}

static bool has_legacy_font(const char *text, size_t size, size_t *ret_offset)
{
    int32_t before = ' ';
    unsigned signs = 0;
    size_t at = 0, n = 0, next_n = 0;

    while (at < size) {
        int32_t c = decode(text + at, size - at, &n);
        int32_t after = at + n < size ? decode(text + at + n, size - at - n, &next_n) : ' ';

        if (is_tcvn3_sign(before, c, after) || is_vni_mark(before, c)) {
            if (signs++ == 0) {
                *ret_offset = at;
            }
        }
        before = c;
        at += n;
    }
    return signs >= FONT_SIGNS_MIN;
}

enum text_kind text_detect(const char *text, size_t size, size_t *ret_offset)
{
    enum text_kind kind = TEXT_UTF8;
    size_t at = 0, n, sign = 0;

    while (at < size && (n = bytes_utf8_length(text + at, size - at)) > 0) {
        at += n;
    }
    if (at < size) {
        kind = TEXT_NOT_UTF8;
    } else if (has_legacy_font(text, size, &sign)) {
        kind = TEXT_WRONG_FONT;
    }
    if (ret_offset != NULL) {
        *ret_offset = kind == TEXT_WRONG_FONT ? sign : at;
    }
    return kind;
}

const char *text_advice(enum text_kind kind)
{
    switch (kind) {
    case TEXT_NOT_UTF8:
        return _("the text is not Unicode (UTF-8): open the file in Excel, choose Save as, "
                 "\"CSV UTF-8\"; text typed with TCVN3 or VNI fonts must be converted to "
                 "Unicode first (for example with UniKey)");
    case TEXT_WRONG_FONT:
        return _("the text looks like TCVN3 or VNI fonts, not like Unicode: convert it to Unicode "
                 "first (for example with UniKey), then save as \"CSV UTF-8\"");
    case TEXT_UTF8:
        break;
    }
    return "";
}

static bool is_white(int32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xa0 || c == 0x200b ||
           c == 0x202f || c == 0x3000 || c == 0xfeff;
}

static bool is_control(int32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c <= 0x9f);
}

/* What one pass over a text finds out. */
struct survey_of_text {
    size_t begin, end; /* without white space */
    bool valid;
    bool ascii;
    bool has_return;
};

static struct survey_of_text look_at(const char *text, size_t size)
{
    struct survey_of_text s = {.begin = size, .valid = true, .ascii = true};
    size_t at = 0;

    while (at < size) {
        size_t n = bytes_utf8_length(text + at, size - at);
        int32_t c;

        if (n == 0) {
            return (struct survey_of_text){.valid = false};
        }
        c = decode(text + at, size - at, &n);
        if (c == '\r' && at + 1 < size && text[at + 1] == '\n') {
            s.has_return = true;
        } else if (c == '\r') {
            s.valid = s.valid && (at == 0 || at + 1 == size); /* only where it is trimmed */
        } else if (is_control(c)) {
            s.valid = false;
        }
        s.ascii = s.ascii && c < 0x80;
        if (!is_white(c)) {
            s.begin = s.begin == size ? at : s.begin;
            s.end = at + n;
        }
        at += n;
    }
    return s;
}

static enum ng_err add_without_returns(const char *text, size_t size, struct buf *to)
{
    size_t kept = to->size;
    enum ng_err err = NG_OK;

    for (size_t i = 0; i < size && err == NG_OK; i++) {
        if (text[i] != '\r') {
            err = buf_add_byte(to, (uint8_t)text[i]);
        }
    }
    if (err != NG_OK) {
        to->size = kept;
    }
    return err;
}

enum ng_err text_clean(const char *text, size_t size, struct buf *to)
{
    struct survey_of_text s = look_at(text, size);
    utf8proc_uint8_t *normal = NULL;
    utf8proc_ssize_t n;
    enum ng_err err;

    if (!s.valid) {
        return err_set(NG_ERR_INPUT, "%s", _("the text is not UTF-8, or has control characters"));
    }
    if (s.begin >= s.end) {
        return NG_OK;
    }
    if (s.ascii && !s.has_return) {
        return buf_add(to, text + s.begin, s.end - s.begin);
    }
    n = utf8proc_map((const utf8proc_uint8_t *)text + s.begin, (utf8proc_ssize_t)(s.end - s.begin),
                     &normal, nfc);
    if (n < 0) {
        return n == UTF8PROC_ERROR_NOMEM ? err_plain(NG_ERR_NOMEM) : err_plain(NG_ERR_INPUT);
    }
    err = add_without_returns((const char *)normal, (size_t)n, to);
    free(normal);
    return err;
}

/* Compares the text with its NFC in a buffer of its own: no memory to run out of, so that the same
 * bytes are judged alike on every machine. A character of n bytes decomposes into fewer than 2 n.
 */
static bool is_nfc(const char *text, size_t size)
{
    utf8proc_int32_t points[WIRE_TEXT_MAX * 2];
    utf8proc_ssize_t count =
        utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, points,
                           sizeof(points) / sizeof(points[0]), nfc);
    size_t at = 0, n = 0;

    if (count < 0 || (size_t)count > sizeof(points) / sizeof(points[0])) {
        return false;
    }
    count = utf8proc_normalize_utf32(points, count, nfc);
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        if (at >= size || decode(text + at, size - at, &n) != points[i]) {
            return false;
        }
        at += n;
    }
    return at == size;
}

bool text_is_clean(const char *text)
{
    size_t size = strlen(text);
    struct survey_of_text s;

    if (size == 0) {
        return true;
    }
    if (size > WIRE_TEXT_MAX) {
        return false;
    }
    s = look_at(text, size);
    if (!s.valid || s.has_return || s.begin != 0 || s.end != size) {
        return false;
    }
    return s.ascii || is_nfc(text, size);
}

/* Control characters of both sets; direction marks, embeddings and isolates; no width; tags. */
static bool is_harmful(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x061c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe007f);
}

enum ng_err text_show(const char *text, struct buf *to)
{
    size_t size = strlen(text);
    enum ng_err err = NG_OK;
    while (size > 0 && err == NG_OK) {
        size_t n = bytes_utf8_length(text, size);
        const bool harmful = n == 0 || is_harmful(decode(text, size, &n));
        err = harmful ? buf_add_text(to, "\xef\xbf\xbd") : buf_add(to, text, n);
        n = n == 0 ? 1 : n;
        text += n;
        size -= n;
    }
    return err;
}

bool text_is_harmless(const char *text)
{
    size_t size = strlen(text);
    while (size > 0) {
        size_t n = bytes_utf8_length(text, size);
        if (n == 0 || is_harmful(decode(text, size, &n))) {
            return false;
        }
        text += n;
        size -= n;
    }
    return true;
}

bool text_is_code(const char *text, size_t size_max)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t size = strlen(text);

    return size >= 1 && size <= size_max && strspn(text, allowed) == size;
}

bool text_is_date(const char *text)
{
    int32_t day = DAY_NONE;
    char iso[11];

    if (day_parse(text, &day) != NG_OK) {
        return false;
    }
    day_format_iso(day, iso);
    return strcmp(iso, text) == 0;
}

size_t text_width(const char *text)
{
    size_t size = strlen(text), at = 0, width = 0;

    while (at < size) {
        size_t n = 0;
        int32_t c = decode(text + at, size - at, &n);
        int columns = c >= 0 ? utf8proc_charwidth(c) : 1;

        width += columns > 0 ? (size_t)columns : 0;
        at += n;
    }
    return width;
}
