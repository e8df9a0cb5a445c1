/* Opening an LMDB environment so that neither a mistake nor a damaged file ends the process.
 *
 * Happy path: make the folder, see that this process has it not open yet, open the environment,
 * clear the slots of dead readers, then find our own table "_store" with the format and version,
 * and the caller's tables. A store without that table is new if it is empty: all tables and the
 * format are made in one transaction, so a crash leaves either nothing or a whole store.
 *
 * Possible failures: a folder that cannot be made or read; a second open in this process, refused
 * because closing one of two would drop the file locks of both (fcntl(2)); garbage in the file;
 * another format or version. A file cut short or never begun: store_file.h.
 */
#include "store/store_env.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/log.h"
#include "store/store_file.h"
#include "store/store_seal.h"
#include "store/store_sum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_BYTES_DEFAULT (UINT64_C(16) << 20)
#define MAP_BYTES_MAX_DEFAULT (UINT64_C(1) << 40)
#define MAP_BYTES_STEP UINT64_C(65536) /* a multiple of every page size */

enum { READERS_MAX = 1000, GATE_WAIT_MS = 30000, DAMAGE_SIZE_MAX = 8192 };

/* Our own table; callers' names cannot begin with "_". Its one entry: key "format", value the
 * version (4 bytes) and the format's name. */
static const char meta_table[] = "_store";
static const char meta_key[] = "format";

/* The stores this process has open. */
static pthread_mutex_t open_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct store *open_stores;

/* The store does not know whose it is, so it says what is right for everybody. */
static enum ng_err say_damage(const struct store *s, const char *doing, int code, struct buf *to)
{
    return buf_printf(
        to,
        _("%s: the stored data is damaged (%s: %s): change nothing in this folder and "
          "keep a copy of it; then restore it from a backup, or set this machine up "
          "anew in an empty folder"),
        s->path, gettext(doing), mdb_strerror(code));
}

static enum ng_err damaged(const struct store *s, const char *doing, int code)
{
    struct buf text = BUF_INIT(DAMAGE_SIZE_MAX);
    enum ng_err err = say_damage(s, doing, code, &text);
    err = err_set(NG_ERR_CORRUPT, "%s", err == NG_OK ? buf_text(&text) : s->path);
    buf_fini(&text);
    return err;
}

enum ng_err store_env_error(const struct store *s, int code, const char *doing)
{
    switch (code) {
    case MDB_SUCCESS:
        return NG_OK;
    case MDB_NOTFOUND:
        return err_plain(NG_ERR_NOT_FOUND);
    case MDB_INVALID:
        return err_set(NG_ERR_CORRUPT,
                       _("%s: data.mdb is not a data file of this program: give the right "
                         "folder (--data DIR), or put the right file back"),
                       s->path);
    case MDB_VERSION_MISMATCH:
        return err_set(NG_ERR_VERSION,
                       _("%s: data.mdb was made by another version of the store (LMDB): use the "
                         "program it was made with"),
                       s->path);
    case MDB_PANIC:
        return err_set(NG_ERR_IO,
                       _("%s: an earlier write to the disk failed; stop and start again"), s->path);
    case MDB_KEYEXIST:
        return damaged(s, doing, code);
    case MDB_BAD_VALSIZE:
        return err_set(NG_ERR_LIMIT, _("%s: a key or value is too long (%s)"), s->path,
                       gettext(doing));
    case MDB_TXN_FULL:
        return err_set(NG_ERR_LIMIT, _("%s: too much at once for one write (%s)"), s->path,
                       gettext(doing));
    case MDB_READERS_FULL:
        return err_set(NG_ERR_AGAIN,
                       _("%s: too many programs read it at once: end some, then do it again"),
                       s->path);
    case MDB_MAP_FULL:
        return err_set(NG_ERR_FULL,
                       _("%s: the data has reached its allowed maximum; nothing more can be "
                         "written: tell the people who look after this program"),
                       s->path);
    case EAGAIN: /* from LMDB's lock file */
        return err_set(NG_ERR_BUSY, _("%s: in use by another process"), s->path);
    default:
        break;
    }
    if (code > 0) {
        return err_set_errno(code, "%s: %s", s->path, gettext(doing));
    }
    /* CORRUPTED, PAGE_NOTFOUND, CURSOR_FULL, INCOMPATIBLE, BAD_TXN, BAD_RSLOT, BAD_DBI */
    return damaged(s, doing, code);
}

