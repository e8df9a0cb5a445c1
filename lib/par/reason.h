/* Why the field refuses something. The numbers stand in verdicts in the log for ever (PROTOCOL.md):
 * never reuse one, add at the end. */
#ifndef NGANAM_PAR_REASON_H
#define NGANAM_PAR_REASON_H

#include "base/buf.h"

enum reason {
    REASON_FINE = 0,
    REASON_UNKNOWN_COMPONENT = 1, /* not in the criteria set */
    REASON_SURVEY_COMPONENT = 2,  /* only the office's survey gives its points */
    REASON_ABOVE_MAXIMUM = 3,     /* argument: the maximum */
    REASON_NEGATIVE = 4,
    REASON_NOT_A_NUMBER = 5,
    REASON_NO_DENOMINATOR = 6,  /* numerator or denominator is missing; argument: which */
    REASON_NUMERATOR_ABOVE = 7, /* argument: the denominator */
    REASON_UNKNOWN_CHOICE = 8,  /* argument: the keys there are */
    REASON_NA_REFUSED = 9,      /* the set refuses not applicable / nothing arose here */
    REASON_NO_CRITERIA = 10,    /* none for this year and group */
    REASON_UNKNOWN_UNIT = 11,
    REASON_NOT_A_LEAF = 12, /* its points are the sum of its parts */
    REASON_YEAR_RANGE = 13,
    REASON_WRONG_FIELD = 14,       /* argument: the fields this component takes */
    REASON_UNKNOWN_TASK = 15,      /* no such task for this unit and year */
    REASON_SUPERSEDED = 16,        /* by a later act of the same statement */
    REASON_IMPORT_INCOMPLETE = 17, /* a part is missing or does not fit the others */
    REASON_SET_CHANGED = 18,       /* a set is never changed in place */
    REASON_NOTHING_GIVEN = 19,     /* argument: the fields this component takes */
    REASON_NOT_WHOLE = 20,         /* a count is a whole number */
    REASON_BAD_PERIOD = 21,
    REASON_NOT_ALLOWED = 22, /* this author may not say this */
    REASON_BAD_CODE = 23,
    REASON_BAD_DATE = 24,
    REASON_BAD_TASK = 25,        /* argument: the field that is wrong */
    REASON_BAD_CRITERIA = 26,    /* argument: the first fault */
    REASON_BAD_PERCENT = 27,     /* 0 … 100 */
    REASON_BAD_TEXT = 28,        /* too long or not clean NFC; argument: the field */
    REASON_TASKS_COMPONENT = 29, /* computed from the unit's tasks */
    REASON_NOT_SURVEY = 30,      /* a survey value for a component that has none */
    REASON_BAD_UNIT = 31,        /* argument: the field that is wrong */
    REASON_UNREADABLE = 32,      /* the payload does not parse, or this kind of act does not fit */
    REASON_FOLD_VERSION = 33,    /* this program does not know these rules */
    REASON_ACTOR = 34,           /* argument: the person who is said to have signed it */
    REASON_COUNT
};

/* One word for JSON and logs ("above_maximum"); never translated. */
const char *reason_name(enum reason reason);

/* Appends a sentence in the person's language. given: what was said ("" or NULL if not at hand);
 * argument: as above. "101 is more than the maximum 100". */
enum ng_err reason_format(enum reason reason, const char *given, const char *argument,
                          struct buf *to) NG_MUST_USE;

#endif
