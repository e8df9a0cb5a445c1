/* Languages: message ids are English, the person gets Vietnamese unless --lang en, NGANAM_LANG=en
 * or an English locale asks otherwise. Catalogues lie in ../share/locale beside the program's bin/,
 * so a build tree and an installed package work alike. Output is UTF-8 even under LANG=C. */
#ifndef NGANAM_BASE_LANG_H
#define NGANAM_BASE_LANG_H

#include <libintl.h>
#include <stdbool.h>

#define _(text) gettext(text)
#define N_(text) (text)

/* Chooses the language from the environment, and binds the catalogue. Call once, first. */
void lang_init(void);

/* "vi" or "en"; false for anything else. */
bool lang_set(const char *name);
const char *lang_get(void);

/* Decimal text with a dot ("75.34") as this language writes it, comma for Vietnamese. The result is
 * one of four rotating per-thread strings, good for a printf. */
const char *lang_decimal(const char *text);

#endif
