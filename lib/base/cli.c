/* Command lines in the manner of git.
 *
 * getopt_long prints its own errors in libc's words and cannot know an option's table before it has
 * met the command, so the parser is our own. It goes over argv twice. The scan finds the one or two
 * words of the command, stepping over options and their arguments (an option of any command is
 * known there), and --lang, so that even the first error is in the person's language. The parse
 * then fills the command's options struct from its tables.
 *
 * Possible failures are the person's (NG_ERR_USAGE: what is wrong, the nearest known word, where
 * help is) or the command's own; both are printed here, once.
 */
#include "base/cli.h"

#include "base/bytes.h"
#include "base/cli_help.h"
#include "base/cli_parse.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELP_SIZE_MAX = 1 << 20 };

static _Thread_local bool quiet;

enum ng_err cli_quiet(enum ng_err err)
{
    quiet = true;
    return err;
}

static bool is_group(const struct cli_program *program, const char *word)
{
    size_t size = strlen(word);
    for (const struct cli_command *c = program->commands; c->name != NULL; c++) {
        if (strncmp(c->name, word, size) == 0 && c->name[size] == ' ') {
            return true;
        }
    }
    return false;
}

static enum ng_err unknown_command(const struct cli_parse *c)
{
    const struct cli_scan *s = &c->scan;
    if (s->word_count == 0) {
        (void)err_set(NG_ERR_USAGE, _("no command is given"));
        return cli_parse_usage_end(c);
    }
    bool group = is_group(c->program, s->words[0]);
    if (group && s->word_count == 1) {
        return err_set(NG_ERR_USAGE, _("%s needs one more word; see %s %s --help"), s->words[0],
                       c->program->name, s->words[0]);
    }
    char name[80];
    (void)snprintf(name, sizeof(name), "%s%s%s", s->words[0], group ? " " : "",
                   group ? s->words[1] : "");
    const char *nearest = NULL;
    size_t best = 3;
    for (const struct cli_command *k = c->program->commands; k->name != NULL; k++) {
        cli_parse_nearer(name, k->name, &best, &nearest);
    }
    if (nearest != NULL) {
        (void)err_set(NG_ERR_USAGE, _("unknown command \"%s\" (did you mean \"%s\"?)"), name,
                      nearest);
    } else {
        (void)err_set(NG_ERR_USAGE, _("unknown command \"%s\""), name);
    }
    return cli_parse_usage_end(c);
}

/* Two words are tried first: "log show" wins over "log". */
static const struct cli_command *find_command(const struct cli_program *program,
                                              const struct cli_scan *s)
{
    char two[80] = "";
    if (s->word_count == 2) {
        (void)snprintf(two, sizeof(two), "%s %s", s->words[0], s->words[1]);
    }
    const struct cli_command *one_word = NULL;
    for (const struct cli_command *c = program->commands; c->name != NULL; c++) {
        if (strcmp(c->name, two) == 0) {
            return c;
        }
        if (s->word_count > 0 && strcmp(c->name, s->words[0]) == 0) {
            one_word = c;
        }
    }
    return one_word;
}

/* The folder when --data is not given, into a new string. */
static enum ng_err default_data(const struct cli_program *program, char **ret_data)
{
    const char *wish = getenv("NGANAM_DATA");
    if (wish != NULL && wish[0] != '\0') {
        *ret_data = strdup(wish);
        return *ret_data != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "--data");
    }
    char *system_wide = file_join("/var/lib/nganam", program->data_name);
    if (system_wide == NULL) {
        return err_set(NG_ERR_NOMEM, "--data");
    }
    if (geteuid() == 0 || file_exists(system_wide)) {
        *ret_data = system_wide;
        return NG_OK;
    }
    free(system_wide);
    const char *user_data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    bool xdg = user_data != NULL && user_data[0] == '/';
    if (!xdg && (home == NULL || home[0] != '/')) {
        return err_set(NG_ERR_USAGE, _("where the data is kept is not known; give --data DIR"));
    }
    if (asprintf(ret_data, "%s%s/nganam/%s", xdg ? user_data : home, xdg ? "" : "/.local/share",
                 program->data_name) < 0) {
        return err_set(NG_ERR_NOMEM, "--data");
    }
    return NG_OK;
}

