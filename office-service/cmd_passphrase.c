/* nganam-office passphrase set|remove: the keys of this folder under a passphrase, or not. */
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/say.h"
#include "party/identity_lock.h"

#include <stdio.h>

static enum ng_err run(const struct cmd_passphrase *o, bool lock)
{
    struct identity id = {.epoch = 0};
    enum ng_err err = identity_lock(o->common.data, lock, o->new_file, &id);
    if (err == NG_ERR_BUSY) {
        return err_set(err, _("%s: another nganam-office is running on this folder: stop it first"),
                       o->common.data);
    }
    if (err == NG_OK && o->common.json) {
        err = say_json(json_pack("{s:i, s:s, s:i, s:b}", "schema", 1, "unit", id.party.text,
                                 "epoch", (int)id.epoch, "locked", lock));
    } else if (err == NG_OK) {
        (void)printf(lock ? _("The keys of %s are locked with the passphrase. Whoever forgets it "
                              "needs a new slip.\n")
                          : _("The keys of %s are no longer locked.\n"),
                     id.party.text);
    }
    identity_wipe(&id);
    return err;
}

enum ng_err cmd_passphrase_set_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run(options, true);
}

enum ng_err cmd_passphrase_remove_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run(options, false);
}
