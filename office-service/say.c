/* Decimals come as exact values and leave as text; nothing here rounds but what is told to. */
#include "office-service/say.h"

#include "base/bytes.h"
#include "base/cli.h"
#include "base/day.h"
#include "base/lang.h"
#include "par/reason.h"
#include "par/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 80u
#define FAULTS_SIZE_MAX (8u << 20)

static char *rotate(void)
{
    static _Thread_local char texts[8][40];
    static _Thread_local unsigned next;
    return texts[next++ % 8];
}

const char *say_number(uint64_t number)
{
    char digits[24];
    char *out = rotate();
    size_t at = 0;
    size_t count = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    char mark = strcmp(lang_get(), "vi") == 0 ? '.' : ',';
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            out[at++] = mark;
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *say_moment(int64_t wall_ms)
{
    char *out = rotate();
    day_format_time_vi(wall_ms, out);
    return out;
}

const char *say_day(int32_t day)
{
    char *out = rotate();
    if (day == DAY_NONE) {
        (void)snprintf(out, 40, "-");
    } else {
        day_format_vi(day, out);
    }
    return out;
}

const char *say_exact(struct decimal d, uint32_t decimals)
{
    char *out = rotate();
    return decimal_fits(d, decimals) ? decimal_format_fixed(d, decimals, out)
                                     : decimal_format(d, out);
}

const char *say_points(struct decimal d, uint32_t decimals)
{
    return lang_decimal(say_exact(d, decimals));
}

void say_padded(FILE *to, const char *text, size_t width, bool on_left)
{
    size_t own = text_width(text);
    int gap = own < width ? (int)(width - own) : 0;
    if (on_left) {
        (void)fprintf(to, "%*s%s", gap, "", text);
    } else {
        (void)fprintf(to, "%s%*s", text, gap, "");
    }
}

/* The columns of the first `size` bytes. */
static size_t width_of(const char *text, size_t size)
{
    char part[256];
    size_t width = 0;
    while (size > 0) {
        size_t cut = size < sizeof part ? size : sizeof part - 1;
        while (cut < size && ((uint8_t)text[cut] & 0xC0u) == 0x80u) {
            cut--; /* not inside a character */
        }
        memcpy(part, text, cut);
        part[cut] = '\0';
        width += text_width(part);
        text += cut;
        size -= cut;
    }
    return width;
}

void say_wrapped(FILE *to, const char *lead, const char *text, size_t indent)
{
    size_t column = text_width(lead);
    bool fresh = true; /* nothing of the text stands on this line yet */
    (void)fputs(lead, to);
    while (*text) {
        size_t size = strcspn(text, " ");
        while (strncmp(text + size, " %", 2) == 0) { /* a figure and its sign stay together */
            size += 2 + strcspn(text + size + 2, " ");
        }
        size_t width = width_of(text, size);
        if (!fresh && column + 1 + width > COLUMNS) {
            (void)fprintf(to, "\n%*s", (int)indent, "");
            column = indent;
            fresh = true;
        }
        (void)fprintf(to, "%s%.*s", fresh ? "" : " ", (int)size, text);
        column += width + (fresh ? 0 : 1);
        fresh = false;
        text += size;
        text += strspn(text, " ");
    }
    (void)fputc('\n', to);
}

/* ---- JSON ---- */

enum ng_err say_json(json_t *document)
{
    if (!document) {
        return err_plain(NG_ERR_NOMEM);
    }
    enum ng_err err = NG_OK;
    errno = 0;
    if (json_dumpf(document, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) ||
        fputc('\n', stdout) == EOF) {
        /* jansson's own memory may be what failed, not the output. */
        err = ferror(stdout) ? err_set_errno(errno, "%s", _("standard output"))
                             : err_set(NG_ERR_NOMEM, "JSON");
    }
    json_decref(document);
    return err;
}

json_t *say_json_points(struct decimal d, uint32_t decimals)
{
    return json_string(say_exact(d, decimals));
}

json_t *say_json_text(const char *text)
{
    if (!text) {
        return json_null();
    }
    json_t *made = json_string(text);
    if (made) {
        return made;
    }
    struct buf quoted = BUF_INIT(1u << 20); /* a path may hold any bytes */
    if (!bytes_json(&quoted, text)) {
        made = json_loadb(buf_text(&quoted), quoted.size, JSON_DECODE_ANY, NULL);
    }
    buf_fini(&quoted);
    return made;
}

json_t *say_json_root(const struct hash *root)
{
    struct buf text = BUF_INIT(64);
    json_t *made = NULL;
    if (!bytes_base64(&text, root->bytes, HASH_SIZE)) {
        made = json_string(buf_text(&text));
    }
    buf_fini(&text);
    return made;
}

json_t *say_json_moment(uint64_t wall_ms)
{
    char text[26];
    if (wall_ms == 0) {
        return json_null();
    }
    day_format_rfc3339((int64_t)wall_ms, text);
    return json_string(text);
}

json_t *say_json_day(int32_t day)
{
    char text[11];
    if (day == DAY_NONE) {
        return json_null();
    }
    day_format_iso(day, text);
    return json_string(text);
}

json_t *say_json_index(uint64_t index)
{
    return index ? json_integer((json_int_t)index) : json_null();
}

/* ---- Faults of a file ---- */

static json_t *faults_json(const struct fault_list *faults)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < faults->count; i++) {
        const struct fault *f = &faults->items[i];
        bool refused = f->code == FAULT_REFUSED;
        json_t *item =
            json_pack("{s:I, s:o, s:s, s:s?, s:o}", "line", (json_int_t)f->line, "column",
                      say_json_text(f->column), "code", fault_code_name(f->code), "reason",
                      refused ? reason_name((enum reason)f->reason) : NULL, "message",
                      say_json_text(f->message));
        if (json_array_append_new(array, item)) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static enum ng_err say_one(const struct fault *f, const char *name)
{
    struct buf text = BUF_INIT(2 * FAULT_MESSAGE_MAX);
    enum ng_err err = fault_format(f, &text);
    if (!err) {
        err = err_set(NG_ERR_INPUT, _("%s: %s; nothing was imported"), name, buf_text(&text));
    }
    buf_fini(&text);
    return err;
}

static enum ng_err say_many(const struct fault_list *faults, const char *name)
{
    struct buf text = BUF_INIT(FAULTS_SIZE_MAX);
    enum ng_err err = fault_format_all(faults, name, &text);
    (void)fputs(buf_text(&text), stderr);
    buf_fini(&text);
    if (err) {
        return err;
    }
    size_t count = faults->count + faults->dropped;
    return err_set(NG_ERR_INPUT,
                   ngettext("%s: %zu fault, nothing was imported; correct it and run this again",
                            "%s: %zu faults, nothing was imported; correct them and run this again",
                            count),
                   name, count);
}

enum ng_err say_faults(const struct fault_list *faults, const char *name, bool json)
{
    bool one = faults->count == 1 && faults->dropped == 0;
    enum ng_err err = one ? say_one(&faults->items[0], name) : say_many(faults, name);
    if (!json || err != NG_ERR_INPUT) {
        return err;
    }
    (void)fprintf(stderr, "nganam-office: %s\n", err_explain(err));
    json_t *error =
        json_pack("{s:s, s:o}", "code", err_name(err), "text", say_json_text(err_explain(err)));
    enum ng_err printed = say_json(
        json_pack("{s:i, s:o, s:o}", "schema", 1, "error", error, "faults", faults_json(faults)));
    return printed ? printed : cli_quiet(err);
}
