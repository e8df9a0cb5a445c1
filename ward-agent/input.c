#include "ward-agent/input.h"

#include "base/file.h"
#include "base/lang.h"
#include "par/table.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum ng_err no_memory(void)
{
    return err_set(NG_ERR_NOMEM, "%s", _("report"));
}

enum ng_err input_from_file(const char *path, const char *evidence_folder, struct input *ret)
{
    struct input in = {.name = path, .csv = BUF_INIT(TABLE_FILE_MAX)};
    char *copy = strdup(path);
    if (copy != NULL) {
        in.folder = strdup(evidence_folder != NULL ? evidence_folder : dirname(copy));
    }
    free(copy);
    enum ng_err err = in.folder != NULL ? file_read(path, &in.csv) : no_memory();
    if (err != NG_OK) {
        input_fini(&in);
        /* A file that cannot be had is the person's to mend, not a failure of our storage. */
        return err == NG_ERR_NOMEM ? err : err_set(NG_ERR_INPUT, "%s", err_explain(err));
    }
    *ret = in;
    return NG_OK;
}

enum ng_err input_from_words(const char *const *words, size_t count, struct input *ret)
{
    struct input in = {
        .name = words[0], .code = words[0], .words = words + 1, .word_count = count - 1};
    in.folder = strdup(".");
    if (in.folder == NULL) {
        return no_memory();
    }
    *ret = in;
    return NG_OK;
}

void input_fini(struct input *in)
{
    free(in->folder);
    in->folder = NULL;
    buf_fini(&in->csv);
}

/* Until evidence files travel a report names them and says how large they are; a file that is not
 * at hand is named all the same, without a size. */
static enum ng_err size_evidence(const struct input *in, struct actlist *list)
{
    const struct wire_act *acts = actlist_acts(list);
    for (size_t i = 0; i < actlist_count(list); i++) {
        const struct wire_report *r = &acts[i].u.report;
        for (size_t j = 0; j < r->evidence_count; j++) {
            struct stat st;
            char *path = file_join(in->folder, r->evidence[j].name);
            if (path == NULL) {
                return no_memory();
            }
            if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
                report_set_evidence_size(list, i, j, (uint64_t)st.st_size);
            }
            free(path);
        }
    }
    return NG_OK;
}

enum ng_err input_parse(const struct input *in, const struct criteria *set, const char *period,
                        struct fault_list *faults, struct actlist **ret)
{
    struct actlist *list = NULL;
    enum ng_err err =
        in->code != NULL
            ? report_parse_words(in->code, in->words, in->word_count, set, period, faults, &list)
            : report_parse_csv(buf_bytes(&in->csv), set, period, faults, &list);
    if (err != NG_OK) {
        return err;
    }
    err = size_evidence(in, list);
    if (err != NG_OK) {
        actlist_destroy(&list);
        return err;
    }
    *ret = list;
    return NG_OK;
}

/* A cell in quotes, with the quotes in it doubled. */
static enum ng_err add_cell(struct buf *to, const char *text, size_t size)
{
    enum ng_err err =
        to->size > 0 && to->data[to->size - 1] != '\n' ? buf_add_byte(to, ',') : NG_OK;
    err = err == NG_OK ? buf_add_byte(to, '"') : err;
    for (size_t i = 0; err == NG_OK && i < size; i++) {
        err = text[i] == '"' ? buf_add_byte(to, '"') : NG_OK;
        err = err == NG_OK ? buf_add_byte(to, (uint8_t)text[i]) : err;
    }
    return err == NG_OK ? buf_add_byte(to, '"') : err;
}

static enum ng_err words_to_csv(const struct input *in, struct buf *to)
{
    enum ng_err err = add_cell(to, "code", strlen("code"));
    for (size_t i = 0; err == NG_OK && i < in->word_count; i++) {
        size_t name_size = strcspn(in->words[i], "=");
        if (in->words[i][name_size] == '\0') {
            return err_set(NG_ERR_INPUT, _("\"%.80s\" is not FIELD=VALUE"), in->words[i]);
        }
        err = add_cell(to, in->words[i], name_size);
    }
    err = err == NG_OK ? buf_add_byte(to, '\n') : err;
    err = err == NG_OK ? add_cell(to, in->code, strlen(in->code)) : err;
    for (size_t i = 0; err == NG_OK && i < in->word_count; i++) {
        const char *value = strchr(in->words[i], '=') + 1;
        err = add_cell(to, value, strlen(value));
    }
    return err == NG_OK ? buf_add_byte(to, '\n') : err;
}

enum ng_err input_to_csv(const struct input *in, struct buf *to)
{
    return in->code != NULL ? words_to_csv(in, to) : buf_add(to, in->csv.data, in->csv.size);
}
