/* Goal: no words of a command (CODE FIELD=VALUE…, which may come from a script or a draft) make
 * their reader read or write outside, leak or hang; what it accepts, the fold accepts.
 * Method: the input's lines are the words, the first is the code. */
#include "par/fuzz_kit.h"
#include "par/report.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    const char *words[WORDS_MAX];
    size_t count = 0;
    char *text = fuzz_text((struct bytes){data, size}), *rest = text;
    if (text == NULL) {
        return 0;
    }
    const char *code = strsep(&rest, "\n");
    while (rest != NULL && count < WORDS_MAX) {
        words[count++] = strsep(&rest, "\n");
    }
    fuzz_begin();
    const enum ng_err err =
        report_parse_words(code, words, count, fuzz_kit_set(), "", &faults, &acts);
    fuzz_kit_acts(err, acts, &faults);
    free(text);
    return 0;
}
