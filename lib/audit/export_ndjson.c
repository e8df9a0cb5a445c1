#include "audit/export_ndjson.h"

#include "audit/entry.h"
#include "audit/export_folder.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct export_ndjson {
    FILE *file;
    char *folder;
    char *path;  /* while it is written */
    char *final; /* what readers find */
    struct buf line;
};

/* The index of the line that begins at or behind `at`, and where it begins; false at the end or
 * where it is no whole line of ours. */
static bool line_behind(FILE *f, off_t at, uint64_t *ret_index, off_t *ret_begin, off_t *ret_end)
{
    char *line = NULL;
    size_t room = 0;
    static const char begin[] = "{\"index\":";
    bool found = false;
    /* From a place within a line, the rest of it is passed over. */
    if (fseeko(f, at > 0 ? at - 1 : 0, SEEK_SET) == 0 &&
        (at == 0 || getline(&line, &room, f) > 0)) {
        *ret_begin = ftello(f);
        const ssize_t size = getline(&line, &room, f);
        if (size > 0 && line[size - 1] == '\n' && strncmp(line, begin, sizeof(begin) - 1) == 0) {
            *ret_index = strtoull(line + sizeof(begin) - 1, NULL, 10);
            *ret_end = *ret_begin + size;
            found = true;
        }
    }
    free(line);
    return found;
}

/* Where the line of an index ends, by halving: lines stand in the order of their indexes. */
static bool find_end(FILE *f, off_t size, uint64_t index, off_t *ret_end)
{
    off_t low = 0; /* the line, if it is there, begins at or behind low and before high */
    off_t high = size;
    while (low < high) {
        const off_t middle = low + (high - low) / 2;
        uint64_t found = 0;
        off_t begin = 0;
        const bool is_line = line_behind(f, middle, &found, &begin, ret_end);
        if (is_line && found == index) {
            return true;
        }
        if (is_line && found < index) {
            low = begin + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* From now on readers find none: its lines go further than the checkpoint for a while. What a run
 * that was broken off has left is gone on with. */
static enum ng_err set_aside(const struct export_ndjson *n)
{
    if (rename(n->final, n->path) != 0) {
        return errno == ENOENT ? NG_OK : err_set_errno(errno, "%s", n->final);
    }
    return file_sync_folder(n->folder);
}

enum ng_err export_ndjson_open(const char *folder, uint64_t most, struct export_ndjson **ret,
                               uint64_t *ret_lines)
{
    struct export_ndjson *n = calloc(1, sizeof(*n));
    if (n == NULL) {
        return err_set(NG_ERR_NOMEM, "ndjson");
    }
    *ret = n;
    buf_init(&n->line, ENTRY_LINE_MAX);
    n->folder = strdup(folder);
    n->path = file_join(folder, EXPORT_FOLDER_NDJSON ".tmp");
    n->final = file_join(folder, EXPORT_FOLDER_NDJSON);
    if (n->folder == NULL || n->path == NULL || n->final == NULL) {
        return err_set(NG_ERR_NOMEM, "path");
    }
    enum ng_err err = set_aside(n);
    if (err != NG_OK) {
        return err;
    }
    const int fd = open(n->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    n->file = fd >= 0 ? fdopen(fd, "r+") : NULL;
    if (n->file == NULL) {
        const int saved = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return err_set_errno(saved, "%s", n->path);
    }
    off_t end = 0;
    *ret_lines = 0;
    if (most > 0 && fseeko(n->file, 0, SEEK_END) == 0 &&
        find_end(n->file, ftello(n->file), most - 1, &end)) {
        *ret_lines = most;
    } else {
        end = 0;
    }
    if (ftruncate(fd, end) != 0 || fseeko(n->file, end, SEEK_SET) != 0) {
        return err_set_errno(errno, "%s", n->path);
    }
    return NG_OK;
}

enum ng_err export_ndjson_add(struct export_ndjson *n, uint64_t index, struct bytes leaf)
{
    struct entry e;
    buf_clear(&n->line);
    enum ng_err err = entry_read(index, leaf, &e);
    if (err == NG_OK) {
        err = entry_line(&e, &n->line);
    }
    if (err == NG_OK && fwrite(n->line.data, 1, n->line.size, n->file) != n->line.size) {
        err = err_set_errno(errno, "%s", n->path);
    }
    return err;
}

enum ng_err export_ndjson_end(struct export_ndjson *n)
{
    const bool synced = fflush(n->file) == 0 && fdatasync(fileno(n->file)) == 0;
    return synced ? NG_OK : err_set_errno(errno, "%s", n->path);
}

enum ng_err export_ndjson_show(struct export_ndjson *n)
{
    return rename(n->path, n->final) == 0 ? file_sync_folder(n->folder)
                                          : err_set_errno(errno, "%s", n->final);
}

void export_ndjson_close(struct export_ndjson **n)
{
    if (n == NULL || *n == NULL) {
        return;
    }
    if ((*n)->file != NULL) {
        (void)fclose((*n)->file);
    }
    buf_fini(&(*n)->line);
    free((*n)->folder);
    free((*n)->path);
    free((*n)->final);
    free(*n);
    *n = NULL;
}
