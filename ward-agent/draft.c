#include "ward-agent/draft.h"

#include "base/file.h"
#include "base/lang.h"
#include "par/report.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char suffix[] = ".csv";

/* 1 … DRAFT_COUNT_MAX without leading zeros; 0: it is none. */
static unsigned parse_number(const char *text)
{
    unsigned number = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || number > DRAFT_COUNT_MAX) {
            return 0;
        }
        number = number * 10 + (unsigned)(*p - '0');
    }
    return text[0] != '0' && number <= DRAFT_COUNT_MAX ? number : 0;
}

static bool parse(const char *text, size_t size, struct draft_name *ret)
{
    struct draft_name name = {0};
    if (size >= sizeof(name.text)) {
        return false;
    }
    memcpy(name.text, text, size);
    const char *dot = strchr(name.text, '.');
    size_t period_size = dot != NULL ? (size_t)(dot - name.text) : 0;
    if (period_size < 4 || period_size >= sizeof(name.period) || parse_number(dot + 1) == 0) {
        return false;
    }
    memcpy(name.period, name.text, period_size);
    for (size_t i = 0; i < 4; i++) {
        if (name.period[i] < '0' || name.period[i] > '9') {
            return false;
        }
        name.year = name.year * 10 + (uint32_t)(name.period[i] - '0');
    }
    if (!report_period_is_valid(name.period, name.year)) {
        return false;
    }
    *ret = name;
    return true;
}

enum ng_err draft_parse(const char *text, struct draft_name *ret)
{
    if (!parse(text, strlen(text), ret)) {
        return err_set(NG_ERR_INPUT,
                       _("\"%.40s\" is no draft's name; nganam-agent report --drafts lists them"),
                       text);
    }
    return NG_OK;
}

char *draft_path(const char *data_folder, const struct draft_name *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s/%s%s", data_folder, DRAFT_FOLDER, name->text, suffix) < 0 ? NULL
                                                                                            : path;
}

static enum ng_err no_memory(void)
{
    return err_set(NG_ERR_NOMEM, "%s", _("draft"));
}

/* Finds a free number and writes there, under a lock: two commands never take the same one. */
static enum ng_err save_free(const char *data_folder, const char *period, struct bytes csv,
                             struct draft_name *ret)
{
    for (unsigned number = 1; number <= DRAFT_COUNT_MAX; number++) {
        char text[DRAFT_NAME_MAX];
        (void)snprintf(text, sizeof(text), "%.11s.%u", period, number);
        enum ng_err err = draft_parse(text, ret);
        char *path = err == NG_OK ? draft_path(data_folder, ret) : NULL;
        bool taken = path != NULL && file_exists(path);
        if (err == NG_OK && !taken) {
            err = path != NULL ? file_write(path, csv.data, csv.size, 0600) : no_memory();
        }
        free(path);
        if (err != NG_OK || !taken) {
            return err;
        }
    }
    return err_set(NG_ERR_LIMIT, _("%s: there are %u drafts already; send or remove some"), period,
                   DRAFT_COUNT_MAX);
}

enum ng_err draft_save(const char *data_folder, const char *period, struct bytes csv,
                       struct draft_name *ret)
{
    int lock = -1;
    char *folder = file_join(data_folder, DRAFT_FOLDER);
    char *lock_path = folder != NULL ? file_join(folder, "lock") : NULL;
    enum ng_err err = folder != NULL && lock_path != NULL ? file_make_folder(folder) : no_memory();
    err = err == NG_OK ? file_lock(lock_path, true, &lock) : err;
    if (err == NG_OK) {
        err = save_free(data_folder, period, csv, ret);
        file_unlock(&lock);
    }
    free(lock_path);
    free(folder);
    return err;
}

enum ng_err draft_read(const char *data_folder, const struct draft_name *name, struct buf *to)
{
    char *path = draft_path(data_folder, name);
    enum ng_err err = path != NULL ? file_read(path, to) : no_memory();
    free(path);
    return err;
}

enum ng_err draft_remove(const char *data_folder, const struct draft_name *name)
{
    char *path = draft_path(data_folder, name);
    if (path == NULL) {
        return no_memory();
    }
    enum ng_err err = unlink(path) == 0 ? NG_OK : err_set_errno(errno, "%s", path);
    free(path);
    return err;
}

static int compare(const void *a, const void *b)
{
    const struct draft_name *x = a;
    const struct draft_name *y = b;
    int periods = strcmp(x->period, y->period);
    if (periods != 0) {
        return periods;
    }
    size_t x_size = strlen(x->text); /* the longer number is the larger */
    size_t y_size = strlen(y->text);
    return x_size != y_size ? (x_size < y_size ? -1 : 1) : strcmp(x->text, y->text);
}

static enum ng_err read_names(DIR *folder, struct draft_name **names, size_t *count)
{
    size_t capacity = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        struct draft_name name;
        size_t size = strlen(entry->d_name);
        size_t suffix_size = sizeof(suffix) - 1;
        if (size < suffix_size || strcmp(entry->d_name + size - suffix_size, suffix) != 0 ||
            !parse(entry->d_name, size - suffix_size, &name)) {
            continue;
        }
        if (*count == capacity) {
            capacity = capacity == 0 ? 16 : 2 * capacity;
            struct draft_name *grown = realloc(*names, capacity * sizeof(*grown));
            if (grown == NULL) {
                return no_memory();
            }
            *names = grown;
        }
        (*names)[(*count)++] = name;
    }
    return NG_OK;
}

enum ng_err draft_list(const char *data_folder, struct draft_name **ret, size_t *ret_count)
{
    struct draft_name *names = NULL;
    size_t count = 0;
    char *path = file_join(data_folder, DRAFT_FOLDER);
    if (path == NULL) {
        return no_memory();
    }
    DIR *folder = opendir(path);
    enum ng_err err = NG_OK;
    if (folder != NULL) {
        err = read_names(folder, &names, &count);
        (void)closedir(folder);
    } else if (errno != ENOENT) {
        err = err_set_errno(errno, "%s", path);
    }
    free(path);
    if (err != NG_OK) {
        free(names);
        return err;
    }
    if (count > 0) {
        qsort(names, count, sizeof(*names), compare);
    }
    *ret = names;
    *ret_count = count;
    return NG_OK;
}
