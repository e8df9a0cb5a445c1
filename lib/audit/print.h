/* JSON on standard output. */
#ifndef NGANAM_AUDIT_PRINT_H
#define NGANAM_AUDIT_PRINT_H

#include "base/err.h"

#include <jansson.h>

/* Takes the document; NULL is NG_ERR_NOMEM, as is what jansson has no room to print. That standard
 * output took it is seen to when the command ends (cli.h). */
enum ng_err print_json(json_t *document, size_t flags) NG_MUST_USE;
/* A command's whole answer: indented, with the end of its line. */
enum ng_err print_document(json_t *document) NG_MUST_USE;

#endif
