#include "base/cli_help.h"

#include "base/bytes.h"
#include "base/cli_words.h"
#include "base/lang.h"

#include <string.h>

enum { PAGE_COLUMNS = 79, LEFT_COLUMNS_MAX = 28 };

/* Columns on a terminal; our texts are NFC, so a character is a column. */
static size_t columns_of(const char *text, size_t size)
{
    size_t columns = 0;
    while (size > 0) {
        size_t length = bytes_utf8_length(text, size);
        length = length > 0 ? length : 1;
        text += length;
        size -= length;
        columns++;
    }
    return columns;
}

static enum ng_err add_spaces(struct buf *to, size_t count)
{
    return buf_printf(to, "%*s", (int)count, "");
}

/* Words broken at the page's edge, every line after the first indented; the cursor is at indent. */
static enum ng_err add_wrapped(struct buf *to, const char *text, size_t indent)
{
    enum ng_err err = NG_OK;
    size_t column = indent;
    while (err == NG_OK && *text != '\0') {
        size_t size = strcspn(text, " \n");
        size_t width = columns_of(text, size);
        bool forced = column > indent && column + 1 + width > PAGE_COLUMNS;
        if (forced) {
            err = buf_add_byte(to, '\n');
            err = err == NG_OK ? add_spaces(to, indent) : err;
            column = indent;
        } else if (column > indent) {
            err = buf_add_byte(to, ' ');
            column++;
        }
        err = err == NG_OK ? buf_add(to, text, size) : err;
        column += width;
        text += size;
        if (*text == '\n' && err == NG_OK) {
            err = buf_add_byte(to, '\n');
            err = err == NG_OK ? add_spaces(to, text[1] == '\0' ? 0 : indent) : err;
            column = indent;
        }
        text += *text != '\0';
    }
    return err == NG_OK ? buf_add_byte(to, '\n') : err;
}

static enum ng_err add_row(struct buf *to, const char *left, size_t left_columns, const char *right)
{
    size_t used = columns_of(left, strlen(left));
    enum ng_err err = buf_printf(to, "  %s", left);
    if (err == NG_OK && used > left_columns) {
        err = buf_add_byte(to, '\n');
        used = 0;
        err = err == NG_OK ? add_spaces(to, 2) : err;
    }
    err = err == NG_OK ? add_spaces(to, left_columns - used + 2) : err;
    return err == NG_OK ? add_wrapped(to, right, left_columns + 4) : err;
}

/* "--file F.csv" into an emptied buffer */
static enum ng_err option_text(struct buf *to, const struct cli_option *o)
{
    buf_clear(to);
    if (o->argument == NULL) {
        return buf_printf(to, "--%s", o->name);
    }
    char argument[CLI_WORDS_SIZE];
    cli_words(o->argument, argument);
    return buf_printf(to, "--%s %s", o->name, argument);
}

static enum ng_err widest_option(const struct cli_option *options, size_t *widest)
{
    struct buf left = BUF_INIT(256);
    enum ng_err err = NG_OK;
    for (const struct cli_option *o = options; err == NG_OK && o != NULL && o->name != NULL; o++) {
        err = option_text(&left, o);
        size_t columns = columns_of(buf_text(&left), left.size);
        if (columns > *widest && columns <= LEFT_COLUMNS_MAX) {
            *widest = columns;
        }
    }
    buf_fini(&left);
    return err;
}

static enum ng_err add_options(struct buf *to, const struct cli_option *options, size_t columns)
{
    struct buf left = BUF_INIT(256);
    struct buf right = BUF_INIT(4096);
    enum ng_err err = NG_OK;
    for (const struct cli_option *o = options; err == NG_OK && o != NULL && o->name != NULL; o++) {
        buf_clear(&right);
        const char *note = o->required           ? _(" (needed)")
                           : o->kind == CLI_LIST ? _(" (repeatable)")
                                                 : "";
        err = buf_printf(&right, "%s%s", gettext(o->help), note);
        err = err == NG_OK ? option_text(&left, o) : err;
        err = err == NG_OK ? add_row(to, buf_text(&left), columns, buf_text(&right)) : err;
    }
    buf_fini(&right);
    buf_fini(&left);
    return err;
}

static bool in_group(const struct cli_command *command, const char *group)
{
    if (group == NULL) {
        return true;
    }
    size_t size = strlen(group);
    return strncmp(command->name, group, size) == 0 && command->name[size] == ' ';
}

enum ng_err cli_help_program(struct buf *to, const struct cli_program *program,
                             const struct cli_option *common, const char *group)
{
    enum ng_err err = buf_printf(to, _("Usage: %s COMMAND [OPTION…] [ARGUMENT…]\n"), program->name);
    if (err == NG_OK && group == NULL) {
        err = buf_add_text(to, "\n");
        err = err == NG_OK ? add_wrapped(to, gettext(program->summary), 0) : err;
    }
    err = err == NG_OK ? buf_printf(to, "\n%s\n", _("Commands:")) : err;
    size_t widest = 0;
    for (const struct cli_command *c = program->commands; c->name != NULL; c++) {
        size_t columns = strlen(c->name);
        widest = in_group(c, group) && columns > widest ? columns : widest;
    }
    for (const struct cli_command *c = program->commands; err == NG_OK && c->name != NULL; c++) {
        if (in_group(c, group)) {
            err = add_row(to, c->name, widest, gettext(c->summary));
        }
    }
    size_t columns = strlen("--version");
    err = err == NG_OK ? widest_option(common, &columns) : err;
    err = err == NG_OK ? buf_printf(to, "\n%s\n", _("Options of every command:")) : err;
    err = err == NG_OK ? add_options(to, common, columns) : err;
    err = err == NG_OK ? add_row(to, "--version", columns, _("print the version")) : err;
    if (err == NG_OK) {
        err = buf_printf(to, _("\n\"%s COMMAND --help\" says more about a command.\n"),
                         program->name);
    }
    return err;
}

enum ng_err cli_help_command(struct buf *to, const struct cli_program *program,
                             const struct cli_command *command, const struct cli_option *common)
{
    char arguments[CLI_WORDS_SIZE];
    cli_words(command->arguments != NULL ? command->arguments : "", arguments);
    bool takes_arguments = arguments[0] != '\0';
    enum ng_err err = buf_printf(to, _("Usage: %s %s [OPTION…]%s%s\n\n"), program->name,
                                 command->name, takes_arguments ? " " : "", arguments);
    err = err == NG_OK ? add_wrapped(to, gettext(command->summary), 0) : err;
    if (err == NG_OK && command->help != NULL) {
        err = buf_add_byte(to, '\n');
        err = err == NG_OK ? add_wrapped(to, gettext(command->help), 0) : err;
    }
    size_t columns = 0;
    err = err == NG_OK ? widest_option(common, &columns) : err;
    err = err == NG_OK ? widest_option(command->options, &columns) : err;
    if (err == NG_OK && command->options != NULL && command->options->name != NULL) {
        err = buf_printf(to, "\n%s\n", _("Options:"));
        err = err == NG_OK ? add_options(to, command->options, columns) : err;
    }
    err = err == NG_OK ? buf_printf(to, "\n%s\n", _("Options of every command:")) : err;
    return err == NG_OK ? add_options(to, common, columns) : err;
}
