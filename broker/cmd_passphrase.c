/* nganam-broker passphrase set and remove: the log's key and the socket's under one passphrase. */
#include "base/file.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/home.h"
#include "ledger/ledger_keyfile.h"
#include "party/cmd_lock.h"

#include <stdlib.h>

/* The first says whether the passphrase is the right one. A change of the log's key leaves two more
 * for a while; one of them under another passphrase would keep the broker from starting. */
static const struct {
    const char *name;
    struct secret_file (*secret)(const char *path);
    bool optional;
} keys[] = {{"log.key", ledger_keyfile_secret, false},
            {"log.key.new", ledger_keyfile_secret, true},
            {"log.key.old", ledger_keyfile_secret, true},
            {HOME_CURVE, home_curve_secret, false}};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
_Static_assert(KEYS <= SECRET_FILES_MAX, "all at once");

static enum ng_err change(const char *folder, bool lock, const char *new_file)
{
    char *paths[KEYS] = {NULL};
    struct secret_file files[KEYS];
    size_t count = 0;
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && i < KEYS; i++) {
        paths[i] = file_join(folder, keys[i].name);
        if (paths[i] == NULL) {
            err = err_set(NG_ERR_NOMEM, "path");
        } else if (!keys[i].optional || file_exists(paths[i])) {
            files[count++] = keys[i].secret(paths[i]);
        }
    }
    if (err == NG_OK) {
        err = secret_lock(files, count, lock, new_file);
    }
    for (size_t i = 0; i < KEYS; i++) {
        free(paths[i]);
    }
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
