/* The two passes over a command line; for cli.c alone. */
#ifndef NGANAM_BASE_CLI_PARSE_H
#define NGANAM_BASE_CLI_PARSE_H

#include "base/cli.h"

/* What the first pass finds. */
struct cli_scan {
    const char *words[2];
    size_t word_count;
    bool help;
    bool version;
    bool json;
};

struct cli_parse {
    const struct cli_program *program;
    const struct cli_command *command; /* NULL until the scan's words have found it */
    int argc;
    char **argv;
    struct cli_scan scan;
    struct cli_common *options; /* the command's struct, which begins with it */
    uint64_t given;             /* bit per option of the command's own table */
    char **arguments;           /* room for argc + 1; ends with NULL */
    int argument_count;
};

/* The options of every command. */
extern const struct cli_option cli_parse_common[];

/* First pass: fills scan, and chooses the language if a known one is asked for. */
void cli_parse_scan(struct cli_parse *c);

/* Second pass: fills options and arguments by the command's tables, and checks that what is needed
 * is there, unless --help is. NG_ERR_USAGE. */
enum ng_err cli_parse_options(struct cli_parse *c) NG_MUST_USE;

/* Ends the detail of a usage error with the way to the help; gives NG_ERR_USAGE. */
enum ng_err cli_parse_usage_end(const struct cli_parse *c) NG_MUST_USE;

/* Keeps the candidate if it is nearer to the wrong word than *best changes. */
void cli_parse_nearer(const char *wrong, const char *candidate, size_t *best,
                      const char **ret_nearest);

#endif
