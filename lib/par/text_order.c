/* Two keys of a text: for searching without marks, and for ordering as a Vietnamese reader expects.
 *
 * Idea of the ordering key: weights of a first, second and third level one after another, each
 * level ended by a byte below all weights, then the text itself, so that different texts never tie.
 * Level 1 is the alphabet, where ă, â, đ, ê, ô, ơ, ư are letters of their own and a run of digits
 * is one element (how many digits, then the digits); level 2 the tone of each letter; level 3
 * whether it is a capital. The order table stands here, not in a locale, so every machine gives the
 * same bytes.
 */
#include "par/text_order.h"

#include "base/bytes.h"
#include "par/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define LEVEL_END 0x01u
#define WEIGHT_SPACE 0x0fu
#define WEIGHT_SIGN 0x10u   /* then the ASCII character */
#define WEIGHT_NUMBER 0x30u /* then how many digits, then the digits */
#define WEIGHT_LETTER 0x40u /* plus the letter's place in the alphabet */
#define WEIGHT_OTHER 0xf0u  /* then the code point */
#define DIGITS_MAX 250u

/* Code points, in order; base letters with their quality marks only. */
static const int32_t alphabet[] = {
    'a', 0x103, 0xe2, 'b',   'c', 'd', 0x111, 'e', 0xea, 'f', 'g',   'h', 'i', 'j', 'k', 'l', 'm',
    'n', 'o',   0xf4, 0x1a1, 'p', 'q', 'r',   's', 't',  'u', 0x1b0, 'v', 'w', 'x', 'y', 'z',
};

/* Combining marks of the tones, in order after "none". */
static const int32_t tones[] = {0x300, 0x309, 0x303, 0x301, 0x323};

struct levels {
    struct buf first, second, third;
};

/* One character taken apart: letter with its quality mark in lower case, tone, capital. */
struct letter {
    int32_t base;
    uint8_t tone; /* 0 none … 5 */
    bool capital;
};

static uint8_t tone_of(int32_t mark)
{
    for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++) {
        if (tones[i] == mark) {
            return (uint8_t)(i + 1);
        }
    }
    return 0;
}

/* Puts a quality mark (circumflex, breve, horn) on a bare vowel; other marks stay outside the key.
 */
static int32_t with_quality(int32_t base, int32_t mark)
{
    switch (mark) {
    case 0x302:
        return base == 'a' ? 0xe2 : base == 'e' ? 0xea : base == 'o' ? 0xf4 : base;
    case 0x306:
        return base == 'a' ? 0x103 : base;
    case 0x31b:
        return base == 'o' ? 0x1a1 : base == 'u' ? 0x1b0 : base;
    default:
        return base;
    }
}

static struct letter take_apart(int32_t c)
{
    utf8proc_int32_t parts[8];
    int boundary = 0;
    utf8proc_ssize_t n =
        utf8proc_decompose_char(utf8proc_tolower(c), parts, 8, UTF8PROC_DECOMPOSE, &boundary);
    struct letter l = {.base = n > 0 ? parts[0] : c, .capital = utf8proc_tolower(c) != c};

    for (utf8proc_ssize_t i = 1; i < n && i < 8; i++) {
        uint8_t tone = tone_of(parts[i]);

        l.tone = tone != 0 ? tone : l.tone;
        l.base = with_quality(l.base, parts[i]);
    }
    return l;
}

static enum ng_err add_other(struct levels *k, int32_t c)
{
    const uint8_t weight[] = {WEIGHT_OTHER, (uint8_t)(c >> 16), (uint8_t)(c >> 8), (uint8_t)c};

    return buf_add(&k->first, weight, sizeof(weight));
}

static enum ng_err add_letter(struct levels *k, int32_t c)
{
    struct letter l = take_apart(c);
    enum ng_err err;
    size_t place = 0;

    while (place < sizeof(alphabet) / sizeof(alphabet[0]) && alphabet[place] != l.base) {
        place++;
    }
    if (place == sizeof(alphabet) / sizeof(alphabet[0])) {
        return add_other(k, c);
    }
    err = buf_add_byte(&k->first, (uint8_t)(WEIGHT_LETTER + place));
    if (err == NG_OK) {
        err = buf_add_byte(&k->second, (uint8_t)(LEVEL_END + 1 + l.tone));
    }
    if (err == NG_OK) {
        err = buf_add_byte(&k->third, (uint8_t)(LEVEL_END + 1 + (l.capital ? 1 : 0)));
    }
    return err;
}

