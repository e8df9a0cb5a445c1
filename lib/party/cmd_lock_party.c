/* passphrase set and remove of a party; apart from what the broker has of it, who is none. */
#include "base/lang.h"
#include "party/cmd_lock.h"
#include "party/identity_lock.h"

static enum ng_err run(const struct cmd_lock *o, bool lock)
{
    struct identity id = {.epoch = 0};
    enum ng_err err = identity_lock(o->common.data, lock, o->new_file, &id);
    if (err == NG_ERR_BUSY) {
        return err_set(err, _("%s: a program is running on this folder: stop it first"),
                       o->common.data);
    }
    if (err == NG_OK) {
        json_t *about = json_pack("{s:i, s:s, s:i}", "schema", 1, "unit", id.party.text, "epoch",
                                  (int)id.epoch);
        err = cmd_lock_say(o->common.json, about, id.party.text, lock,
                           _("Whoever forgets it needs a new slip."));
    }
    identity_wipe(&id);
    return err;
}

enum ng_err cmd_lock_party_set_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run(options, true);
}

enum ng_err cmd_lock_party_remove_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return run(options, false);
}
