/* The identity file is replaced as a whole, so an interruption leaves it locked or not. Keys that
 * are on their way (identity.new) could be left behind readable, or under another passphrase than
 * the rest; so what is on its way is ended first, and what was left over is removed. */
#include "party/identity_lock.h"

#include "base/file.h"
#include "base/lang.h"
#include "ledger/passphrase.h"
#include "party/enrol_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum ng_err remove_pending(const char *folder)
{
    char *path = file_join(folder, IDENTITY_PENDING);
    enum ng_err e = path ? NG_OK : err_plain(NG_ERR_NOMEM);
    if (!e && unlink(path) != 0 && errno != ENOENT) {
        e = err_set_errno(errno, "%s", path);
    }
    free(path);
    return e ? e : file_sync_folder(folder);
}

/* Nothing was sent with the keys of epoch 0, and those of the present epoch are the present ones.
 */
static enum ng_err settle_pending(const char *folder, const struct identity *id)
{
    struct identity pending = {0};
    const enum ng_err e = identity_load_as(folder, IDENTITY_PENDING, &pending);
    const bool idle = !e && (pending.epoch == 0 || pending.epoch == id->epoch);
    identity_wipe(&pending);
    if (e == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    if (e == NG_ERR_CORRUPT || idle) {
        return remove_pending(folder);
    }
    return e ? e
             : err_set(NG_ERR_REFUSED,
                       _("an enrolment or a rotation of this folder was interrupted: run it again "
                         "first"));
}

static enum ng_err lock_keys(const char *folder, bool lock, const char *new_file,
                             struct identity *id)
{
    enum ng_err e = settle_pending(folder, id);
    if (!e && !lock && !id->locked) {
        return err_set(NG_ERR_REFUSED, _("%s: these keys have no passphrase"), folder);
    }
    if (!e && lock) {
        e = passphrase_choose(PASSPHRASE_MACHINE, new_file);
    }
    id->locked = lock;
    return e ? e : identity_save(folder, id);
}

enum ng_err identity_lock(const char *folder, bool lock, const char *new_file, struct identity *ret)
{
    struct identity id = {0};
    int held = -1;
    enum ng_err e = key_init();
    if (!e) {
        e = identity_load(folder, &id);
    }
    if (!e) {
        e = enrol_lock(folder, &held);
    }
    if (!e) {
        e = lock_keys(folder, lock, new_file, &id);
    }
    if (!e) {
        *ret = id;
    }
    file_unlock(&held);
    identity_wipe(&id);
    return e;
}
