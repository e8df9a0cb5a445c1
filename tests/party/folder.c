#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DEPTH_MAX 4

static bool copy_file(const char *from, const char *to, const struct stat *st)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC);
    const int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);
    off_t left = st->st_size;
    while (in >= 0 && out >= 0 && left > 0) {
        const ssize_t n = sendfile(out, in, NULL, (size_t)left);
        if (n <= 0) {
            break;
        }
        left -= n;
    }
    const bool good = in >= 0 && out >= 0 && left == 0;
    if (in >= 0) {
        (void)close(in);
    }
    if (out >= 0) {
        (void)close(out);
    }
    return good;
}

static bool copy_level(const char *from, const char *to, unsigned depth);

static bool copy_entry(const char *from, const char *to, const char *name, unsigned depth)
{
    char source[PATH_MAX], target[PATH_MAX];
    struct stat st;
    (void)snprintf(source, sizeof(source), "%s/%s", from, name);
    (void)snprintf(target, sizeof(target), "%s/%s", to, name);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "lock.mdb") == 0) {
        return true;
    }
    if (lstat(source, &st) != 0) {
        return false;
    }
    if (S_ISDIR(st.st_mode)) {
        return depth > 0 && copy_level(source, target, depth - 1);
    }
    return !S_ISREG(st.st_mode) || copy_file(source, target, &st);
}

static bool copy_level(const char *from, const char *to, unsigned depth)
{
    DIR *folder = opendir(from);
    bool good = folder != NULL && mkdir(to, 0700) == 0;
    struct dirent *entry = NULL;
    while (good && (entry = readdir(folder)) != NULL) {
        good = copy_entry(from, to, entry->d_name, depth);
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return good;
}

bool folder_copy(const char *from, const char *to)
{
    return copy_level(from, to, FOLDER_DEPTH_MAX);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

bool folder_remove(const char *path)
{
    return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0;
}
