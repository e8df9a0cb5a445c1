/* Reading and writing exact decimals.
 *
 * Idea: look at the shape first (where the digits and the marks stand), decide what each mark
 * means, and only then take the value; the value is built by integers alone. Happy path: "51,75"
 * has one mark with two digits behind it, so it is decimal, 51750000 millionths. Failures are the
 * five of enum decimal_fault; nothing else can happen, nothing is allocated.
 */
#include "par/decimal.h"

#include "base/check.h"
#include "base/lang.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WHOLE_DIGITS_MAX 12u

/* A number's text without sign, percent and white space, and what its marks mean. */
struct shape {
    const char *text;
    size_t size;
    char decimal_mark; /* 0: none */
    char group_mark;   /* 0: none */
};

static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How many bytes of white space begin the text: space, tab, newline, U+00A0 and U+202F. */
static size_t space_length(const char *text, size_t size)
{
    if (size >= 1 && strchr(" \t\r\n", text[0]) != NULL) {
        return 1;
    }
    if (size >= 2 && memcmp(text, "\xc2\xa0", 2) == 0) {
        return 2;
    }
    if (size >= 3 && memcmp(text, "\xe2\x80\xaf", 3) == 0) {
        return 3;
    }
    return 0;
}

static void trim(const char **text, size_t *size)
{
    size_t n;

    while ((n = space_length(*text, *size)) > 0) {
        *text += n;
        *size -= n;
    }
    for (;;) {
        n = 0;
        for (size_t length = 1; length <= 3 && length <= *size && n == 0; length++) {
            if (space_length(*text + *size - length, length) == length) {
                n = length;
            }
        }
        if (n == 0) {
            return;
        }
        *size -= n;
    }
}

/* True if the digits before `end` stand in groups: 1 to 3, then three behind each mark. */
static bool is_grouped(const struct shape *s, size_t end)
{
    size_t run = 0;
    bool first = true;

    if (s->text[0] == '0') {
        return false;
    }
    for (size_t i = 0; i <= end; i++) {
        if (i < end && is_digit(s->text[i])) {
            run++;
            continue;
        }
        if (first ? run < 1 || run > 3 : run != 3) {
            return false;
        }
        first = false;
        run = 0;
    }
    return true;
}

static size_t count_char(const struct shape *s, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < s->size; i++) {
        n += s->text[i] == c ? 1 : 0;
    }
    return n;
}

static size_t last_char(const struct shape *s, char c)
{
    size_t at = s->size;

    for (size_t i = 0; i < s->size; i++) {
        if (s->text[i] == c) {
            at = i;
        }
    }
    return at;
}

/* Both marks occur: the last one is decimal and stands once, the other one groups. */
static enum decimal_fault decide_both(struct shape *s)
{
    bool comma_last = last_char(s, ',') > last_char(s, '.');

    s->decimal_mark = comma_last ? ',' : '.';
    s->group_mark = comma_last ? '.' : ',';
    if (count_char(s, s->decimal_mark) != 1 || !is_grouped(s, last_char(s, s->decimal_mark))) {
        return DECIMAL_NOT_A_NUMBER;
    }
    return DECIMAL_FINE;
}

/* One mark, once: decimal, unless it could as well group thousands. */
static enum decimal_fault decide_single(struct shape *s, char mark)
{
    size_t before = last_char(s, mark);
    size_t after = s->size - before - 1;

    if (after == 3 && before <= 3 && s->text[0] != '0') {
        return DECIMAL_AMBIGUOUS;
    }
    s->decimal_mark = mark;
    return DECIMAL_FINE;
}

static enum decimal_fault decide(struct shape *s)
{
    size_t dots = count_char(s, '.');
    size_t commas = count_char(s, ',');

    if (dots > 0 && commas > 0) {
        return decide_both(s);
    }
    if (dots + commas == 0) {
        return DECIMAL_FINE;
    }
    if (dots + commas == 1) {
        return decide_single(s, dots == 1 ? '.' : ',');
    }
    s->group_mark = dots > 0 ? '.' : ',';
    return is_grouped(s, s->size) ? DECIMAL_FINE : DECIMAL_NOT_A_NUMBER;
}

