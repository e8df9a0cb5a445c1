/* Errors: the table of codes and the one-line detail.
 *
 * The detail is a bounded buffer per thread, so reporting an error never allocates and so cannot
 * fail. It remembers which code it belongs to: a caller that returns another code without a detail
 * of its own is never blamed with an older story. Everything too long is cut at a whole character,
 * at the end, because the beginning says where and what.
 */
#include "base/err.h"

#include "base/bytes.h"
#include "base/lang.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL_SIZE = 1024, PREFIX_SIZE = 512 };

static const struct {
    const char *name;
    const char *text;
    bool retryable;
    int exit_status;
} table[NG_ERR_COUNT] = {
    [NG_OK] = {"ok", N_("done"), false, 0},
    [NG_ERR_USAGE] = {"usage", N_("the command is not complete or not known"), false, 2},
    [NG_ERR_INPUT] = {"input", N_("something in the input is wrong"), false, 2},
    [NG_ERR_LIMIT] = {"limit", N_("larger than the allowed maximum"), false, 2},
    [NG_ERR_REFUSED] = {"refused", N_("a rule does not allow this"), false, 1},
    [NG_ERR_NOT_FOUND] = {"not_found", N_("nothing found"), false, 1},
    [NG_ERR_VERIFY] = {"verify", N_("a proof or signature does not hold"), false, 1},
    [NG_ERR_AGAIN] = {"again", N_("not possible just now, try again later"), true, 3},
    [NG_ERR_PEER] = {"peer", N_("the other side did not answer in time"), true, 3},
    [NG_ERR_PROTO] = {"proto", N_("the other side sent something that cannot be read"), false, 3},
    [NG_ERR_IO] = {"io", N_("reading or writing failed"), false, 4},
    [NG_ERR_FULL] = {"full", N_("no space left on the disk"), true, 4},
    [NG_ERR_ACCESS] = {"access", N_("missing rights"), false, 4},
    [NG_ERR_BUSY] = {"busy", N_("in use by another process"), true, 4},
    [NG_ERR_VERSION] = {"version", N_("made by another version of the program"), false, 4},
    [NG_ERR_CORRUPT] = {"corrupt", N_("the stored data is damaged"), false, 4},
    [NG_ERR_NOMEM] = {"nomem", N_("out of memory"), true, 4},
};

static _Thread_local char detail[DETAIL_SIZE];
static _Thread_local enum ng_err detail_err;

/* A code from anywhere, made safe as an index. */
static enum ng_err known(enum ng_err err)
{
    return (unsigned)err < NG_ERR_COUNT ? err : NG_ERR_IO;
}

const char *err_name(enum ng_err err)
{
    return table[known(err)].name;
}

const char *err_text(enum ng_err err)
{
    return gettext(table[known(err)].text);
}

bool err_retryable(enum ng_err err)
{
    return table[known(err)].retryable;
}

int err_exit_status(enum ng_err err)
{
    return table[known(err)].exit_status;
}

/* Takes a character that was cut in half off the end of a text that filled its buffer. */
static void cut_half_character(char *text)
{
    size_t size = strlen(text);
    size_t back = 0;
    while (back < 3 && back < size && ((uint8_t)text[size - 1 - back] & 0xC0U) == 0x80U) {
        back++;
    }
    if (back < size && bytes_utf8_length(text + size - 1 - back, back + 1) != back + 1) {
        text[size - 1 - back] = '\0';
    }
}

static void print_cut(char *to, size_t to_size, const char *format, va_list args) NG_PRINTF(3, 0);

static void print_cut(char *to, size_t to_size, const char *format, va_list args)
{
    int length = vsnprintf(to, to_size, format, args);
    if (length < 0) {
        to[0] = '\0';
    } else if ((size_t)length >= to_size) {
        cut_half_character(to);
    }
}

static void append_cut(char *to, size_t to_size, const char *text)
{
    size_t used = strlen(to);
    size_t length = strlen(text);
    if (length < to_size - used) {
        memcpy(to + used, text, length + 1);
    } else {
        memcpy(to + used, text, to_size - used - 1);
        to[to_size - 1] = '\0';
        cut_half_character(to);
    }
}

/* Arguments may point into the old detail, so the new one is made beside it. */
static void replace_detail(enum ng_err err, const char *text)
{
    memcpy(detail, text, strlen(text) + 1);
    detail_err = err;
}

