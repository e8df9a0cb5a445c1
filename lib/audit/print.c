#include "audit/print.h"

#include <stdio.h>

enum ng_err print_json(json_t *document, size_t flags)
{
    if (document == NULL) {
        return err_set(NG_ERR_NOMEM, "json");
    }
    const int failed = json_dumpf(document, stdout, flags | JSON_PRESERVE_ORDER);
    json_decref(document);
    return failed != 0 && ferror(stdout) == 0 ? err_set(NG_ERR_NOMEM, "json") : NG_OK;
}

enum ng_err print_document(json_t *document)
{
    const enum ng_err err = print_json(document, JSON_INDENT(2));
    (void)printf("\n");
    return err;
}

void print_previous(const struct previous *p, const char *indent)
{
    char sentence[PREVIOUS_SENTENCE_MAX];
    if (p->head.size > 0) {
        previous_sentence(p, sentence);
        (void)printf("%s%s\n", indent, sentence);
    }
}
