/* Where a slip comes from. Failures: a file that cannot be had is the person's to mend, not a
 * failure of our storage. What was read is wiped: a slip that was not used yet is worth a key. */
#include "party/slip_read.h"

#include "base/file.h"
#include "base/lang.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_text(const char *given)
{
    static const char prefix[] = "nganam1:";
    given += strspn(given, " \t\r\n");
    return strncmp(given, prefix, sizeof(prefix) - 1) == 0;
}

/* A person types it or pastes it, and ends it with Enter. */
static enum ng_err ask_line(struct slip *ret)
{
    char line[4 * SLIP_TEXT_MAX];
    (void)fprintf(stderr, "%s", _("Type or paste the line of the slip (nganam1:…), press Enter: "));
    (void)fflush(stderr);
    const enum ng_err e = fgets(line, sizeof(line), stdin) != NULL
                              ? slip_decode(line, ret)
                              : err_set(NG_ERR_INPUT, _("no slip was given"));
    explicit_bzero(line, sizeof(line));
    return e;
}

static enum ng_err read_file(const char *path, struct slip *ret)
{
    struct buf text = BUF_INIT(4 * SLIP_TEXT_MAX);
    enum ng_err e = file_read(path, &text);
    if (e == NG_ERR_NOT_FOUND) {
        e = err_set(NG_ERR_INPUT,
                    _("\"%.80s\" is neither a slip (text beginning nganam1:) nor a file with one"),
                    path);
    } else if (!e) {
        e = slip_decode(buf_text(&text), ret);
        e = err_wrap(e, "%s", path);
    } else if (e != NG_ERR_NOMEM) {
        e = err_set(NG_ERR_INPUT, "%s", err_explain(e));
    }
    if (text.data != NULL) {
        explicit_bzero(text.data, text.size);
    }
    buf_fini(&text);
    return e;
}

enum ng_err slip_read(const char *given, struct slip *ret)
{
    if (is_text(given)) {
        return slip_decode(given, ret);
    }
    return strcmp(given, "-") == 0 && isatty(STDIN_FILENO) ? ask_line(ret) : read_file(given, ret);
}