enum ng_err store_env_change_map(struct store *s, bool grow)
{
    if (!store_gate_close(&s->gate, GATE_WAIT_MS)) {
        return err_set(NG_ERR_BUSY, _("%s: a reader holds up the growth of the store"), s->path);
    }
    MDB_envinfo info = {0};
    uint64_t size = 0;
    int code = STORE_ENV_CALL(s, mdb_env_info(s->mdb, &info));
    if (grow && code == MDB_SUCCESS) {
        size = (uint64_t)info.me_mapsize * 2;
        size = size > s->map_bytes_max ? s->map_bytes_max : size;
        code = size <= info.me_mapsize ? MDB_MAP_FULL : MDB_SUCCESS;
    }
    if (code == MDB_SUCCESS) {
        code =
            STORE_ENV_CALL(s, mdb_env_set_mapsize(s->mdb, (size_t)size)); /* 0: as the file says */
    }
    store_gate_open(&s->gate);
    if (code == MDB_SUCCESS && grow) {
        log_event(LOG_INFO, "store_grown", "path=%s map_bytes=%llu", s->path,
                  (unsigned long long)size);
    }
    return store_env_error(s, code, N_("grow"));
}

/* LMDB found an impossible page and would abort. */
static void before_abort(MDB_env *env, const char *message)
{
    (void)message; /* a line of its source */
    const struct store *s = mdb_env_get_userctx(env);
    store_guard_end(&s->guard);
}

/* What this store would say of damage, while it can still be put into words. */
static enum ng_err keep_last_words(struct store *s)
{
    struct buf text = BUF_INIT(DAMAGE_SIZE_MAX);
    enum ng_err err = say_damage(s, N_("read"), MDB_CORRUPTED, &text);
    err = err == NG_OK ? store_guard_init(&s->guard, buf_text(&text)) : err;
    buf_fini(&text);
    return err == NG_OK ? NG_OK : err_set(err, "%s", s->path);
}

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + MAP_BYTES_STEP - 1) / MAP_BYTES_STEP * MAP_BYTES_STEP;
}

/* Enters the list of open stores, or says that it is there already. */
static enum ng_err claim(struct store *s)
{
    struct stat st;
    if (stat(s->path, &st) != 0) {
        return err_set_errno(errno, "%s", s->path);
    }
    enum ng_err err = NG_OK;
    (void)pthread_mutex_lock(&open_mutex);
    for (const struct store *o = open_stores; o != NULL; o = o->next) {
        if (o->device == st.st_dev && o->inode == st.st_ino) {
            err = err_set(NG_ERR_BUSY, _("%s: already open in this process"), s->path);
        }
    }
    if (err == NG_OK) {
        s->device = st.st_dev;
        s->inode = st.st_ino;
        s->next = open_stores;
        open_stores = s;
    }
    (void)pthread_mutex_unlock(&open_mutex);
    return err;
}

static void unclaim(const struct store *s)
{
    (void)pthread_mutex_lock(&open_mutex);
    for (struct store **link = &open_stores; *link != NULL; link = &(*link)->next) {
        if (*link == s) {
            *link = s->next;
            break;
        }
    }
    (void)pthread_mutex_unlock(&open_mutex);
}

/* Closing it gives up no lock: LMDB's are on lock.mdb. */
static enum ng_err open_second(struct store *s)
{
    char *path = file_join(s->path, "data.mdb");
    if (path == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", s->path);
    }
    s->second_fd = open(path, O_RDWR | O_CLOEXEC);
    const enum ng_err err = s->second_fd < 0 ? err_set_errno(errno, "%s", path) : NG_OK;
    free(path);
    return err;
}

static enum ng_err open_mdb(struct store *s, const struct store_config *config)
{
    uint64_t map_bytes = config->map_bytes != 0 ? config->map_bytes : MAP_BYTES_DEFAULT;
    map_bytes = round_up(map_bytes < s->map_bytes_max ? map_bytes : s->map_bytes_max);
    int code = mdb_env_create(&s->mdb);
    if (code != MDB_SUCCESS) {
        return store_env_error(s, code, N_("open"));
    }
    (void)mdb_env_set_userctx(s->mdb, s);
    (void)mdb_env_set_assert(s->mdb, before_abort);
    (void)mdb_env_set_maxdbs(s->mdb, STORE_ENV_TABLES_MAX + 1);
    (void)mdb_env_set_maxreaders(s->mdb, READERS_MAX);
    (void)mdb_env_set_mapsize(s->mdb, (size_t)map_bytes);
    /* NOTLS: a reader's slot belongs to the transaction, so it is free again when that ends, and a
     * thread that reads and later writes leaves nothing behind. */
    unsigned flags = MDB_NOTLS | (config->read_only ? MDB_RDONLY : 0U) |
                     (config->relaxed_meta ? MDB_NOMETASYNC : 0U);
    code = mdb_env_open(s->mdb, s->path, flags, 0600);
    if (code != MDB_SUCCESS) {
        return store_env_error(s, code, N_("open"));
    }
    store_file_fill(s);
    if (!config->read_only) {
        const enum ng_err err = open_second(s);
        if (err != NG_OK) {
            return err;
        }
    }
    int dead = 0;
    code = mdb_reader_check(s->mdb, &dead);
    if (code == MDB_SUCCESS && dead > 0) {
        log_event(LOG_INFO, "store_readers_cleared", "path=%s count=%d", s->path, dead);
    }
    return store_env_error(s, code, N_("open"));
}

