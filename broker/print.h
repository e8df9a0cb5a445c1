/* JSON on standard output. */
#ifndef NGANAM_BROKER_PRINT_H
#define NGANAM_BROKER_PRINT_H

#include "base/err.h"

#include <jansson.h>

struct ledger; /* ledger/ledger.h */

/* Takes the document; NULL is NG_ERR_NOMEM, as is what jansson has no room to print. That standard
 * output took it is seen to when the command ends (cli.h). */
enum ng_err print_json(json_t *document, size_t flags) NG_MUST_USE;
/* A command's whole answer: indented, with the end of its line. */
enum ng_err print_document(json_t *document) NG_MUST_USE;

/* nganam-broker log head --cosigned. NG_ERR_NOT_FOUND: there is no witness head yet. */
enum ng_err print_cosigned(const char *folder, struct ledger *l, bool as_json) NG_MUST_USE;

#endif
