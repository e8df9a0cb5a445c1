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
#include "base/check.h"
#include "base/cli_help.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/near.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTIONS_MAX = 64, HELP_SIZE_MAX = 1 << 20 };

static const struct cli_option common_options[] = {
    {"data", CLI_TEXT, "DIR", N_("folder that keeps this program's data"),
     offsetof(struct cli_common, data), false},
    {"json", CLI_FLAG, NULL, N_("print one JSON document instead of text for people"),
     offsetof(struct cli_common, json), false},
    {"lang", CLI_TEXT, "LANG", N_("language of the texts: vi or en"),
     offsetof(struct cli_common, lang), false},
    {"help", CLI_FLAG, NULL, N_("print this page"), offsetof(struct cli_common, help), false},
    {0},
};

/* What the first pass finds. */
struct scan {
    const char *words[2];
    size_t word_count;
    bool help;
    bool version;
    bool json;
};

struct cli {
    const struct cli_program *program;
    const struct cli_command *command;
    int argc;
    char **argv;
    struct scan scan;
    struct cli_common *options; /* the command's struct, which begins with it */
    uint64_t given;             /* bit per option of the command's own table */
    char **arguments;           /* NULL-terminated */
    int argument_count;
};

static _Thread_local bool quiet;

enum ng_err cli_quiet(enum ng_err err)
{
    quiet = true;
    return err;
}

/* An argument that looks like an option. "-" alone is stdin. */
static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != '\0';
}

static const struct cli_option *find_in(const struct cli_option *table, const char *name,
                                        size_t size)
{
    for (const struct cli_option *o = table; o != NULL && o->name != NULL; o++) {
        if (strlen(o->name) == size && memcmp(o->name, name, size) == 0) {
            return o;
        }
    }
    return NULL;
}

static const struct cli_option *find_anywhere(const struct cli_program *program, const char *name,
                                              size_t size)
{
    const struct cli_option *found = find_in(common_options, name, size);
    for (const struct cli_command *c = program->commands; found == NULL && c->name != NULL; c++) {
        found = find_in(c->options, name, size);
    }
    return found;
}

static void scan_words(struct cli *c)
{
    bool ended = false;
    for (int i = 1; i < c->argc; i++) {
        const char *arg = c->argv[i];
        if (!ended && strcmp(arg, "--") == 0) {
            ended = true;
        } else if (ended || !is_option(arg)) {
            if (c->scan.word_count < 2) {
                c->scan.words[c->scan.word_count++] = arg;
            }
        } else if (strcmp(arg, "--version") == 0) {
            c->scan.version = true;
        } else if (strcmp(arg, "--help") == 0) {
            c->scan.help = true;
        } else if (strncmp(arg, "--", 2) == 0) {
            const char *name = arg + 2;
            size_t size = strcspn(name, "=");
            const struct cli_option *o = find_anywhere(c->program, name, size);
            bool takes_next = o != NULL && o->kind != CLI_FLAG && name[size] == '\0';
            const char *value = takes_next ? c->argv[++i] : name + size + (name[size] == '=');
            c->scan.json = c->scan.json || strcmp(arg, "--json") == 0;
            if (value == NULL) {
                return; /* the parse says what is missing */
            }
            if (o != NULL && strcmp(o->name, "lang") == 0) {
                (void)lang_set(value); /* the parse refuses a wrong one */
            }
        }
    }
}

static void nearer(const char *wrong, const char *candidate, size_t *best, const char **ret_nearest)
{
    size_t d = near_distance(wrong, candidate);
    if (d < *best) {
        *best = d;
        *ret_nearest = candidate;
    }
}

/* Ends a usage error with the way out. */
static enum ng_err usage_end(const struct cli *c)
{
    char text[900];
    (void)snprintf(text, sizeof(text), "%s", err_detail());
    const char *command = c->command != NULL ? c->command->name : "";
    return err_set(NG_ERR_USAGE, _("%s; see %s%s%s --help"), text, c->program->name,
                   command[0] != '\0' ? " " : "", command);
}