/* The value of a shape whose marks are decided. The seventh decimal decides the rounding. */
static enum decimal_fault evaluate(const struct shape *s, bool negative, struct decimal *ret)
{
    int64_t whole = 0, part = 0;
    size_t whole_digits = 0, decimals = 0;
    bool in_part = false, up = false;

    for (size_t i = 0; i < s->size; i++) {
        int digit = s->text[i] - '0';

        if (s->text[i] == s->decimal_mark) {
            in_part = true;
        } else if (s->text[i] == s->group_mark) {
            continue;
        } else if (!in_part) {
            whole_digits += whole_digits > 0 || digit > 0 ? 1 : 0;
            if (whole_digits > WHOLE_DIGITS_MAX) {
                return DECIMAL_TOO_LARGE;
            }
            whole = whole * 10 + digit;
        } else {
            if (decimals < DECIMAL_DIGITS) {
                part = part * 10 + digit;
            } else if (decimals == DECIMAL_DIGITS) {
                up = digit >= 5;
            }
            decimals++;
        }
    }
    if (decimals < DECIMAL_DIGITS) {
        part *= powers[DECIMAL_DIGITS - decimals];
    }
    part += up ? 1 : 0;
    if (whole * DECIMAL_ONE + part > DECIMAL_MAX) {
        return DECIMAL_TOO_LARGE;
    }
    ret->micro = negative ? -(whole * DECIMAL_ONE + part) : whole * DECIMAL_ONE + part;
    return DECIMAL_FINE;
}

/* Digits and marks only, digits at both ends. */
static bool is_body(const struct shape *s)
{
    if (s->size == 0 || !is_digit(s->text[0]) || !is_digit(s->text[s->size - 1])) {
        return false;
    }
    for (size_t i = 0; i < s->size; i++) {
        if (!is_digit(s->text[i]) && s->text[i] != '.' && s->text[i] != ',') {
            return false;
        }
    }
    return true;
}

static bool take_sign(struct shape *s)
{
    static const char minus[] = "\xe2\x88\x92"; /* U+2212, as word processors write it */
    size_t n = 0;

    if (s->size >= 1 && s->text[0] == '-') {
        n = 1;
    } else if (s->size >= 3 && memcmp(s->text, minus, 3) == 0) {
        n = 3;
    }
    s->text += n;
    s->size -= n;
    return n > 0;
}

enum decimal_fault decimal_read(const char *text, struct decimal *ret, bool *ret_percent)
{
    struct shape s = {.text = text, .size = strlen(text)};
    bool negative, percent = false;
    enum decimal_fault fault;

    trim(&s.text, &s.size);
    if (s.size == 0) {
        return DECIMAL_EMPTY;
    }
    if (ret_percent != NULL && s.text[s.size - 1] == '%') {
        percent = true;
        s.size--;
        trim(&s.text, &s.size);
    }
    negative = take_sign(&s);
    if (!is_body(&s)) {
        return DECIMAL_NOT_A_NUMBER;
    }
    fault = decide(&s);
    if (fault == DECIMAL_FINE) {
        fault = evaluate(&s, negative, ret);
    }
    if (fault == DECIMAL_FINE && ret_percent != NULL) {
        *ret_percent = percent;
    }
    return fault;
}

enum decimal_fault decimal_parse(const char *text, struct decimal *ret)
{
    struct shape s = {.text = text, .size = strlen(text), .decimal_mark = '.'};
    bool negative;
    size_t dot;

    if (s.size == 0) {
        return DECIMAL_EMPTY;
    }
    negative = s.text[0] == '-';
    s.text += negative ? 1 : 0;
    s.size -= negative ? 1 : 0;
    if (!is_body(&s) || count_char(&s, ',') > 0 || count_char(&s, '.') > 1) {
        return DECIMAL_NOT_A_NUMBER;
    }
    dot = last_char(&s, '.');
    if (dot < s.size && s.size - dot - 1 > DECIMAL_DIGITS) {
        return DECIMAL_NOT_A_NUMBER;
    }
    if (s.text[0] == '0' && dot > 1) {
        return DECIMAL_NOT_A_NUMBER;
    }
    return evaluate(&s, negative, ret);
}

