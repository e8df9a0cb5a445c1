/* A unit's report: one answer per component. The agent reads it from a CSV file or from the words
 * of a command; the office reads it from the log. Both ask report_check. */
#ifndef NGANAM_PAR_REPORT_H
#define NGANAM_PAR_REPORT_H

#include "par/score.h"

#define REPORT_ARGUMENT_MAX 200u

struct report_judged {
    uint32_t node;      /* in the set; CRITERIA_NONE if unknown */
    struct score score; /* if it was fine */
    const char *column; /* the field that is at fault ("value", "denominator", …), static */
    char argument[REPORT_ARGUMENT_MAX]; /* for reason_format; "" if the reason takes none */
};

/* Checks one report of the wire against the set of its year and group, and scores it. The year must
 * be the set's. ret is always written. */
enum reason report_check(const struct criteria *set, const struct wire_report *report,
                         struct report_judged *ret) NG_MUST_USE;

/* "2026", "2026-H1", "2026-Q3", "2026-11"; the year must be the one given. "" is the whole year. */
bool report_period_is_valid(const char *period, uint32_t year);

/* An explanation of more than TEXT_LONG_MAX bytes does not fit into the act: there stands its
 * beginning and the name of a text file, which is the act's last evidence; the whole is attached to
 * the act (actlist_attached), for the caller to make that file of. */
#define REPORT_EXPLANATION_MAX (1u << 20)
#define REPORT_EXPLANATION_FILE "giai-trinh-%s.txt" /* the component's code */

/* Reads a report file (columns of docs/files.md, any order) and checks every line against the set;
 * each fault is listed with what was expected. NG_ERR_INPUT if there is any; NG_ERR_NOMEM. Gives
 * WIRE_ACT_REPORT acts in the file's order; a code may stand in it once. Evidence sizes are 0: the
 * caller may fill them in (report_set_evidence). */
enum ng_err report_parse_csv(struct bytes file, const struct criteria *set, const char *period,
                             struct fault_list *faults, struct actlist **ret) NG_MUST_USE;

/* The same for one component from words: value=51,75 numerator=… denominator=… choice=… na=true
 * explanation=… evidence=a.pdf|b.pdf. A fault's line is 0. */
enum ng_err report_parse_words(const char *code, const char *const *words, size_t word_count,
                               const struct criteria *set, const char *period,
                               struct fault_list *faults, struct actlist **ret) NG_MUST_USE;

/* Says size, id and type of one named evidence; both places from 0, CHECKed. The list must come
 * from one of the two readers above; the texts are borrowed for as long as it lives. */
void report_set_evidence(struct actlist *list, size_t act, size_t evidence,
                         const struct wire_evidence *said);
/* A name, and no id and type or both in their form. */
bool report_evidence_is_fine(const struct wire_evidence *e);

/* What a component takes, in words for a person or a message: "value", "numerator, denominator", …
 */
const char *report_fields(enum method_kind kind);

#endif
