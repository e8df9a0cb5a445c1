/* What several commands print: JSON, and the log that the one looked at follows. */
#ifndef NGANAM_AUDIT_PRINT_H
#define NGANAM_AUDIT_PRINT_H

#include "ledger/previous.h"

#include <jansson.h>

/* Takes the document; NULL is NG_ERR_NOMEM, as is what jansson has no room to print. That standard
 * output took it is seen to when the command ends (cli.h). */
enum ng_err print_json(json_t *document, size_t flags) NG_MUST_USE;
/* A command's whole answer: indented, with the end of its line. */
enum ng_err print_document(json_t *document) NG_MUST_USE;
/* The sentence, on a line behind `indent`; nothing where it follows none. */
void print_previous(const struct previous *p, const char *indent);

#endif
