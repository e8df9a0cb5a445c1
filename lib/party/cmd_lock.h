/* passphrase set and passphrase remove, as all three programs have them: their options, the command
 * itself where the keys are a party's, and what is said at the end. */
#ifndef NGANAM_PARTY_CMD_LOCK_H
#define NGANAM_PARTY_CMD_LOCK_H

#include "base/cli.h"

#include <jansson.h>

struct cmd_lock {
    struct cli_common common;
    const char *new_file; /* the new passphrase; NULL: asked on the terminal */
};
extern const struct cli_option cmd_lock_options[];

/* The keys of the party whose folder --data is. */
enum ng_err cmd_lock_party_set_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_lock_party_remove_run(void *options, int argc, char **argv) NG_MUST_USE;

/* The outcome on standard output. about: whose keys they are, for a script; taken, and NULL is
 * NG_ERR_NOMEM. whose, forgotten: for people; what it means to forget the passphrase. */
enum ng_err cmd_lock_say(bool json, json_t *about, const char *whose, bool locked,
                         const char *forgotten) NG_MUST_USE;

#endif
