/* The QR code comes from libqrencode (level M: a crease or a stain may take 15 % of it), the
 * picture from libpng. Pictures and pages are made in memory and written whole (file_write), so
 * there is no half a slip, and no moment in which others can read it. */
#include "office-service/slip_sheet.h"

#include "base/file.h"
#include "base/lang.h"

#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

enum {
    MARGIN = 4, /* modules of light ground on each side: ISO/IEC 18004 asks for it */
    PIXELS = 8, /* of a module in the picture */
    PAGE_MAX = 1 << 20,
    PICTURE_MAX = 1 << 20
};

static enum ng_err make_code(const char *slip, QRcode **ret)
{
    *ret = QRcode_encodeString8bit(slip, 0, QR_ECLEVEL_M);
    return *ret != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "QR");
}

/* In modules, margin included; beyond the code all is light. */
static bool is_dark(const QRcode *q, int x, int y)
{
    x -= MARGIN;
    y -= MARGIN;
    return x >= 0 && y >= 0 && x < q->width && y < q->width && (q->data[y * q->width + x] & 1) != 0;
}

enum ng_err slip_sheet_terminal(const char *slip, FILE *to)
{
    static const char *const halves[] = {" ", "▄", "▀", "█"}; /* upper light?, lower light? */
    QRcode *q = NULL;
    enum ng_err err = make_code(slip, &q);
    const int width = err == NG_OK ? q->width + 2 * MARGIN : 0;
    for (int y = 0; y < width; y += 2) {
        (void)fputs("\033[97;40m", to); /* light is drawn, dark is ground */
        for (int x = 0; x < width; x++) {
            const int upper = is_dark(q, x, y) ? 0 : 2;
            const int lower = y + 1 >= width || is_dark(q, x, y + 1) ? 0 : 1;
            (void)fputs(halves[upper + lower], to);
        }
        (void)fputs("\033[0m\n", to);
    }
    QRcode_free(q);
    return err;
}

/* ---- The picture ---- */

static uint8_t *draw(const QRcode *q, png_uint_32 *ret_side)
{
    const int side = (q->width + 2 * MARGIN) * PIXELS;
    uint8_t *pixels = malloc((size_t)side * (size_t)side);
    for (int y = 0; pixels != NULL && y < side; y++) {
        for (int x = 0; x < side; x++) {
            pixels[y * side + x] = is_dark(q, x / PIXELS, y / PIXELS) ? 0 : 255;
        }
    }
    *ret_side = (png_uint_32)side;
    return pixels;
}

static enum ng_err write_png(const uint8_t *pixels, png_uint_32 side, const char *path)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = side, .height = side, .format = PNG_FORMAT_GRAY};
    png_alloc_size_t size = 0;
    if (png_image_write_to_memory(&image, NULL, &size, 0, pixels, 0, NULL) == 0 ||
        size > PICTURE_MAX) {
        return err_set(NG_ERR_NOMEM, "%s", path);
    }
    uint8_t *file = malloc(size);
    enum ng_err err =
        file == NULL || png_image_write_to_memory(&image, file, &size, 0, pixels, 0, NULL) == 0
            ? err_set(NG_ERR_NOMEM, "%s", path)
            : file_write(path, file, size, 0600);
    free(file);
    return err;
}

enum ng_err slip_sheet_png(const char *slip, const char *path)
{
    QRcode *q = NULL;
    png_uint_32 side = 0;
    enum ng_err err = make_code(slip, &q);
    uint8_t *pixels = err == NG_OK ? draw(q, &side) : NULL;
    if (err == NG_OK) {
        err = pixels == NULL ? err_set(NG_ERR_NOMEM, "%s", path) : write_png(pixels, side, path);
    }
    free(pixels);
    QRcode_free(q);
    return err;
}

/* ---- The page ---- */

static enum ng_err add_escaped(struct buf *to, const char *text)
{
    enum ng_err err = NG_OK;
    for (; err == NG_OK && *text != '\0'; text++) {
        switch (*text) {
        case '&':
            err = buf_add_text(to, "&amp;");
            break;
        case '<':
            err = buf_add_text(to, "&lt;");
            break;
        case '>':
            err = buf_add_text(to, "&gt;");
            break;
        case '"':
            err = buf_add_text(to, "&quot;");
            break;
        default:
            err = buf_add_byte(to, (uint8_t)*text);
            break;
        }
    }
    return err;
}

/* <tag>text</tag>, the text escaped. */
static enum ng_err add_line(struct buf *to, const char *open, const char *text, const char *close)
{
    enum ng_err err = buf_add_text(to, open);
    if (err == NG_OK) {
        err = add_escaped(to, text);
    }
    return err == NG_OK ? buf_add_text(to, close) : err;
}

static enum ng_err add_code(struct buf *to, const char *slip)
{
    QRcode *q = NULL;
    enum ng_err err = make_code(slip, &q);
    if (err != NG_OK) {
        return err;
    }
    const int width = q->width + 2 * MARGIN;
    err = buf_printf(to,
                     "<svg class=\"qr\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" "
                     "role=\"img\" aria-label=\"QR\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
                     "<path d=\"",
                     width, width, width, width);
    for (int y = 0; err == NG_OK && y < width; y++) {
        for (int x = 0; err == NG_OK && x < width; x++) {
            if (is_dark(q, x, y)) {
                err = buf_printf(to, "M%d %dh1v1h-1z", x, y);
            }
        }
    }
    QRcode_free(q);
    return err == NG_OK ? buf_add_text(to, "\"/></svg>\n") : err;
}

