#include "ledger/ledger_place.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LEDGER_PLACE_MAX = 80 };

/* "INODE SECONDS.NANOSECONDS\n". The device is left out: its number changes from mount to mount. */
static enum ng_err ledger_place_of(const char *log_folder, struct buf *to)
{
    struct statx st;
    char *path = file_join(log_folder, "data.mdb");
    enum ng_err e = path == NULL ? err_set(NG_ERR_NOMEM, "%s", log_folder) : NG_OK;
    if (e == NG_OK && statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &st) != 0) {
        e = err_set_errno(errno, "%s", path);
    }
    if (e == NG_OK) {
        const bool born = (st.stx_mask & STATX_BTIME) != 0; /* not every filesystem knows */
        e = buf_printf(to, "%llu %lld.%09u\n", (unsigned long long)st.stx_ino,
                       born ? (long long)st.stx_btime.tv_sec : 0LL,
                       born ? st.stx_btime.tv_nsec : 0U);
    }
    free(path);
    return e;
}

static enum ng_err ledger_place_note(const char *log_folder, char **ret)
{
    *ret = file_join(log_folder, "place");
    return *ret == NULL ? err_set(NG_ERR_NOMEM, "%s", log_folder) : NG_OK;
}

enum ng_err ledger_place_holds(const char *log_folder, bool *ret)
{
    struct buf now = BUF_INIT(LEDGER_PLACE_MAX);
    struct buf noted = BUF_INIT(LEDGER_PLACE_MAX);
    char *path = NULL;
    enum ng_err e = ledger_place_note(log_folder, &path);
    if (e == NG_OK) {
        e = ledger_place_of(log_folder, &now);
    }
    if (e == NG_OK) {
        e = file_read(path, &noted);
        *ret = e == NG_OK && noted.size == now.size && memcmp(noted.data, now.data, now.size) == 0;
        e = e == NG_ERR_NOT_FOUND || e == NG_ERR_LIMIT ? NG_OK : e;
    }
    buf_fini(&noted);
    buf_fini(&now);
    free(path);
    return e;
}

enum ng_err ledger_place_forget(const char *log_folder)
{
    char *path = NULL;
    enum ng_err e = ledger_place_note(log_folder, &path);
    if (e == NG_OK) {
        e = file_write(path, "", 0, 0644);
    }
    free(path);
    return e;
}

enum ng_err ledger_place_mark(const char *log_folder)
{
    struct buf now = BUF_INIT(LEDGER_PLACE_MAX);
    char *path = NULL;
    enum ng_err e = ledger_place_note(log_folder, &path);
    if (e == NG_OK) {
        e = ledger_place_of(log_folder, &now);
    }
    if (e == NG_OK) {
        e = file_write(path, now.data, now.size, 0644);
    }
    buf_fini(&now);
    free(path);
    return e;
}
