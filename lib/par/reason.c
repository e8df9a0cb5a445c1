#include "par/reason.h"

#include "base/check.h"
#include "base/lang.h"
#include "par/decimal.h"

#include <string.h>

struct entry {
    const char *name;
    const char *text; /* {value}: what was said, {argument}: what would be right */
};

static const struct entry entries[REASON_COUNT] = {
    [REASON_FINE] = {"fine", N_("accepted")},
    [REASON_UNKNOWN_COMPONENT] = {"unknown_component",
                                  N_("{value} is not in the criteria set of the year")},
    [REASON_SURVEY_COMPONENT] =
        {"survey_component", N_("the points come from the survey, a unit does not report them")},
    [REASON_ABOVE_MAXIMUM] = {"above_maximum", N_("{value} is more than the maximum {argument}")},
    [REASON_NEGATIVE] = {"negative", N_("{value} is negative: 0 or more is expected")},
    [REASON_NOT_A_NUMBER] = {"not_a_number", N_("{value} is not a number")},
    [REASON_NO_DENOMINATOR] = {"no_denominator",
                               N_("{argument} is missing: numerator and denominator are needed")},
    [REASON_NUMERATOR_ABOVE] =
        {"numerator_above", N_("the numerator {value} is more than the denominator {argument}")},
    [REASON_UNKNOWN_CHOICE] = {"unknown_choice",
                               N_("{value} is not one of the choices: {argument}")},
    [REASON_NA_REFUSED] =
        {"na_refused", N_("the set does not allow \"not applicable\" or \"nothing arose\" here")},
    [REASON_NO_CRITERIA] = {"no_criteria",
                            N_("there is no criteria set for this year and group yet")},
    [REASON_UNKNOWN_UNIT] = {"unknown_unit", N_("{value} is not a unit the office knows")},
    [REASON_NOT_A_LEAF] = {"not_a_leaf", N_("{value} is the sum of its parts: report the parts")},
    [REASON_YEAR_RANGE] = {"year_range", N_("the year does not fit")},
    [REASON_WRONG_FIELD] = {"wrong_field", N_("only these are expected here: {argument}")},
    [REASON_UNKNOWN_TASK] = {"unknown_task", N_("{value} is not a task of this unit in this year")},
    [REASON_SUPERSEDED] = {"superseded", N_("a later line of the same report takes its place")},
    [REASON_IMPORT_INCOMPLETE] = {"import_incomplete",
                                  N_("a part of the import is missing or does not fit the others")},
    [REASON_SET_CHANGED] =
        {"set_changed",
         N_("a criteria set that has answers is never changed: issue the changed set for "
            "the next year")},
    [REASON_NOTHING_GIVEN] = {"nothing_given", N_("nothing is given: {argument} is expected")},
    [REASON_NOT_WHOLE] = {"not_whole", N_("{value} is not a whole number")},
    [REASON_BAD_PERIOD] = {"bad_period",
                           N_("{value} is not a period of the year (2026, 2026-H1, 2026-Q3, "
                              "2026-11)")},
    [REASON_NOT_ALLOWED] = {"not_allowed", N_("this party may not say this")},
    [REASON_BAD_CODE] = {"bad_code", N_("{value} is not a code (A-Z a-z 0-9 . - _)")},
    [REASON_BAD_DATE] = {"bad_date", N_("{value} is not a date (30/11/2026)")},
    [REASON_BAD_TASK] = {"bad_task", N_("the task is not right: {argument}")},
    [REASON_BAD_CRITERIA] = {"bad_criteria", N_("the criteria set has faults: {argument}")},
    [REASON_BAD_PERCENT] = {"bad_percent", N_("{value} is not 0 to 100 percent")},
    [REASON_BAD_TEXT] = {"bad_text",
                         N_("the text of {argument} is too long, or not clean Unicode (NFC)")},
    [REASON_TASKS_COMPONENT] = {"tasks_component",
                                N_("the points come from the unit's tasks: report the tasks")},
    [REASON_NOT_SURVEY] = {"not_survey", N_("{value} is not a survey component")},
    [REASON_BAD_UNIT] = {"bad_unit", N_("the unit is not right: {argument}")},
    [REASON_UNREADABLE] = {"unreadable", N_("the statement cannot be read")},
    [REASON_FOLD_VERSION] = {"fold_version",
                             N_("this program does not know these rules: install a newer one")},
    [REASON_ACTOR] = {"actor", N_("{argument} is no person of the office, or has not signed this")},
};

const char *reason_name(enum reason reason)
{
    return (unsigned)reason < REASON_COUNT ? entries[reason].name : "unknown";
}

/* What the sentence names are figures; a code such as 1.2 is none, and keeps its dot. */
static bool says_figures(enum reason reason)
{
    return reason == REASON_ABOVE_MAXIMUM || reason == REASON_NEGATIVE ||
           reason == REASON_NUMERATOR_ABOVE || reason == REASON_NOT_WHOLE;
}

/* A canonical number is shown as the person's language writes it. */
static const char *shown(enum reason reason, const char *text)
{
    struct decimal d;

    return says_figures(reason) && decimal_parse(text, &d) == DECIMAL_FINE ? lang_decimal(text)
                                                                           : text;
}

static enum ng_err fill(const char *text, const char *value, const char *argument, struct buf *to)
{
    static const char value_mark[] = "{value}", argument_mark[] = "{argument}";
    enum ng_err err = NG_OK;

    while (*text != '\0' && err == NG_OK) {
        size_t n = strcspn(text, "{");

        err = buf_add(to, text, n);
        text += n;
        if (err != NG_OK || *text == '\0') {
            break;
        }
        if (strncmp(text, value_mark, strlen(value_mark)) == 0) {
            err = buf_add_text(to, value);
            text += strlen(value_mark);
        } else if (strncmp(text, argument_mark, strlen(argument_mark)) == 0) {
            err = buf_add_text(to, argument);
            text += strlen(argument_mark);
        } else {
            err = buf_add_byte(to, (uint8_t)*text++);
        }
    }
    return err;
}

enum ng_err reason_format(enum reason reason, const char *given, const char *argument,
                          struct buf *to)
{
    bool has_given = given != NULL && given[0] != '\0';

    if ((unsigned)reason >= REASON_COUNT) {
        return buf_printf(to, _("reason %u (a newer program knows it)"), (unsigned)reason);
    }
    return fill(_(entries[reason].text), has_given ? shown(reason, given) : _("what was given"),
                argument != NULL ? shown(reason, argument) : "", to);
}
