/* Goal: no name of a draft and no draft's file makes its reader read or write outside, leak or
 * hang; a name that is accepted is the name of one file inside the folder of drafts; what words
 * give as a draft is read back. */
#include "base/file.h"
#include "fuzz/fuzz_target.h"
#include "ward-agent/draft.h"
#include "ward-agent/input.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 12

static void name(const char *text)
{
    struct draft_name draft, same;
    struct buf csv = BUF_INIT(1024);
    fuzz_begin();
    const enum ng_err err = draft_parse(text, &draft);
    if (err != NG_OK) {
        fuzz_refused(err);
        return;
    }
    CHECK(strcmp(draft.text, text) == 0 && strchr(text, '/') == NULL);
    CHECK(draft_parse(draft.text, &same) == NG_OK && same.year == draft.year);
    char *path = draft_path(fuzz_folder(), &draft);
    CHECK(path != NULL && strncmp(path, fuzz_folder(), strlen(fuzz_folder())) == 0);
    free(path);
    CHECK(draft_read(fuzz_folder(), &draft, &csv) == NG_ERR_NOT_FOUND);
    buf_fini(&csv);
}

/* The lines are a component and FIELD=VALUE words. */
static void words(char *text)
{
    const char *list[WORDS_MAX];
    size_t count = 0;
    char *rest = text;
    struct input in;
    struct buf csv = BUF_INIT(1u << 20);
    while (rest != NULL && count < WORDS_MAX) {
        list[count++] = strsep(&rest, "\n");
    }
    CHECK(input_from_words(list, count, &in) == NG_OK);
    fuzz_begin();
    const enum ng_err err = input_to_csv(&in, &csv);
    CHECK(err == NG_OK || err == NG_ERR_INPUT);
    if (err == NG_OK) {
        CHECK(csv.size > 0 && csv.data[csv.size - 1] == '\n');
    } else {
        fuzz_refused(err);
    }
    input_fini(&in);
    buf_fini(&csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text((struct bytes){data, size});
    if (text != NULL) {
        name(text);
        words(text);
    }
    free(text);
    return 0;
}
