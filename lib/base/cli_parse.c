#include "base/cli_parse.h"

#include "base/check.h"
#include "base/cli_words.h"
#include "base/lang.h"
#include "base/near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 64 };

const struct cli_option cli_parse_common[] = {
    {"data", CLI_TEXT, "DIR", N_("folder that keeps this program's data"),
     offsetof(struct cli_common, data), false},
    {"json", CLI_FLAG, NULL, N_("print one JSON document instead of text for people"),
     offsetof(struct cli_common, json), false},
    {"lang", CLI_TEXT, "LANG", N_("language of the texts: vi or en"),
     offsetof(struct cli_common, lang), false},
    {"passphrase-file", CLI_TEXT, "FILE",
     N_("the passphrase of locked keys is this file's first line"),
     offsetof(struct cli_common, passphrase_file), false},
    {"help", CLI_FLAG, NULL, N_("print this page"), offsetof(struct cli_common, help), false},
    {0},
};

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
    const struct cli_option *found = find_in(cli_parse_common, name, size);
    for (const struct cli_command *c = program->commands; found == NULL && c->name != NULL; c++) {
        found = find_in(c->options, name, size);
    }
    return found;
}

void cli_parse_scan(struct cli_parse *c)
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

void cli_parse_nearer(const char *wrong, const char *candidate, size_t *best,
                      const char **ret_nearest)
{
    size_t d = near_distance(wrong, candidate);
    if (d < *best) {
        *best = d;
        *ret_nearest = candidate;
    }
}

/* Ends a usage error with the way out. */
enum ng_err cli_parse_usage_end(const struct cli_parse *c)
{
    char text[900];
    (void)snprintf(text, sizeof(text), "%s", err_detail());
    const char *command = c->command != NULL ? c->command->name : "";
    return err_set(NG_ERR_USAGE, _("%s; see %s%s%s --help"), text, c->program->name,
                   command[0] != '\0' ? " " : "", command);
}

static enum ng_err unknown_option(const struct cli_parse *c, const char *arg)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg, "="), arg);
    const char *nearest = NULL;
    size_t best = 3;
    const char *bare = name + strspn(name, "-");
    for (const struct cli_option *o = cli_parse_common; o->name != NULL; o++) {
        cli_parse_nearer(bare, o->name, &best, &nearest);
    }
    for (const struct cli_option *o = c->command->options; o != NULL && o->name != NULL; o++) {
        cli_parse_nearer(bare, o->name, &best, &nearest);
    }
    if (name[1] >= '0' && name[1] <= '9') {
        (void)err_set(NG_ERR_USAGE, _("unknown option %s; put -- before a negative number"), name);
    } else if (nearest != NULL) {
        (void)err_set(NG_ERR_USAGE, _("unknown option %s (did you mean --%s?)"), name, nearest);
    } else {
        (void)err_set(NG_ERR_USAGE, _("unknown option %s"), name);
    }
    return cli_parse_usage_end(c);
}

static enum ng_err parse_count(const struct cli_parse *c, const char *name, const char *value,
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
        return cli_parse_usage_end(c);
    }
    *ret_count = count;
    return NG_OK;
}

/* Puts one option's value into its field; value is NULL for a flag. */
static enum ng_err store_option(struct cli_parse *c, const struct cli_option *o, const char *value,
                                bool again)
{
    char *field = (char *)c->options + o->offset;
    struct cli_list *list = (void *)field;
    if (again && (o->kind == CLI_TEXT || o->kind == CLI_COUNT)) {
        (void)err_set(NG_ERR_USAGE, _("--%s is given twice"), o->name);
        return cli_parse_usage_end(c);
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
            return cli_parse_usage_end(c);
        }
        list->items[list->count++] = value;
        return NG_OK;
    }
    bool kind_is_known = false;
    CHECK(kind_is_known);
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

static enum ng_err parse_option(struct cli_parse *c, int *i, uint64_t *common_given)
{
    const char *arg = c->argv[*i];
    const char *name = arg + 2;
    size_t size = arg[1] == '-' ? strcspn(name, "=") : 0;
    const struct cli_option *own = find_in(c->command->options, name, size);
    const struct cli_option *o = own != NULL ? own : find_in(cli_parse_common, name, size);
    if (o == NULL) {
        return unknown_option(c, arg);
    }
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    if (o->kind == CLI_FLAG && value != NULL) {
        (void)err_set(NG_ERR_USAGE, _("--%s takes no value"), o->name);
        return cli_parse_usage_end(c);
    }
    if (o->kind != CLI_FLAG && value == NULL) {
        value = c->argv[*i + 1];
        if (value == NULL || strcmp(value, "--") == 0) {
            char argument[CLI_WORDS_SIZE];
            cli_words(o->argument, argument);
            (void)err_set(NG_ERR_USAGE, _("--%s needs a value: %s"), o->name, argument);
            return cli_parse_usage_end(c);
        }
        (*i)++;
    }
    bool again = own != NULL ? note_given(&c->given, (size_t)(own - c->command->options))
                             : note_given(common_given, (size_t)(o - cli_parse_common));
    return store_option(c, o, value, again);
}

static enum ng_err check_given(const struct cli_parse *c)
{
    const struct cli_option *options = c->command->options;
    for (size_t i = 0; options != NULL && options[i].name != NULL; i++) {
        if (options[i].required && (c->given >> i & 1U) == 0) {
            char argument[CLI_WORDS_SIZE];
            cli_words(options[i].argument, argument);
            (void)err_set(NG_ERR_USAGE, _("--%s %s is needed"), options[i].name, argument);
            return cli_parse_usage_end(c);
        }
    }
    if (c->options->lang != NULL && !lang_set(c->options->lang)) {
        (void)err_set(NG_ERR_USAGE, _("--lang is vi or en, not \"%.40s\""), c->options->lang);
        return cli_parse_usage_end(c);
    }
    if (c->options->passphrase_file != NULL &&
        setenv("NGANAM_PASSPHRASE_FILE", c->options->passphrase_file, 1) != 0) {
        return err_set(NG_ERR_NOMEM, "--passphrase-file");
    }
    if (c->argument_count < c->command->arguments_min) {
        char arguments[CLI_WORDS_SIZE];
        cli_words(c->command->arguments != NULL ? c->command->arguments : "", arguments);
        (void)err_set(NG_ERR_USAGE, _("something is missing: %s %s %s"), c->program->name,
                      c->command->name, arguments);
        return cli_parse_usage_end(c);
    }
    int most = c->command->arguments_max;
    if (most >= 0 && c->argument_count > most) {
        (void)err_set(NG_ERR_USAGE, _("\"%.80s\" is one argument too many"), c->arguments[most]);
        return cli_parse_usage_end(c);
    }
    return NG_OK;
}

/* Second pass: everything into the options struct and the argument list. */
enum ng_err cli_parse_options(struct cli_parse *c)
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