/* Once: the text may be an older detail set again. */
static void say_out_of_memory(char *text, size_t text_size)
{
    const char *why = err_text(NG_ERR_NOMEM);
    size_t size = strlen(text);
    size_t why_size = strlen(why);
    if (size >= why_size && strcmp(text + size - why_size, why) == 0) {
        return;
    }
    append_cut(text, text_size, ": ");
    append_cut(text, text_size, why);
}

enum ng_err err_set(enum ng_err err, const char *format, ...)
{
    char text[DETAIL_SIZE];
    va_list args;
    va_start(args, format);
    print_cut(text, sizeof(text), format, args);
    va_end(args);
    if (err == NG_ERR_NOMEM) {
        say_out_of_memory(text, sizeof(text));
    }
    replace_detail(err, text);
    return err;
}

static enum ng_err from_errno(int saved_errno)
{
    switch (saved_errno) {
    case ENOSPC:
    case EDQUOT:
        return NG_ERR_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return NG_ERR_ACCESS;
    case ENOMEM:
        return NG_ERR_NOMEM;
    case ENOENT:
        return NG_ERR_NOT_FOUND;
    case EAGAIN:
        return NG_ERR_AGAIN;
    default:
        return NG_ERR_IO;
    }
}

/* libc's own sentences are not in our catalogue, and do not say what to do. */
static const struct {
    int saved_errno;
    const char *text;
} errno_texts[] = {
    {ENOSPC, N_("no space left on the disk; make room, then do it again")},
    {EDQUOT, N_("the disk quota is used up; make room, or ask for more")},
    {EACCES, N_("missing rights; do it as the user it belongs to")},
    {EPERM, N_("missing rights; do it as the user it belongs to")},
    {EROFS, N_("the disk can only be read; use another folder, or have it made writable")},
    {EIO, N_("the disk or the line reports a fault; save a copy of the data and have it checked")},
    {ENOMEM, N_("out of memory")},
    {ENOENT, N_("no such file or folder")},
    {EISDIR, N_("this is a folder")},
    {ENOTDIR, N_("this is not a folder")},
    {EEXIST, N_("it is there already")},
    {ENAMETOOLONG, N_("the name is too long")},
    {EFBIG, N_("the file would be too large")},
    {EMFILE, N_("too many files are open at once")},
    {ENFILE, N_("too many files are open at once")},
    {EADDRINUSE, N_("the address is already in use; stop the other program, or take another port")},
    {EADDRNOTAVAIL, N_("this machine has no such address; give one of its own")},
    {ECONNREFUSED, N_("nobody answers at this address; check it, and that the program runs there")},
    {ECONNRESET, N_("the other side broke the connection off")},
    {EPIPE, N_("whoever was to read it has gone")},
    {ETIMEDOUT, N_("no answer came in time; check the line")},
    {EHOSTUNREACH, N_("that machine cannot be reached; check the line and the address")},
    {ENETUNREACH, N_("there is no network; check the line")},
    {EPROTONOSUPPORT, N_("this machine does not know this kind of address")},
};

const char *err_errno_text(int saved_errno)
{
    static _Thread_local char spare[256];
    char words[128];
    for (size_t i = 0; i < sizeof(errno_texts) / sizeof(errno_texts[0]); i++) {
        if (errno_texts[i].saved_errno == saved_errno) {
            return gettext(errno_texts[i].text);
        }
    }
    (void)snprintf(spare, sizeof(spare), _("the system reports a fault (%s)"),
                   strerror_r(saved_errno, words, sizeof(words)));
    return spare;
}

enum ng_err err_set_errno(int saved_errno, const char *format, ...)
{
    char text[DETAIL_SIZE];
    va_list args;
    va_start(args, format);
    print_cut(text, PREFIX_SIZE, format, args);
    va_end(args);
    append_cut(text, sizeof(text), ": ");
    append_cut(text, sizeof(text), err_errno_text(saved_errno));
    enum ng_err err = from_errno(saved_errno);
    replace_detail(err, text);
    return err;
}

enum ng_err err_wrap(enum ng_err err, const char *format, ...)
{
    if (err == NG_OK) {
        return NG_OK;
    }
    char text[DETAIL_SIZE];
    va_list args;
    va_start(args, format);
    print_cut(text, PREFIX_SIZE, format, args);
    va_end(args);
    append_cut(text, sizeof(text), ": ");
    append_cut(text, sizeof(text), err_explain(err));
    replace_detail(err, text);
    return err;
}

enum ng_err err_plain(enum ng_err err)
{
    detail[0] = '\0';
    detail_err = err;
    return err;
}

const char *err_detail(void)
{
    return detail;
}

const char *err_explain(enum ng_err err)
{
    return detail_err == err && detail[0] != '\0' ? detail : err_text(err);
}
