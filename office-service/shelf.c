#include "office-service/shelf.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "snapshots"
#define ENDING ".state"
#define DIGITS 20u

bool shelf_keeps(uint64_t place, uint64_t newest)
{
    if (place > newest) {
        return false;
    }
    for (unsigned power = 0; power < 64; power++) {
        if (place & ((UINT64_C(1) << power) - 1)) {
            return false; /* no multiple of this power, nor of any greater */
        }
        if ((newest >> power) - (place >> power) < SHELF_KEPT) {
            return true;
        }
    }
    return true;
}

static char *folder_path(const char *folder)
{
    return file_join(folder, FOLDER);
}

char *shelf_path(const char *folder, uint64_t size)
{
    char *path = NULL;
    if (asprintf(&path, "%s/" FOLDER "/%020llu" ENDING, folder, (unsigned long long)size) < 0) {
        return NULL;
    }
    return path;
}

enum ng_err shelf_make(const char *folder)
{
    char *path = folder_path(folder);
    enum ng_err err = path ? file_make_folder(path) : err_plain(NG_ERR_NOMEM);
    free(path);
    return err;
}

/* The size a file's name says; false for any other name. */
static bool read_name(const char *name, uint64_t *ret)
{
    if (strspn(name, "0123456789") != DIGITS || strcmp(name + DIGITS, ENDING) != 0) {
        return false;
    }
    errno = 0;
    *ret = strtoull(name, NULL, 10);
    return errno == 0;
}

static enum ng_err open_folder(const char *folder, DIR **ret)
{
    char *path = folder_path(folder);
    if (!path) {
        return err_plain(NG_ERR_NOMEM);
    }
    *ret = opendir(path);
    enum ng_err err = *ret ? NG_OK : err_set_errno(errno, "%s", path);
    free(path);
    return err;
}

enum ng_err shelf_find(const char *folder, uint64_t at_most, uint64_t *ret_size)
{
    DIR *dir;
    const struct dirent *entry;
    bool found = false;
    enum ng_err err = open_folder(folder, &dir);
    if (err) {
        return err;
    }
    while ((entry = readdir(dir)) != NULL) {
        uint64_t size;
        if (read_name(entry->d_name, &size) && size <= at_most && (!found || size > *ret_size)) {
            *ret_size = size;
            found = true;
        }
    }
    (void)closedir(dir);
    return found ? NG_OK : err_plain(NG_ERR_NOT_FOUND);
}

void shelf_clear(const char *folder, bool (*keep)(void *context, uint64_t size), void *context)
{
    DIR *dir;
    const struct dirent *entry;
    if (open_folder(folder, &dir)) {
        return; /* nothing was ever kept */
    }
    while ((entry = readdir(dir)) != NULL) {
        uint64_t size;
        bool ours = read_name(entry->d_name, &size);
        bool torn = strstr(entry->d_name, ENDING ".tmp") != NULL;
        if (torn || (ours && !(keep && keep(context, size)))) {
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    (void)closedir(dir);
}