static enum ng_err add_style(struct buf *to)
{
    return buf_add_text(
        to,
        "<style>\n"
        "@page{size:A4;margin:20mm}\n"
        "body{font:16px/1.5 'Be Vietnam Pro','Noto Sans',system-ui,sans-serif;color:#1a1a1a;"
        "max-width:170mm;margin:24px auto;padding:0 16px}\n"
        "h1{font-size:28px;line-height:1.2;margin:0 0 4px}\n"
        ".unit{font-size:20px;font-weight:600;margin:0}\n"
        ".until{margin:4px 0 24px;color:#444}\n"
        ".qr{display:block;width:72mm;height:72mm;margin:0 0 16px}\n"
        "ol{margin:0 0 24px;padding-left:24px}li{margin:0 0 8px}\n"
        "code{font:14px/1.4 'DejaVu Sans Mono',ui-monospace,monospace;overflow-wrap:anywhere}\n"
        ".slip{display:block;border:1px solid #888;border-radius:4px;padding:12px;margin:8px 0 0}\n"
        ".warn{border-left:4px solid #8a1c1c;padding:4px 0 4px 12px;margin:0 0 24px}\n"
        "footer{font-size:13px;color:#444;border-top:1px solid #bbb;padding-top:8px}\n"
        "</style>\n");
}

static enum ng_err add_head(struct buf *to, const struct slip_sheet *s)
{
    char until[256];
    (void)snprintf(until, sizeof(until), _("Good once, until %s."), s->expires);
    enum ng_err err = buf_printf(to,
                                 "<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n"
                                 "<meta name=\"viewport\" content=\"width=device-width\">\n",
                                 _("en"));
    if (err == NG_OK) {
        err = add_line(to, "<title>", _("Enrolment slip"), "");
    }
    if (err == NG_OK) {
        err = add_line(to, " – ", s->unit, "</title>\n");
    }
    if (err == NG_OK) {
        err = add_style(to);
    }
    if (err == NG_OK) {
        err = add_line(to, "<h1>", _("Enrolment slip"), "</h1>\n");
    }
    if (err == NG_OK) {
        err = add_line(to, "<p class=\"unit\">", s->name != NULL ? s->name : s->unit, "");
    }
    if (err == NG_OK && s->name != NULL) {
        err = add_line(to, " (", s->unit, ")");
    }
    if (err == NG_OK) {
        err = buf_add_text(to, "</p>\n");
    }
    return err == NG_OK ? add_line(to, "<p class=\"until\">", until, "</p>\n") : err;
}

static enum ng_err add_steps(struct buf *to, const struct slip_sheet *s)
{
    enum ng_err err =
        add_line(to, "<ol>\n<li>",
                 _("On the unit's own machine, type nganam-agent enrol - and press Enter. "
                   "Then type the line below (or scan the code and paste it), and "
                   "press Enter."),
                 "</li>\n");
    if (err == NG_OK) {
        err = add_line(to, "<li>",
                       _("The machine answers with the unit's name. If it shows 20 digits, read "
                         "them to the office by telephone: only with the right ones can it "
                         "confirm the machine."),
                       "</li>\n");
    }
    if (err == NG_OK) {
        err = add_line(to, "<li>", _("Destroy this sheet. It is of no more use to anybody."),
                       "</li>\n</ol>\n");
    }
    if (err == NG_OK) {
        err = add_line(to, "<p class=\"warn\">",
                       _("Until then, whoever has this sheet can report as the unit: give it from "
                         "hand to hand. If it is lost, ask the office for a new one; that makes "
                         "this one void."),
                       "</p>\n");
    }
    return err == NG_OK ? add_line(to, "<code class=\"slip\">", s->slip, "</code>\n") : err;
}

static enum ng_err add_foot(struct buf *to, const struct slip_sheet *s)
{
    enum ng_err err = add_line(to, "<footer><p>", _("Log:"), " <code>");
    if (err == NG_OK) {
        err = add_line(to, "", s->origin, "</code><br>");
    }
    if (err == NG_OK) {
        err = add_line(to, "", _("Its key, by which everybody can check it:"), " <code>");
    }
    return err == NG_OK ? add_line(to, "", s->vkey, "</code></p></footer>\n</html>\n") : err;
}

enum ng_err slip_sheet_page(const struct slip_sheet *s, const char *path)
{
    struct buf page = BUF_INIT(PAGE_MAX);
    enum ng_err err = add_head(&page, s);
    if (err == NG_OK) {
        err = add_code(&page, s->slip);
    }
    if (err == NG_OK) {
        err = add_steps(&page, s);
    }
    if (err == NG_OK) {
        err = add_foot(&page, s);
    }
    if (err == NG_OK) {
        err = file_write(path, page.data, page.size, 0600);
    }
    if (page.data != NULL) {
        explicit_bzero(page.data, page.size);
    }
    buf_fini(&page);
    return err;
}