/* A run of digits by its value: leading zeros do not count (the text at the key's end tells them
 * apart). Returns how many bytes it took. */
static size_t add_number(struct levels *k, const char *text, size_t size, enum ng_err *ret_err)
{
    size_t end = 0, begin = 0, count;

    while (end < size && text[end] >= '0' && text[end] <= '9') {
        end++;
    }
    while (begin + 1 < end && text[begin] == '0') {
        begin++;
    }
    count = end - begin < DIGITS_MAX ? end - begin : DIGITS_MAX;
    *ret_err = buf_add_byte(&k->first, WEIGHT_NUMBER);
    if (*ret_err == NG_OK) {
        *ret_err = buf_add_byte(&k->first, (uint8_t)count);
    }
    if (*ret_err == NG_OK) {
        *ret_err = buf_add(&k->first, text + begin, count);
    }
    return end;
}

static enum ng_err add_sign(struct levels *k, char c)
{
    const uint8_t weight[] = {WEIGHT_SIGN, (uint8_t)c};

    if (c == ' ' || c == '\t' || c == '\n') {
        return buf_add_byte(&k->first, WEIGHT_SPACE);
    }
    return buf_add(&k->first, weight, sizeof(weight));
}

static bool is_letter(int32_t c)
{
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static enum ng_err add_levels(struct levels *k, const char *text, size_t size)
{
    enum ng_err err = NG_OK;
    size_t at = 0;

    while (at < size && err == NG_OK) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                              (utf8proc_ssize_t)(size - at), &c);

        if (n <= 0) {
            return err_plain(NG_ERR_INPUT);
        }
        if (c >= '0' && c <= '9') {
            n = (utf8proc_ssize_t)add_number(k, text + at, size - at, &err);
        } else if (is_letter(c)) {
            err = add_letter(k, c);
        } else {
            err = add_sign(k, text[at]);
        }
        at += (size_t)n;
    }
    return err;
}

static enum ng_err join(struct buf *to, const struct levels *k, struct bytes text)
{
    const struct buf *parts[] = {&k->first, &k->second, &k->third};
    enum ng_err err = NG_OK;

    for (size_t i = 0; i < 3 && err == NG_OK; i++) {
        err = buf_add(to, parts[i]->data, parts[i]->size);
        if (err == NG_OK) {
            err = buf_add_byte(to, LEVEL_END);
        }
    }
    return err == NG_OK ? buf_add(to, text.data, text.size) : err;
}

enum ng_err text_order_key(const char *text, struct buf *to)
{
    const size_t max = (size_t)1 << 20;
    struct levels k = {BUF_INIT(max), BUF_INIT(max), BUF_INIT(max)};
    struct buf clean = BUF_INIT(max);
    size_t kept = to->size;
    enum ng_err err = text_clean(text, strlen(text), &clean);

    if (err == NG_OK) {
        err = add_levels(&k, buf_text(&clean), clean.size);
    }
    if (err == NG_OK) {
        err = join(to, &k, buf_bytes(&clean));
    }
    if (err != NG_OK) {
        to->size = kept;
    }
    buf_fini(&k.first);
    buf_fini(&k.second);
    buf_fini(&k.third);
    buf_fini(&clean);
    return err;
}

enum ng_err text_order_search_key(const char *text, struct buf *to)
{
    const utf8proc_option_t options =
        UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK;
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text,
                                      (utf8proc_ssize_t)strlen(text), &folded, options);
    size_t kept = to->size;
    enum ng_err err = NG_OK;

    if (n < 0) {
        return err_plain(n == UTF8PROC_ERROR_NOMEM ? NG_ERR_NOMEM : NG_ERR_INPUT);
    }
    for (utf8proc_ssize_t i = 0; i < n && err == NG_OK; i++) {
        /* đ (C4 91) has no decomposition, so its stroke is taken off by hand */
        bool stroke = folded[i] == 0xc4 && i + 1 < n && folded[i + 1] == 0x91;

        err = buf_add_byte(to, stroke ? (uint8_t)'d' : folded[i]);
        i += stroke ? 1 : 0;
    }
    if (err != NG_OK) {
        to->size = kept;
    }
    free(folded);
    return err;
}
