/* Reading a passphrase. On the terminal the echo is off, and Ctrl-C is read as a character, so that
 * nobody is left with a terminal that shows nothing. */
#include "ledger/passphrase.h"

#include "base/lang.h"
#include "ledger/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define INTERRUPT 3

struct text {
    uint8_t bytes[PASSPHRASE_SIZE_MAX + 1];
    size_t size;
};

static struct text kept[2]; /* by enum passphrase_of */

void passphrase_forget(enum passphrase_of whose)
{
    key_forget(&kept[whose], sizeof(kept[whose]));
}

/* The first line, however it comes. NG_ERR_LIMIT: longer than any. */
static enum ng_err passphrase_read_line(int fd, const char *name, struct text *ret)
{
    ret->size = 0;
    while (ret->size < sizeof(ret->bytes)) {
        const ssize_t n = read(fd, ret->bytes + ret->size, 1);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_set_errno(errno, "%s", name);
        }
        const uint8_t c = n == 0 ? '\n' : ret->bytes[ret->size];
        if (c == INTERRUPT) {
            return err_set(NG_ERR_REFUSED, _("broken off"));
        }
        if (c == '\n') {
            ret->size -= ret->size > 0 && ret->bytes[ret->size - 1] == '\r' ? 1 : 0;
            return NG_OK;
        }
        ret->size++;
    }
    return err_set(NG_ERR_LIMIT, _("%s: a passphrase has at most %d bytes"), name,
                   PASSPHRASE_SIZE_MAX);
}

static enum ng_err passphrase_from_file(const char *path, struct text *ret)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        const enum ng_err e = err_set_errno(errno, "%s", path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return e == NG_ERR_NOT_FOUND
                   ? err_set(NG_ERR_INPUT, _("%s: there is no such file with a passphrase"), path)
                   : e;
    }
    enum ng_err e = NG_OK;
    if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
        e = err_set(NG_ERR_ACCESS, _("%s: others may read this passphrase: chmod 600 it"), path);
    } else {
        e = passphrase_read_line(fd, path, ret);
    }
    (void)close(fd);
    if (e == NG_OK && ret->size == 0) {
        e = err_set(NG_ERR_INPUT, _("%s: its first line is empty; a passphrase is expected"), path);
    }
    return e;
}

static enum ng_err passphrase_ask(const char *question, struct text *ret)
{
    struct termios before, quiet;
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return err_set_errno(errno, "stdin");
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    quiet.c_cc[VEOL] = INTERRUPT; /* it ends the line, or it would wait for the next */
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0) {
        return err_set_errno(errno, "stdin");
    }
    (void)fputs(question, stderr); /* only now: what is typed before is thrown away */
    (void)fflush(stderr);
    const enum ng_err e = passphrase_read_line(STDIN_FILENO, "stdin", ret);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    (void)fputc('\n', stderr);
    return e;
}

static enum ng_err passphrase_nowhere(enum passphrase_of whose, const char *what)
{
    return whose == PASSPHRASE_PERSON
               ? err_set(NG_ERR_REFUSED,
                         _("%s: this key is locked with its person's passphrase: run this on a "
                           "terminal, or name the file that holds it "
                           "(NGANAM_ACTOR_PASSPHRASE_FILE)"),
                         what)
               : err_set(NG_ERR_REFUSED,
                         _("%s: these keys are locked with a passphrase: name the file that holds "
                           "it (--passphrase-file FILE or NGANAM_PASSPHRASE_FILE), or run this on "
                           "a terminal"),
                         what);
}

static enum ng_err passphrase_find(enum passphrase_of whose, const char *what, struct text *ret)
{
    static const char *const variables[] = {"NGANAM_PASSPHRASE_FILE",
                                            "NGANAM_ACTOR_PASSPHRASE_FILE"};
    const char *path = getenv(variables[whose]);
    char question[512];
    if (path != NULL && path[0] != '\0') {
        return passphrase_from_file(path, ret);
    }
    if (!isatty(STDIN_FILENO)) {
        return passphrase_nowhere(whose, what);
    }
    (void)snprintf(question, sizeof(question), _("Passphrase of the keys in %.400s: "), what);
    const enum ng_err e = passphrase_ask(question, ret);
    return e == NG_OK && ret->size == 0 ? err_set(NG_ERR_REFUSED, _("no passphrase was typed")) : e;
}

enum ng_err passphrase_get(enum passphrase_of whose, const char *what, struct bytes *ret)
{
    struct text *t = &kept[whose];
    const enum ng_err e = t->size == 0 ? passphrase_find(whose, what, t) : NG_OK;
    if (e != NG_OK) {
        passphrase_forget(whose);
        return e;
    }
    *ret = (struct bytes){t->bytes, t->size};
    return NG_OK;
}

static enum ng_err passphrase_ask_twice(struct text *ret)
{
    struct text again = {.size = 0};
    if (!isatty(STDIN_FILENO)) {
        return err_set(NG_ERR_REFUSED,
                       _("the new passphrase is asked on a terminal, or comes from a file: "
                         "--new FILE"));
    }
    enum ng_err e = passphrase_ask(_("New passphrase: "), ret);
    if (e == NG_OK) {
        e = passphrase_ask(_("The same again: "), &again);
    }
    if (e == NG_OK &&
        (again.size != ret->size || memcmp(again.bytes, ret->bytes, again.size) != 0)) {
        e = err_set(NG_ERR_INPUT, _("the two are not the same; nothing was changed"));
    }
    key_forget(&again, sizeof(again));
    return e;
}

enum ng_err passphrase_choose(enum passphrase_of whose, const char *file)
{
    struct text chosen = {.size = 0};
    enum ng_err e =
        file != NULL ? passphrase_from_file(file, &chosen) : passphrase_ask_twice(&chosen);
    if (e == NG_OK && chosen.size < PASSPHRASE_SIZE_MIN) {
        e = err_set(NG_ERR_INPUT, _("a passphrase has at least %d bytes; nothing was changed"),
                    PASSPHRASE_SIZE_MIN);
    }
    if (e == NG_OK) {
        kept[whose] = chosen;
    }
    key_forget(&chosen, sizeof(chosen));
    return e;
}
