#include "ward-agent/input.h"

#include "base/file.h"
#include "base/lang.h"
#include "par/table.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* The file of this name beside the report; −1 with NG_OK: none there, it is only named. */
static enum ng_err open_evidence(int folder, const char *name, int *ret_fd)
{
    *ret_fd = -1;
    if (strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return err_set(NG_ERR_INPUT,
                       _("evidence %.200s: a file beside the report is expected, without a folder"),
                       name);
    }
    /* O_NONBLOCK: a FIFO must not hang us. A link could lead anywhere. */
    const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT || errno == ENAMETOOLONG
                   ? NG_OK
                   : err_set_errno(errno, _("evidence %.200s"), name);
    }
    *ret_fd = fd;
    return NG_OK;
}

/* A file of the text alone, for as long as it is open. */
static enum ng_err open_text(const char *text, int *ret_fd)
{
    const size_t size = strlen(text);
    const int fd = memfd_create("explanation", MFD_CLOEXEC);
    enum ng_err err = fd >= 0 ? NG_OK : err_set_errno(errno, "%s", _("explanation"));
    for (size_t done = 0; err == NG_OK && done < size;) {
        const ssize_t got = write(fd, text + done, size - done);
        if (got >= 0) {
            done += (size_t)got;
        } else if (errno != EINTR) {
            err = err_set_errno(errno, "%s", _("explanation"));
        }
    }
    if (err != NG_OK && fd >= 0) {
        (void)close(fd);
    }
    *ret_fd = err == NG_OK ? fd : -1;
    return err;
}

static enum ng_err take_file(struct actlist *list, size_t act, size_t place, int fd,
                             struct evidence *e, struct party *p, const struct wire_report *before)
{
    const struct wire_report *r = &actlist_acts(list)[act].u.report;
    struct evidence_file file;
    enum ng_err err =
        evidence_take(e, p, fd, r->evidence[place].name, before != NULL ? before->evidence : NULL,
                      before != NULL ? before->evidence_count : 0, &file);
    const char *id = err == NG_OK ? pool_text(actlist_pool(list), file.id) : NULL;
    if (err == NG_OK && id == NULL) {
        err = no_memory();
    }
    if (err == NG_OK) {
        const struct wire_evidence said = {r->evidence[place].name, file.size, id, file.type};
        report_set_evidence(list, act, place, &said);
    }
    return err;
}

enum ng_err input_take_evidence(const struct input *in, struct desk *d, struct actlist *list,
                                struct evidence *e)
{
    const int folder = open(in->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum ng_err err = folder >= 0 ? NG_OK : err_set_errno(errno, "%s", in->folder);
    for (size_t i = 0; err == NG_OK && i < actlist_count(list); i++) {
        const struct wire_report *r = &actlist_acts(list)[i].u.report;
        struct own_said said;
        const bool any = r->evidence_count > 0 && own_report(d->own, r->year, r->code, &said);
        for (size_t j = 0; err == NG_OK && j < r->evidence_count; j++) {
            int fd = -1;
            const char *whole = j + 1 == r->evidence_count ? actlist_attached(list, i) : NULL;
            err = whole != NULL ? open_text(whole, &fd)
                                : open_evidence(folder, r->evidence[j].name, &fd);
            if (err == NG_OK && fd >= 0) {
                err = take_file(list, i, j, fd, e, d->party, any ? &said.act->u.report : NULL);
            }
            if (fd >= 0) {
                (void)close(fd);
            }
        }
    }
    if (folder >= 0) {
        (void)close(folder);
    }
    return err;
}

enum ng_err input_parse(const struct input *in, const struct criteria *set, const char *period,
                        struct fault_list *faults, struct actlist **ret)
{
    struct actlist *list = NULL;
    enum ng_err err =
        in->code != NULL
            ? report_parse_words(in->code, in->words, in->word_count, set, period, faults, &list)
            : report_parse_csv(buf_bytes(&in->csv), set, period, faults, &list);
    if (err == NG_OK) {
        *ret = list;
    }
    return err;
}

enum ng_err input_add_cell(struct buf *to, const char *text, size_t size)
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
    enum ng_err err = input_add_cell(to, "code", strlen("code"));
    for (size_t i = 0; err == NG_OK && i < in->word_count; i++) {
        size_t name_size = strcspn(in->words[i], "=");
        if (in->words[i][name_size] == '\0') {
            return err_set(NG_ERR_INPUT, _("\"%.80s\" is not FIELD=VALUE"), in->words[i]);
        }
        err = input_add_cell(to, in->words[i], name_size);
    }
    err = err == NG_OK ? buf_add_byte(to, '\n') : err;
    err = err == NG_OK ? input_add_cell(to, in->code, strlen(in->code)) : err;
    for (size_t i = 0; err == NG_OK && i < in->word_count; i++) {
        const char *value = strchr(in->words[i], '=') + 1;
        err = input_add_cell(to, value, strlen(value));
    }
    return err == NG_OK ? buf_add_byte(to, '\n') : err;
}

enum ng_err input_to_csv(const struct input *in, struct buf *to)
{
    return in->code != NULL ? words_to_csv(in, to) : buf_add(to, in->csv.data, in->csv.size);
}
