/* What the field's tests share: sets and faults from text, files of data/, numbers from text. */
#ifndef NGANAM_TESTS_PAR_KIT_H
#define NGANAM_TESTS_PAR_KIT_H

#include "par/criteria.h"
#include "par/score.h"

#include "harness.h"

#define KIT_HEADER "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,evidence\n"

struct bytes kit_bytes(const char *text);

/* A file of the project; freed by kit_file_free. The case ends here if it cannot be read. */
struct bytes kit_file(const char *path);
void kit_file_free(struct bytes *file);

/* Strict: the case ends here if the text is no canonical number. */
struct decimal kit_decimal(const char *text);
const char *kit_text(struct decimal d); /* one of four rotating texts */

/* A set from CSV text (without the header line when `rows` is only rows); the case ends here if it
 * has a fault, which is printed. */
struct criteria *kit_set(const char *settings, const char *rows);
struct criteria *kit_set_file(const char *path, uint32_t year, const char *group);

/* One line of a fault list that contains the text, or NULL. */
const struct fault *kit_find_fault(const struct fault_list *faults, uint32_t line,
                                   const char *text);
void kit_print_faults(const struct fault_list *faults);

#endif
