#include "fuzz/fuzz_target.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fuzz_begin(void)
{
    (void)err_plain(NG_ERR_INPUT);
}

void fuzz_refused(enum ng_err err)
{
    CHECK(err != NG_OK && err < NG_ERR_COUNT);
    CHECK(err_detail()[0] != '\0');
}

void fuzz_same(struct bytes a, struct bytes b)
{
    CHECK(a.size == b.size);
    CHECK(a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

char *fuzz_text(struct bytes input)
{
    if (input.size > 0 && memchr(input.data, 0, input.size) != NULL) {
        return NULL;
    }
    char *text = malloc(input.size + 1);
    CHECK(text != NULL);
    if (input.size > 0) {
        memcpy(text, input.data, input.size);
    }
    text[input.size] = '\0';
    return text;
}

static char folder[256];

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (folder[0] == '\0') {
        const char *base = getenv("TMPDIR");
        (void)snprintf(folder, sizeof(folder), "%s/nganam-fuzz-XXXXXX", base ? base : "/tmp");
        CHECK(mkdtemp(folder) != NULL);
        CHECK(atexit(remove_folder) == 0);
    }
    return folder;
}

const char *fuzz_path(const char *name)
{
    static char path[sizeof(folder) + 64];
    const int size = snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
    CHECK(size > 0 && (size_t)size < sizeof(path));
    return path;
}

void fuzz_write(const char *name, struct bytes content)
{
    const int fd = open(fuzz_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, content.data, content.size) == (ssize_t)content.size);
    CHECK(close(fd) == 0);
}

struct bytes fuzz_take(struct bytes *rest, size_t size)
{
    const struct bytes piece = {rest->data, size < rest->size ? size : rest->size};
    rest->data += piece.size;
    rest->size -= piece.size;
    return piece;
}

uint8_t fuzz_byte(struct bytes *rest)
{
    const struct bytes one = fuzz_take(rest, 1);
    return one.size == 1 ? one.data[0] : 0;
}