/* "1.234" may be 1234 or 1.234: both are offered in a form that is clear. */
static void explain_ambiguous(const char *text, char *out, size_t size)
{
    struct shape s = {.text = text, .size = strlen(text)};
    char whole[8] = "";
    size_t n = 0;

    trim(&s.text, &s.size);
    if (s.text[s.size - 1] == '%') {
        s.size--;
        trim(&s.text, &s.size);
    }
    (void)take_sign(&s);
    for (size_t i = 0; i < s.size && n + 1 < sizeof(whole); i++) {
        if (is_digit(s.text[i])) {
            whole[n++] = s.text[i];
        }
    }
    whole[n] = '\0';
    (void)snprintf(out, size, _("\"%.40s\" can be read two ways: write %s or %.*s0"), text, whole,
                   (int)s.size, s.text);
}

void decimal_explain(enum decimal_fault fault, const char *text, char *out, size_t size)
{
    switch (fault) {
    case DECIMAL_EMPTY:
        (void)snprintf(out, size, "%s", _("a number is expected, nothing is given"));
        return;
    case DECIMAL_NOT_A_NUMBER:
        (void)snprintf(out, size, _("\"%.40s\" is not a number (write for example 51,75)"), text);
        return;
    case DECIMAL_AMBIGUOUS:
        explain_ambiguous(text, out, size);
        return;
    case DECIMAL_TOO_LARGE:
        (void)snprintf(out, size, _("\"%.40s\" is too large (write it in thousands or millions)"),
                       text);
        return;
    case DECIMAL_FINE:
        break;
    }
    if (size > 0) {
        out[0] = '\0';
    }
}

char *decimal_format(struct decimal d, char out[static DECIMAL_TEXT_SIZE])
{
    uint32_t decimals = 0;

    while (!decimal_fits(d, decimals)) {
        decimals++;
    }
    return decimal_format_fixed(d, decimals, out);
}

char *decimal_format_fixed(struct decimal d, uint32_t decimals, char out[static DECIMAL_TEXT_SIZE])
{
    int64_t micro = decimal_round(d, decimals).micro;
    const char *sign = micro < 0 ? "-" : "";
    int64_t size = micro < 0 ? -micro : micro;

    if (decimals == 0) {
        (void)snprintf(out, DECIMAL_TEXT_SIZE, "%s%" PRId64, sign, size / DECIMAL_ONE);
    } else {
        (void)snprintf(out, DECIMAL_TEXT_SIZE, "%s%" PRId64 ".%0*" PRId64, sign, size / DECIMAL_ONE,
                       (int)decimals, size % DECIMAL_ONE / powers[DECIMAL_DIGITS - decimals]);
    }
    return out;
}

struct decimal decimal_round(struct decimal d, uint32_t decimals)
{
    int64_t unit, half;

    CHECK(decimals <= DECIMAL_DIGITS);
    unit = powers[DECIMAL_DIGITS - decimals];
    half = unit / 2;
    if (d.micro < 0) {
        return (struct decimal){-((-d.micro + half) / unit * unit)};
    }
    return (struct decimal){(d.micro + half) / unit * unit};
}

struct decimal decimal_of(int64_t whole)
{
    CHECK(whole >= -(DECIMAL_MAX / DECIMAL_ONE) && whole <= DECIMAL_MAX / DECIMAL_ONE);
    return (struct decimal){whole * DECIMAL_ONE};
}

struct decimal decimal_add(struct decimal a, struct decimal b)
{
    CHECK(b.micro >= 0 ? a.micro <= INT64_MAX - b.micro : a.micro >= INT64_MIN - b.micro);
    return (struct decimal){a.micro + b.micro};
}

struct decimal decimal_subtract(struct decimal a, struct decimal b)
{
    CHECK(b.micro > INT64_MIN);
    return decimal_add(a, (struct decimal){-b.micro});
}

struct decimal decimal_min(struct decimal a, struct decimal b)
{
    return a.micro < b.micro ? a : b;
}

struct decimal decimal_max(struct decimal a, struct decimal b)
{
    return a.micro > b.micro ? a : b;
}

int decimal_compare(struct decimal a, struct decimal b)
{
    if (a.micro == b.micro) {
        return 0;
    }
    return a.micro < b.micro ? -1 : 1;
}

bool decimal_is_whole(struct decimal d)
{
    return decimal_fits(d, 0);
}

bool decimal_fits(struct decimal d, uint32_t decimals)
{
    CHECK(decimals <= DECIMAL_DIGITS);
    return d.micro % powers[DECIMAL_DIGITS - decimals] == 0;
}
