/* A slip as a person takes it along: a QR code in the terminal, as a picture, and on a page of
 * paper that says what to do. Whoever holds it can enrol as the unit, so files are 0600. */
#ifndef NGANAM_OFFICE_SLIP_SHEET_H
#define NGANAM_OFFICE_SLIP_SHEET_H

#include "base/buf.h"

#include <stdio.h>

/* Dark modules on a light ground whatever the terminal's colours, two rows a line. */
enum ng_err slip_sheet_terminal(const char *slip, FILE *to) NG_MUST_USE;

enum ng_err slip_sheet_png(const char *slip, const char *path) NG_MUST_USE;

/* What the page says beside the slip; texts are plain, not HTML. */
struct slip_sheet {
    const char *slip;
    const char *unit;    /* code */
    const char *name;    /* as people know it; may be NULL */
    const char *expires; /* a moment in words */
    const char *origin;  /* of the log, and … */
    const char *vkey;    /* … the key by which everybody checks it */
};
/* An HTML page of its own (no request to anywhere), made for A4. */
enum ng_err slip_sheet_page(const struct slip_sheet *s, const char *path) NG_MUST_USE;

#endif
