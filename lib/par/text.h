/* Vietnamese text at the entrance: valid UTF-8, NFC, no control characters; and two keys made of
 * it, for searching and for ordering. No locale is used, so every machine gives the same bytes. */
#ifndef NGANAM_PAR_TEXT_H
#define NGANAM_PAR_TEXT_H

#include "base/buf.h"

#include <stdbool.h>

/* Bounds in bytes, without the zero; the wire's readers and the files' readers share them. */
#define TEXT_UNIT_CODE_MAX 16u /* a party code */
#define TEXT_CODE_MAX 32u      /* a component, task, event, set or group */
#define TEXT_NAME_MAX 1000u
#define TEXT_LONG_MAX 4000u /* explanations, sources, params */

enum text_kind {
    TEXT_UTF8 = 0,
    TEXT_NOT_UTF8,  /* bytes of a legacy 8-bit encoding (TCVN3, VNI, VISCII, windows-1258) */
    TEXT_WRONG_FONT /* valid UTF-8, but letters of a TCVN3 or VNI font read as Latin-1 */
};

/* What the bytes are; ret_offset (may be NULL) is where the first trouble stands. */
enum text_kind text_detect(const char *text, size_t size, size_t *ret_offset);

/* One sentence of advice for a person: how to save the file as UTF-8; "" for TEXT_UTF8. */
const char *text_advice(enum text_kind kind);

/* Appends text in NFC, without white space (also U+00A0, U+200B, U+FEFF) at either end.
 * NG_ERR_INPUT: not UTF-8, or a control character other than tab and newline in it. A carriage
 * return before a newline is dropped. */
enum ng_err text_clean(const char *text, size_t size, struct buf *to) NG_MUST_USE;

/* True if text_clean would give back the same bytes: what the wire's readers ask for. */
bool text_is_clean(const char *text);

/* Appends a text from elsewhere so that it can do nothing to the line it stands in: control
 * characters (line ends and tabs too), marks that turn the direction of writing and characters
 * without width become U+FFFD; bytes that are no UTF-8 too. */
enum ng_err text_show(const char *text, struct buf *to) NG_MUST_USE;
/* True if text_show changes nothing. */
bool text_is_harmless(const char *text);

/* 1 … size_max characters of A–Z a–z 0–9 . - _ */
bool text_is_code(const char *text, size_t size_max);

/* A date in the wire's form, 2026-11-30, that exists. */
bool text_is_date(const char *text);

/* How many columns a text takes on a terminal; a byte that is no UTF-8 counts as one. */
size_t text_width(const char *text);

#endif