static enum ng_err check_format(const struct store *s, const struct store_config *config,
                                MDB_val have)
{
    const uint8_t *data = have.mv_data;
    if (have.mv_size < 4 || have.mv_size > 200) {
        return err_set(NG_ERR_CORRUPT, _("%s: the format of the store cannot be read"), s->path);
    }
    int name_size = (int)have.mv_size - 4;
    const char *name = (const char *)data + 4;
    uint32_t version = bytes_get_u32(data);
    if (strlen(config->format) != (size_t)name_size ||
        memcmp(config->format, name, (size_t)name_size) != 0) {
        return err_set(NG_ERR_VERSION, _("%s: holds \"%.*s\", not \"%s\""), s->path, name_size,
                       name, config->format);
    }
    if (version != config->format_version) {
        return err_set(NG_ERR_VERSION,
                       _("%s: has format version %u, this program reads version %u"), s->path,
                       version, config->format_version);
    }
    return NG_OK;
}

/* In a fresh store the format is written; in a store it is checked. NG_ERR_NOT_FOUND: the store is
 * empty and make is not set. */
static enum ng_err meet_format(const struct store *s, const struct store_config *config,
                               MDB_txn *txn, bool make)
{
    MDB_dbi meta = 0;
    MDB_stat stat = {0};
    int code = mdb_stat(txn, s->main_table, &stat);
    if (code == MDB_SUCCESS && stat.ms_entries == 0 && !make) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    bool fresh = stat.ms_entries == 0;
    code =
        code == MDB_SUCCESS ? mdb_dbi_open(txn, meta_table, fresh ? MDB_CREATE : 0U, &meta) : code;
    char key_text[sizeof(meta_key)];
    memcpy(key_text, meta_key, sizeof(meta_key));
    MDB_val key = {sizeof(meta_key) - 1, key_text};
    MDB_val value = {0};
    if (code == MDB_SUCCESS && !fresh) {
        code = mdb_get(txn, meta, &key, &value);
    }
    if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE) {
        return err_set(NG_ERR_CORRUPT, _("%s: data.mdb is not a data file of this program"),
                       s->path);
    }
    if (code == MDB_SUCCESS && !fresh) {
        return check_format(s, config, value);
    }
    uint8_t made[204];
    bytes_put_u32(made, config->format_version);
    size_t size = strlen(config->format);
    CHECK(size <= sizeof(made) - 8);
    memcpy(made + 4, config->format, size);
    value = (MDB_val){size + 4, made};
    code = code == MDB_SUCCESS ? mdb_put(txn, meta, &key, &value, 0) : code;
    return store_env_error(s, code, N_("write"));
}

static enum ng_err open_tables(struct store *s, const struct store_config *config, MDB_txn *txn,
                               bool make)
{
    for (unsigned i = 0; i < s->table_count; i++) {
        const char *name = config->tables[i];
        int code = mdb_dbi_open(txn, name, make ? MDB_CREATE : 0U, &s->tables[i]);
        if (code == MDB_NOTFOUND) {
            return err_set(NG_ERR_CORRUPT, _("%s: the table \"%s\" is missing"), s->path, name);
        }
        if (code != MDB_SUCCESS) {
            return store_env_error(s, code, name);
        }
    }
    return NG_OK;
}

