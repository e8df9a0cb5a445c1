/* What a report says in words, however long; for report_parse.c alone. */
#ifndef NGANAM_PAR_REPORT_EXPLANATION_H
#define NGANAM_PAR_REPORT_EXPLANATION_H

#include "par/actlist.h"

/* Puts the text into the report, the list's last act; of one that does not fit the beginning, and
 * cites the file that its whole is for (report.h). The code is the component's. NG_ERR_NOMEM. */
enum ng_err report_explanation_take(struct actlist *list, const char *code, const char *text,
                                    struct wire_report *r) NG_MUST_USE;

#endif
