#include "base/file.h"
#include "base/lang.h"
#include "store/store_env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* mdb_env_copy2 leaves its file to the page cache and the umask. */
static enum ng_err settle_copy(const char *data)
{
    if (chmod(data, 0600) != 0) {
        return err_set_errno(errno, "%s", data);
    }
    int fd = open(data, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(errno, "%s", data);
    }
    enum ng_err err = fsync(fd) != 0 ? err_set_errno(errno, "%s", data) : NG_OK;
    close(fd);
    return err;
}

enum ng_err store_copy(struct store *s, const char *folder)
{
    enum ng_err err = file_make_folder(folder);
    if (err != NG_OK) {
        return err;
    }
    char *data = file_join(folder, "data.mdb");
    if (data == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", folder);
    }
    struct store_gate_guest guest; /* LMDB reads in a transaction of its own */
    store_gate_enter(&s->gate, &guest);
    int code = STORE_ENV_CALL(s, mdb_env_copy2(s->mdb, folder, MDB_CP_COMPACT));
    store_gate_leave(&s->gate, &guest);
    err = store_env_error(s, code, N_("copy"));
    err = err == NG_OK ? settle_copy(data) : err_wrap(err, "%s", folder);
    err = err == NG_OK ? file_sync_folder(folder) : err;
    free(data);
    return err;
}
