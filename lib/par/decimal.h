/* Exact decimals: a count of millionths in an int64, so six decimals and values below 10^12.
 * Points, counts, percentages, numerators and weights are all of this one type; nothing here is a
 * float.
 *
 * Two ways in. decimal_read takes what people write and asks when it cannot know:
 *
 *     51,75  61.86  46,8  44  05  -3      a comma or a dot is the decimal mark
 *     84,58%                              the sign is reported, not applied: 84.58, percent
 *     1.234,56  1,234.56  1.234.567       both marks, or one mark twice: the groups of three say
 *                                         which is which
 *     1.234  -12,345                      one mark, 1 to 3 digits before it (no leading zero) and
 *                                         exactly three after: may be 1234 or 1.234, so refused
 *                                         with a question; 0.125, 1234.567 and 1.2340 are clear
 *     92.34999999999999                   what a spreadsheet makes of 92.35: digits after the sixth
 *                                         decimal are rounded half up, so it is 92.35 again
 *     "", +5, 1e5, .5, 5., 1 234, abc     refused
 *
 * decimal_parse takes the canonical text of the wire: an optional minus, digits without a leading
 * zero, at most one dot with one to six digits after it. The dot is always the decimal mark there;
 * zeros at the end are allowed.
 */
#ifndef NGANAM_PAR_DECIMAL_H
#define NGANAM_PAR_DECIMAL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_DIGITS 6u
#define DECIMAL_ONE INT64_C(1000000) /* 1, in millionths */
#define DECIMAL_MAX                                                                                \
    INT64_C(999999999999999999) /* below 10^12; nine of them add without overflow                  \
                                 */
#define DECIMAL_TEXT_SIZE 24u   /* the longest text and its zero */

struct decimal {
    int64_t micro;
};

enum decimal_fault {
    DECIMAL_FINE = 0,
    DECIMAL_EMPTY,
    DECIMAL_NOT_A_NUMBER,
    DECIMAL_AMBIGUOUS, /* "1.234" */
    DECIMAL_TOO_LARGE  /* 10^12 or more: write it in thousands or millions */
};

#define DECIMAL_ZERO ((struct decimal){0})

/* What people write; white space at either end is allowed. ret_percent says whether a % stood
 * behind the number; it may be NULL, then a % is not a number. */
enum decimal_fault decimal_read(const char *text, struct decimal *ret,
                                bool *ret_percent) NG_MUST_USE;

/* Canonical text only. */
enum decimal_fault decimal_parse(const char *text, struct decimal *ret) NG_MUST_USE;

/* A question or a sentence for a person about a text that did not read: "1.234" may be 1234 or …
 * Written into out, cut at size. */
void decimal_explain(enum decimal_fault fault, const char *text, char *out, size_t size);

/* Shortest canonical text: "51.75", "44", "-0.5". Returns out. */
char *decimal_format(struct decimal d, char out[static DECIMAL_TEXT_SIZE]);

/* Exactly `decimals` (0 … 6) of them, rounded half away from zero: "75.34", "44.00". Returns out.
 */
char *decimal_format_fixed(struct decimal d, uint32_t decimals, char out[static DECIMAL_TEXT_SIZE]);

/* Half away from zero ("half up" for what is not negative). decimals: 0 … 6. */
struct decimal decimal_round(struct decimal d, uint32_t decimals);

struct decimal decimal_of(int64_t whole);
struct decimal decimal_add(struct decimal a, struct decimal b); /* CHECKs that it fits */
struct decimal decimal_subtract(struct decimal a, struct decimal b);
struct decimal decimal_min(struct decimal a, struct decimal b);
struct decimal decimal_max(struct decimal a, struct decimal b);
int decimal_compare(struct decimal a, struct decimal b); /* −1, 0, 1 */
bool decimal_is_whole(struct decimal d);
bool decimal_fits(struct decimal d, uint32_t decimals); /* has no more decimals than that */

#endif
