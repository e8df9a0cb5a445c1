#include "store/store_disk.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SPACE_LEAST (UINT64_C(1) << 20) /* less than this is a full disk */
#define AHEAD_BYTES 262144              /* the file grows by so much */

bool store_disk_is_full(const struct store *s, size_t txn_id)
{
    MDB_envinfo info = {0};
    struct statvfs disk;
    return mdb_env_info(s->mdb, &info) == MDB_SUCCESS && info.me_last_txnid < txn_id &&
           fstatvfs(s->second_fd, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize < SPACE_LEAST && fdatasync(s->second_fd) == 0;
}

void store_disk_write_ahead(const struct store *s)
{
    static const uint8_t zeros[AHEAD_BYTES];
    MDB_envinfo info = {0};
    MDB_stat stat = {0};
    struct stat st;
    if (mdb_env_info(s->mdb, &info) != MDB_SUCCESS || mdb_env_stat(s->mdb, &stat) != MDB_SUCCESS ||
        fstat(s->second_fd, &st) != 0) {
        return;
    }
    const off_t used = (off_t)(info.me_last_pgno + 1) * (off_t)stat.ms_psize;
    if (st.st_size - used < AHEAD_BYTES / 4) {
        (void)!pwrite(s->second_fd, zeros, sizeof(zeros), st.st_size);
    }
}
