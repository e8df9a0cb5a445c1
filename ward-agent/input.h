/* What a person hands in as a report: a CSV file, a draft, or a component and its fields as words.
 */
#ifndef NGANAM_WARD_AGENT_INPUT_H
#define NGANAM_WARD_AGENT_INPUT_H

#include "par/report.h"
#include "ward-agent/desk.h"
#include "ward-agent/evidence.h"

struct input {
    const char *name; /* stands before each fault: the file's, or the component. Borrowed */
    char *folder;     /* where evidence is looked for */
    struct buf csv;   /* of a file or draft */
    const char *code; /* of words; borrowed, with the words */
    const char *const *words;
    size_t word_count;
};

/* path "-" is stdin. evidence_folder: NULL is the file's own. The errors of file_read. */
enum ng_err input_from_file(const char *path, const char *evidence_folder,
                            struct input *ret) NG_MUST_USE;
/* Borrows the words; there is at least one: the code. */
enum ng_err input_from_words(const char *const *words, size_t count, struct input *ret) NG_MUST_USE;
void input_fini(struct input *in);

/* Checks everything against the set and gives the acts. NG_ERR_INPUT with the faults listed;
 * NG_ERR_NOMEM. */
enum ng_err input_parse(const struct input *in, const struct criteria *set, const char *period,
                        struct fault_list *faults, struct actlist **ret) NG_MUST_USE;

/* Takes the evidence files that lie beside the report (evidence.h), and explanations that are too
 * long for their act as text files, and says them in the acts; a file that is not at hand is named
 * all the same. NG_ERR_INPUT for one that is not taken; storage errors.
 */
enum ng_err input_take_evidence(const struct input *in, struct desk *d, struct actlist *list,
                                struct evidence *e) NG_MUST_USE;

/* Appends a cell of such a file, in quotes; a comma before it unless it begins a line. */
enum ng_err input_add_cell(struct buf *to, const char *text, size_t size) NG_MUST_USE;
/* Appends it as a CSV file, unchecked: for a draft. NG_ERR_INPUT: a word is not FIELD=VALUE. */
enum ng_err input_to_csv(const struct input *in, struct buf *to) NG_MUST_USE;

#endif
