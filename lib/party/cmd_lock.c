#include "party/cmd_lock.h"

#include "base/lang.h"

#include <stdio.h>

const struct cli_option cmd_lock_options[] = {
    {"new", CLI_TEXT, "FILE", N_("the new passphrase is this file's first line"),
     offsetof(struct cmd_lock, new_file), false},
    {0},
};

static enum ng_err print_json(json_t *about, bool locked)
{
    const bool failed = about == NULL ||
                        json_object_set_new(about, "locked", json_boolean(locked)) != 0 ||
                        json_dumpf(about, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0;
    json_decref(about);
    (void)printf("\n");
    return failed && ferror(stdout) == 0 ? err_set(NG_ERR_NOMEM, "JSON") : NG_OK;
}

enum ng_err cmd_lock_say(bool json, json_t *about, const char *whose, bool locked,
                         const char *forgotten)
{
    if (json) {
        return print_json(about, locked);
    }
    json_decref(about);
    if (locked) {
        (void)printf(_("The keys of %s are locked with the passphrase. %s\n"), whose, forgotten);
    } else {
        (void)printf(_("The keys of %s are no longer locked.\n"), whose);
    }
    return NG_OK;
}
