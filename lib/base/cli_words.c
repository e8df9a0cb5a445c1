/* The names of arguments, word by word.
 *
 * A table of commands writes "[CODE FIELD=VALUE…]" or "tcp://HOST:PORT". Whole texts as message ids
 * would be translated apart from each other and drift; so each capital word is one message, and
 * SLIP is the same word in every usage line and in the help that explains it. A word that is not in
 * the table (N) stays as it is. Cannot fail: a text too long for its place ends early.
 */
#include "base/cli_words.h"

#include "base/lang.h"

#include <stddef.h>
#include <string.h>

static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* TRANSLATORS: the words below stand for arguments in usage lines: one word in capitals each,
 * without blanks; the help texts use the same ones. */
static const char *const words[] = {
    N_("SLIP"),
    N_("CODE"),
    N_("FIELD"),
    N_("VALUE"),
    N_("UNIT"),
    N_("AREA"),
    N_("LINE"),
    N_("OFFICE"),
    N_("PARTY"),
    N_("ROLE"),
    N_("DIGITS"),
    N_("ID"),
    N_("DATE"),
    N_("TIME"),
    N_("KIND"),
    N_("KEY"),
    N_("TEXT"),
    N_("FILE"),
    N_("NAME"),
    N_("NUMBER"),
    N_("DIR"),
    N_("LANG"),
    N_("HOST"),
    N_("PORT"),
    N_("INDEX"),
    N_("SIZE"),
    N_("OLD"),
    N_("NEW"),
    /* TRANSLATORS: the 64 digits that name an evidence file */
    N_("ID"),
    /* TRANSLATORS: a year */
    N_("Y"),
    /* TRANSLATORS: a period */
    N_("P"),
    /* TRANSLATORS: seconds */
    N_("S"),
    /* TRANSLATORS: a group of units */
    N_("G"),
    /* TRANSLATORS: the basis of a board */
    N_("B"),
    /* TRANSLATORS: a file, as in F.csv */
    N_("F"),
};

static const char *translate(const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i]) == size && memcmp(words[i], word, size) == 0) {
            return gettext(words[i]);
        }
    }
    return NULL;
}

void cli_words(const char *text, char ret_text[CLI_WORDS_SIZE])
{
    size_t used = 0;
    while (*text != '\0') {
        size_t word_size = strspn(text, capitals);
        size_t size = word_size > 0 ? word_size : strcspn(text, capitals);
        const char *known = word_size > 0 ? translate(text, word_size) : NULL;
        const char *from = known != NULL ? known : text;
        size_t from_size = known != NULL ? strlen(known) : size;
        if (from_size > CLI_WORDS_SIZE - 1 - used) {
            break;
        }
        memcpy(ret_text + used, from, from_size);
        used += from_size;
        text += size;
    }
    ret_text[used] = '\0';
}
