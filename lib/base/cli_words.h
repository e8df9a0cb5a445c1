/* The names of arguments in usage lines, in the person's language; for the cli files alone. */
#ifndef NGANAM_BASE_CLI_WORDS_H
#define NGANAM_BASE_CLI_WORDS_H

#define CLI_WORDS_SIZE 192 /* bytes of the longest usage text, with its zero */

/* "CODE FIELD=VALUE…" with each capital word that the table knows in the person's language; the
 * rest as it is. What does not fit is left out from the first word that does not. */
void cli_words(const char *text, char ret_text[CLI_WORDS_SIZE]);

#endif
