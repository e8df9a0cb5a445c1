/* nganam-broker passphrase set and remove: the log's key and the socket's under one passphrase. */
#include "base/file.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/home.h"
#include "ledger/ledger_keyfile.h"
#include "party/cmd_lock.h"

#include <stdlib.h>

static enum ng_err change(const char *folder, bool lock, const char *new_file)
{
    char *log = file_join(folder, "log.key");
    char *curve = file_join(folder, HOME_CURVE);
    enum ng_err err = log == NULL || curve == NULL ? err_set(NG_ERR_NOMEM, "path") : NG_OK;
    if (err == NG_OK) {
        const struct secret_file files[] = {ledger_keyfile_secret(log), home_curve_secret(curve)};
        err = secret_lock(files, 2, lock, new_file);
    }
    free(curve);
    free(log);
    return err == NG_ERR_NOT_FOUND
               ? err_set(err, _("%s holds no broker: run nganam-broker init first"), folder)
               : err;
}

static enum ng_err run(const struct cmd_lock *o, bool lock)
{
    const char *folder = o->common.data;
    int held = -1;
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = home_lock(folder, &held);
    }
    if (err == NG_ERR_BUSY) {
        err = err_set(err, _("a broker runs on %s: stop it first"), folder);
    }
    if (err == NG_OK) {
        err = change(folder, lock, o->new_file);
    }
    file_unlock(&held);
    return err == NG_OK
               ? cmd_lock_say(o->common.json, json_pack("{s:i}", "schema", 1), folder, lock,
                              _("Whoever forgets it has lost the log's key, and with it the log: "
                                "keep it in a safe, apart from the backups."))
               : err;
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