static enum ng_err unknown_option(const struct cli *c, const char *arg)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg, "="), arg);
    const char *nearest = NULL;
    size_t best = 3;
    const char *bare = name + strspn(name, "-");
    for (const struct cli_option *o = common_options; o->name != NULL; o++) {
        nearer(bare, o->name, &best, &nearest);
    }
    for (const struct cli_option *o = c->command->options; o != NULL && o->name != NULL; o++) {
        nearer(bare, o->name, &best, &nearest);
    }
    if (name[1] >= '0' && name[1] <= '9') {
        (void)err_set(NG_ERR_USAGE, _("unknown option %s; put -- before a negative number"), name);
    } else if (nearest != NULL) {
        (void)err_set(NG_ERR_USAGE, _("unknown option %s (did you mean --%s?)"), name, nearest);
    } else {
        (void)err_set(NG_ERR_USAGE, _("unknown option %s"), name);
    }
    return usage_end(c);
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

static enum ng_err unknown_command(const struct cli *c)
{
    const struct scan *s = &c->scan;
    if (s->word_count == 0) {
        (void)err_set(NG_ERR_USAGE, _("no command is given"));
        return usage_end(c);
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
        nearer(name, k->name, &best, &nearest);
    }
    if (nearest != NULL) {
        (void)err_set(NG_ERR_USAGE, _("unknown command \"%s\" (did you mean \"%s\"?)"), name,
                      nearest);
    } else {
        (void)err_set(NG_ERR_USAGE, _("unknown command \"%s\""), name);
    }
    return usage_end(c);
}

/* Two words are tried first: "log show" wins over "log". */
static const struct cli_command *find_command(const struct cli_program *program,
                                              const struct scan *s)
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

static enum ng_err parse_count(const struct cli *c, const char *name, const char *value,
                               uint64_t *ret_count)
{
    uint64_t count = 0;
    bool good = value[0] != '\0';
    for (const char *p = value; good && *p != '\0'; p++) {
        unsigned digit = (unsigned)(*p - '0');
        good = *p >= '0' && *p <= '9' && count <= (UINT64_MAX - digit) / 10;
        count = count * 10 + digit;
    }
    if (!good) {
        (void)err_set(NG_ERR_USAGE, _("--%s needs a whole number, not \"%.40s\""), name, value);
        return usage_end(c);
    }
    *ret_count = count;
    return NG_OK;
}

/* Puts one option's value into its field; value is NULL for a flag. */
static enum ng_err store_option(struct cli *c, const struct cli_option *o, const char *value,
                                bool again)
{
    char *field = (char *)c->options + o->offset;
    struct cli_list *list = (void *)field;
    if (again && (o->kind == CLI_TEXT || o->kind == CLI_COUNT)) {
        (void)err_set(NG_ERR_USAGE, _("--%s is given twice"), o->name);
        return usage_end(c);
    }
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)(void *)field = true;
        return NG_OK;
    case CLI_TEXT:
        *(const char **)(void *)field = value;
        return NG_OK;
    case CLI_COUNT:
        return parse_count(c, o->name, value, (uint64_t *)(void *)field);
    case CLI_LIST:
        if (list->count == CLI_LIST_MAX) {
            (void)err_set(NG_ERR_USAGE, _("--%s is given more than %d times"), o->name,
                          CLI_LIST_MAX);
            return usage_end(c);
        }
        list->items[list->count++] = value;
        return NG_OK;
    }
    CHECK(!"an option kind of the table");
    return NG_ERR_USAGE;
}

/* True if the bit was set before; sets it. */
static bool note_given(uint64_t *set, size_t index)
{
    CHECK(index < OPTIONS_MAX);
    bool before = (*set >> index & 1U) != 0;
    *set |= UINT64_C(1) << index;
    return before;
}

static enum ng_err parse_option(struct cli *c, int *i, uint64_t *common_given)
{
    const char *arg = c->argv[*i];
    const char *name = arg + 2;
    size_t size = arg[1] == '-' ? strcspn(name, "=") : 0;
    const struct cli_option *own = find_in(c->command->options, name, size);
    const struct cli_option *o = own != NULL ? own : find_in(common_options, name, size);
    if (o == NULL) {
        return unknown_option(c, arg);
    }
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    if (o->kind == CLI_FLAG && value != NULL) {
        (void)err_set(NG_ERR_USAGE, _("--%s takes no value"), o->name);
        return usage_end(c);
    }
    if (o->kind != CLI_FLAG && value == NULL) {
        value = c->argv[*i + 1];
        if (value == NULL || strcmp(value, "--") == 0) {
            (void)err_set(NG_ERR_USAGE, _("--%s needs a value: %s"), o->name, o->argument);
            return usage_end(c);
        }
        (*i)++;
    }
    bool again = own != NULL ? note_given(&c->given, (size_t)(own - c->command->options))
                             : note_given(common_given, (size_t)(o - common_options));
    return store_option(c, o, value, again);
}