static enum ng_err print_help(const struct cli_parse *c)
{
    struct buf page = BUF_INIT(HELP_SIZE_MAX);
    const char *group = c->scan.word_count > 0 ? c->scan.words[0] : NULL;
    enum ng_err err = c->command != NULL
                          ? cli_help_command(&page, c->program, c->command, cli_parse_common)
                          : cli_help_program(&page, c->program, cli_parse_common, group);
    if (err == NG_OK) {
        (void)fputs(buf_text(&page), stdout);
    }
    buf_fini(&page);
    return err;
}

static enum ng_err run_command(struct cli_parse *c)
{
    char *data = NULL;
    enum ng_err err = NG_OK;
    size_t size = c->command->options_size;
    c->options = calloc(1, size > sizeof(*c->options) ? size : sizeof(*c->options));
    c->arguments = calloc((size_t)c->argc + 1, sizeof(*c->arguments));
    if (c->options == NULL || c->arguments == NULL) {
        err = err_set(NG_ERR_NOMEM, "%s", c->command->name);
        goto out;
    }
    err = cli_parse_options(c);
    if (err != NG_OK) {
        goto out;
    }
    if (c->options->help) {
        err = print_help(c);
        goto out;
    }
    if (c->options->data == NULL) {
        err = default_data(c->program, &data);
        if (err != NG_OK) {
            goto out;
        }
        c->options->data = data;
    }
    err = c->command->run(c->options, c->argument_count, c->arguments);
    if (err == NG_ERR_NOMEM && strstr(err_explain(err), c->options->data) == NULL) {
        err = err_wrap(err, "%s", c->options->data); /* there may be several on one machine */
    }
out:
    free(data);
    free(c->arguments);
    free(c->options);
    return err;
}

static enum ng_err dispatch(struct cli_parse *c)
{
    cli_parse_scan(c);
    c->command = find_command(c->program, &c->scan);
    if (c->command != NULL) {
        return run_command(c);
    }
    if (c->scan.version && c->scan.word_count == 0) {
        (void)printf("%s %s\n", c->program->name, c->program->version);
        return NG_OK;
    }
    bool no_command = c->scan.word_count == 0 ||
                      (c->scan.word_count == 1 && is_group(c->program, c->scan.words[0]));
    return c->scan.help && no_command ? print_help(c) : unknown_command(c);
}

static void print_error(const struct cli_parse *c, enum ng_err err)
{
    struct buf line = BUF_INIT(16384);
    (void)fprintf(stderr, "%s: %s\n", c->program->name, err_explain(err));
    if (c->scan.json) { /* which may find no room, and then has an error of its own */
        enum ng_err full =
            buf_printf(&line, "{\"schema\":1,\"error\":{\"code\":\"%s\",\"text\":", err_name(err));
        full = full == NG_OK ? bytes_json(&line, err_explain(err)) : full;
        if (full == NG_OK) {
            (void)printf("%s}}\n", buf_text(&line));
        }
    }
    buf_fini(&line);
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
    lang_init();
    log_init(program->name, LOG_INFO);
    struct cli_parse c = {.program = program, .argc = argc, .argv = argv};
    quiet = false;
    enum ng_err err = dispatch(&c);
    if (err != NG_OK && !quiet) {
        print_error(&c, err);
    }
    if ((fflush(stdout) != 0 || ferror(stdout)) && err == NG_OK) {
        err = err_set_errno(errno, "%s", _("standard output"));
        print_error(&c, err);
    }
    return err_exit_status(err);
}
