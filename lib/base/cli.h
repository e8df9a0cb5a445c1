/* Command lines in the manner of git: one table of sub-commands, one table of options each;
 * options in any order, "--" ends them; --help and --lang everywhere; errors in one line with the
 * way out, exit status 2. */
#ifndef NGANAM_BASE_CLI_H
#define NGANAM_BASE_CLI_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_kind {
    CLI_FLAG, /* bool: set true */
    CLI_TEXT, /* const char *: borrowed from argv; given once */
    CLI_LIST, /* struct cli_list: may be given again */
    CLI_COUNT /* uint64_t, decimal */
};

#define CLI_LIST_MAX 32
struct cli_list {
    const char *items[CLI_LIST_MAX];
    size_t count;
};

struct cli_option {
    const char *name; /* without dashes; NULL ends the table */
    enum cli_kind kind;
    const char *argument; /* "DIR", or NULL for a flag */
    const char *help;     /* N_() */
    size_t offset;        /* of the field in the command's options struct */
    bool required;
};

/* What every command takes; first member of each command's own options struct, which may have 64
 * options of its own. CLI_TEXT and CLI_COUNT not given stay NULL and 0. */
struct cli_common {
    const char *data; /* --data DIR, resolved: never NULL when a command runs */
    bool json;        /* --json */
    const char *lang;
    const char *passphrase_file; /* stands for NGANAM_PASSPHRASE_FILE, which is set to it */
    bool help;
};

struct cli_command {
    const char *name;                 /* "report" or "log show"; NULL ends the table */
    const char *arguments;            /* "CODE FIELD=VALUE…", for the usage line */
    const char *summary;              /* N_(), one line */
    const char *help;                 /* N_(), more, may be NULL */
    const struct cli_option *options; /* beside the common ones; may be NULL */
    size_t options_size;              /* sizeof the options struct, zeroed before parsing */
    int arguments_min, arguments_max; /* −1: any number */
    /* options points to the struct; returns an error whose detail is printed, once, by cli_main. */
    enum ng_err (*run)(void *options, int argc, char **argv);
};

struct cli_program {
    const char *name;    /* "nganam-agent" */
    const char *summary; /* N_() */
    const char *version;
    const char
        *data_name; /* "agent": default folder under /var/lib/nganam or the user's data folder */
    const struct cli_command *commands;
};

/* Chooses the language (lang_init), starts the log (log_init), parses, runs, prints the one error
 * line, returns the exit status: main's only statement. With --json an error is also one JSON
 * document on stdout: {"schema":1,"error":{"code","text"}}. Output that cannot be written (a full
 * disk) is an error too. A command's words count as given wherever they stand among the options. */
int cli_main(const struct cli_program *program, int argc, char **argv);

/* An outcome that is no error but is not success either (nothing found, a check that said no): the
 * command has printed its answer itself and cli_main prints nothing more. */
enum ng_err cli_quiet(enum ng_err err);

#endif