static enum ng_err check_given(const struct cli *c)
{
    const struct cli_option *options = c->command->options;
    for (size_t i = 0; options != NULL && options[i].name != NULL; i++) {
        if (options[i].required && (c->given >> i & 1U) == 0) {
            (void)err_set(NG_ERR_USAGE, _("--%s %s is needed"), options[i].name,
                          options[i].argument);
            return usage_end(c);
        }
    }
    if (c->options->lang != NULL && !lang_set(c->options->lang)) {
        (void)err_set(NG_ERR_USAGE, _("--lang is vi or en, not \"%.40s\""), c->options->lang);
        return usage_end(c);
    }
    const char *arguments = c->command->arguments != NULL ? c->command->arguments : "";
    if (c->argument_count < c->command->arguments_min) {
        (void)err_set(NG_ERR_USAGE, _("something is missing: %s %s %s"), c->program->name,
                      c->command->name, arguments);
        return usage_end(c);
    }
    int most = c->command->arguments_max;
    if (most >= 0 && c->argument_count > most) {
        (void)err_set(NG_ERR_USAGE, _("\"%.80s\" is one argument too many"), c->arguments[most]);
        return usage_end(c);
    }
    return NG_OK;
}

/* Second pass: everything into the options struct and the argument list. */
static enum ng_err parse(struct cli *c)
{
    bool ended = false;
    uint64_t common_given = 0;
    int words_left = strchr(c->command->name, ' ') != NULL ? 2 : 1;
    for (int i = 1; i < c->argc; i++) {
        char *arg = c->argv[i];
        enum ng_err err = NG_OK;
        if (!ended && strcmp(arg, "--") == 0) {
            ended = true;
        } else if (!ended && is_option(arg)) {
            err = parse_option(c, &i, &common_given);
        } else if (words_left > 0) {
            words_left--;
        } else {
            c->arguments[c->argument_count++] = arg;
        }
        if (err != NG_OK) {
            return err;
        }
    }
    return c->options->help ? NG_OK : check_given(c);
}

/* The folder when --data is not given (DESIGN §8), into a new string. */
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

static enum ng_err print_help(const struct cli *c)
{
    struct buf page = BUF_INIT(HELP_SIZE_MAX);
    const char *group = c->scan.word_count > 0 ? c->scan.words[0] : NULL;
    enum ng_err err = c->command != NULL
                          ? cli_help_command(&page, c->program, c->command, common_options)
                          : cli_help_program(&page, c->program, common_options, group);
    if (err == NG_OK) {
        (void)fputs(buf_text(&page), stdout);
    }
    buf_fini(&page);
    return err;
}

static enum ng_err run_command(struct cli *c)
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
    err = parse(c);
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
out:
    free(data);
    free(c->arguments);
    free(c->options);
    return err;
}

static enum ng_err dispatch(struct cli *c)
{
    scan_words(c);
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

static void print_error(const struct cli *c, enum ng_err err)
{
    struct buf line = BUF_INIT(16384);
    if (c->scan.json) {
        enum ng_err full =
            buf_printf(&line, "{\"schema\":1,\"error\":{\"code\":\"%s\",\"text\":", err_name(err));
        full = full == NG_OK ? bytes_json(&line, err_explain(err)) : full;
        if (full == NG_OK) {
            (void)printf("%s}}\n", buf_text(&line));
        }
    }
    buf_fini(&line);
    (void)fprintf(stderr, "%s: %s\n", c->program->name, err_explain(err));
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
    lang_init();
    log_init(program->name, LOG_INFO);
    struct cli c = {.program = program, .argc = argc, .argv = argv};
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
