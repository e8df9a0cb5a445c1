/* The --help pages, made from the same tables as the parser; for cli.c alone. */
#ifndef NGANAM_BASE_CLI_HELP_H
#define NGANAM_BASE_CLI_HELP_H

#include "base/buf.h"
#include "base/cli.h"

/* All commands, or with a group ("log") those whose name begins with that word. Appends. */
enum ng_err cli_help_program(struct buf *to, const struct cli_program *program,
                             const struct cli_option *common, const char *group) NG_MUST_USE;

/* Usage, what the command does, its options and the common ones. Appends. */
enum ng_err cli_help_command(struct buf *to, const struct cli_program *program,
                             const struct cli_command *command,
                             const struct cli_option *common) NG_MUST_USE;

#endif