/* One transaction over format and tables; with make it writes. */
static enum ng_err meet_store(struct store *s, const struct store_config *config, bool make)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(s->mdb, NULL, make ? 0 : MDB_RDONLY, &txn);
    if (code == MDB_MAP_RESIZED) {
        code = mdb_env_set_mapsize(s->mdb, 0);
        code =
            code == MDB_SUCCESS ? mdb_txn_begin(s->mdb, NULL, make ? 0 : MDB_RDONLY, &txn) : code;
    }
    if (code != MDB_SUCCESS) {
        return store_env_error(s, code, N_("begin"));
    }
    code = mdb_dbi_open(txn, NULL, 0, &s->main_table);
    enum ng_err err = store_env_error(s, code, N_("open"));
    err = err == NG_OK ? meet_format(s, config, txn, make) : err;
    err = err == NG_OK ? open_tables(s, config, txn, make) : err;
    if (err == NG_OK && make && s->sealed) {
        err = store_env_error(s, store_sum_save(s, txn), N_("write"));
    }
    if (err != NG_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    return store_env_error(s, mdb_txn_commit(txn), N_("commit"));
}

static enum ng_err set_up(struct store *s, const struct store_config *config, bool make)
{
    store_guard_enter(&s->guard);
    const enum ng_err err = meet_store(s, config, make);
    store_guard_leave();
    return err;
}

/* Until LMDB has written its two meta pages, a file that another process is beginning looks like
 * one that a full disk left: so those who may create it come one after the other. */
static enum ng_err open_folder(struct store *s, const struct store_config *config)
{
    int lock = -1;
    enum ng_err err = config->create ? file_make_folder(s->path) : NG_OK;
    err = err == NG_OK && config->create ? file_lock_folder(s->path, &lock) : err;
    err = err == NG_OK ? store_file_prepare(s, config->create) : err;
    err = err == NG_OK ? claim(s) : err;
    store_guard_enter(&s->guard);
    err = err == NG_OK ? open_mdb(s, config) : err;
    store_guard_leave();
    file_unlock(&lock);
    return err;
}

enum ng_err store_env_open(struct store *s, const struct store_config *config)
{
    CHECK(!(config->create && config->read_only));
    store_gate_init(&s->gate);
    s->second_fd = -1;
    s->read_only = config->read_only;
    s->sealed = config->sealed;
    s->relaxed = config->relaxed_meta;
    s->map_bytes_max =
        round_up(config->map_bytes_max != 0 ? config->map_bytes_max : MAP_BYTES_MAX_DEFAULT);
    while (config->tables[s->table_count] != NULL) {
        CHECK(s->table_count < STORE_ENV_TABLES_MAX && config->tables[s->table_count][0] != '_');
        s->table_count++;
    }
    s->path = strdup(config->path);
    if (s->path == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", config->path);
    }
    enum ng_err err = keep_last_words(s);
    err = err == NG_OK ? open_folder(s, config) : err;
    err = err == NG_OK ? set_up(s, config, false) : err;
    if (err == NG_ERR_NOT_FOUND && s->mdb != NULL) {
        if (!config->create) {
            return err_set(NG_ERR_NOT_FOUND, _("%s: the store is empty"), s->path);
        }
        err = set_up(s, config, true);
        err = err == NG_OK ? file_sync_folder(s->path) : err;
    }
    return err;
}

void store_env_close(struct store *s)
{
    if (s->mdb != NULL) {
        store_guard_enter(&s->guard);
        mdb_env_close(s->mdb);
        store_guard_leave();
    }
    if (s->second_fd >= 0) {
        (void)close(s->second_fd);
    }
    unclaim(s);
    store_gate_fini(&s->gate);
    store_guard_fini(&s->guard);
    free(s->path);
}

MDB_val store_env_val(struct bytes b)
{
    /* LMDB takes void * for what it only reads. */
    union {
        const uint8_t *in;
        void *out;
    } data = {.in = b.data};
    return (MDB_val){b.size, data.out};
}

struct bytes store_env_bytes(MDB_val v)
{
    return (struct bytes){v.mv_data, v.mv_size};
}

int store_env_sane(int code, MDB_val v)
{
    return code == MDB_SUCCESS && v.mv_size > STORE_VALUE_SIZE_MAX + STORE_SEAL_SIZE ? MDB_CORRUPTED
                                                                                     : code;
}

MDB_dbi store_env_table(const struct store_txn *t, unsigned table)
{
    CHECK(table < t->store->table_count);
    return t->store->tables[table];
}

enum ng_err store_env_check_key(const struct store_txn *t, struct bytes key)
{
    if (key.size == 0 || key.size > STORE_ENV_KEY_SIZE_MAX) {
        return err_set(NG_ERR_LIMIT, _("%s: a key of %zu bytes; 1 to %d are allowed"),
                       t->store->path, key.size, STORE_ENV_KEY_SIZE_MAX);
    }
    return NG_OK;
}
