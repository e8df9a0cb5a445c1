/* Faults of a person's input, shown: by line and column, in their words or as JSON. */
#ifndef NGANAM_WARD_AGENT_FAULTS_H
#define NGANAM_WARD_AGENT_FAULTS_H

#include "par/fault.h"

#include <jansson.h>
#include <stdio.h>

/* Each on its own line after the name of where it stands. */
enum ng_err faults_print(const struct fault_list *faults, const char *name, FILE *to) NG_MUST_USE;

/* [{line, column, code, reason, message}]; NULL: out of memory. */
json_t *faults_json(const struct fault_list *faults);

/* Ends a command whose input was wrong: a single fault becomes the error's own line; of several,
 * each is printed on stderr first. draft: it is one already. With json the document {schema, error,
 * faults} goes to stdout. Always an error, NG_ERR_INPUT unless something else failed. */
enum ng_err faults_refuse(const struct fault_list *faults, const char *name, bool draft,
                          bool json) NG_MUST_USE;

#endif
