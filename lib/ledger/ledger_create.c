/* Making a log: the private key first, then, in one transaction, the log's name and its first leaf,
 * then the head floor. Cut off anywhere before the first leaf is committed, it can be run again and
 * uses the key it finds; after that a log is there and it refuses.
 *
 * A key or a head floor without a log is left of a log that was lost or moved. A second log under
 * the same key would contradict the first, so that is refused unless the key is all there is.
 */
#include "ledger/ledger_create.h"

#include "base/file.h"
#include "base/lang.h"
#include "ledger/ledger_append.h"
#include "ledger/ledger_floor.h"
#include "ledger/ledger_keyfile.h"
#include "ledger/ledger_table.h"

#include <stdlib.h>
#include <string.h>

static enum ng_err ledger_create_store(struct ledger *l, const char *folder)
{
    static const char *const tables[] = LEDGER_TABLE_NAMES;
    char *path = file_join(folder, "log");
    char *lock = path == NULL ? NULL : file_join(path, "writer.lock");
    enum ng_err e = lock == NULL ? err_set(NG_ERR_NOMEM, "%s", folder) : file_make_folder(path);
    struct store_config config = {.path = path,
                                  .tables = tables,
                                  .format = LEDGER_TABLE_FORMAT,
                                  .format_version = LEDGER_TABLE_VERSION,
                                  .create = true};
    if (e == NG_OK) {
        e = file_lock(lock, false, &l->lock_fd);
    }
    if (e == NG_OK) {
        e = store_open(&config, &l->store);
    }
    free(lock);
    free(path);
    return e;
}

static enum ng_err ledger_create_refuse_second(const struct ledger *l, const char *folder)
{
    static const uint8_t key[] = {'o', 'r', 'i', 'g', 'i', 'n'};
    struct store_txn *t = NULL;
    struct bytes origin;
    enum ng_err e = store_begin_read(l->store, &t);
    if (e != NG_OK) {
        return e;
    }
    e = store_get(t, LEDGER_TABLE_META, (struct bytes){key, sizeof(key)}, &origin);
    store_end_read(&t);
    if (e == NG_OK) {
        return err_set(NG_ERR_REFUSED, _("%s: a log is here already"), folder);
    }
    if (e == NG_ERR_NOT_FOUND && file_exists(l->head_path)) {
        return err_set(
            NG_ERR_REFUSED,
            _("%s: the head of an earlier log, which is not here: bring that log back, or "
              "begin in an empty folder"),
            l->head_path);
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

static enum ng_err ledger_create_key(struct ledger *l, const char *folder)
{
    char *path = file_join(folder, "log.key");
    if (path == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", folder);
    }
    uint8_t seed[32];
    enum ng_err e = ledger_keyfile_read(path, l->origin, &l->pair, NULL);
    if (e == NG_ERR_NOT_FOUND) {
        key_random(seed, sizeof(seed));
        e = ledger_keyfile_write(path, l->origin, seed, false);
        key_from_seed(seed, &l->pair);
        key_forget(seed, sizeof(seed));
    }
    l->founded = l->pair.public_key;
    l->keys = log_keys_of(&l->pair.public_key);
    free(path);
    return e;
}

static enum ng_err ledger_create_genesis(struct ledger *l, const struct previous *previous,
                                         uint64_t now_ms)
{
    struct wire_genesis genesis = {.origin = ""};
    struct party_code office = {""};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t index = 0;
    _Static_assert(sizeof(l->origin) <= sizeof(genesis.origin), "every origin fits");
    memcpy(genesis.origin, l->origin, sizeof(l->origin));
    memcpy(genesis.log_key, l->founded.bytes, KEY_PUBLIC_SIZE);
    previous_write(previous, &genesis);
    enum ng_err e = wire_genesis_encode(&genesis, &payload);
    if (e == NG_OK) {
        e = ledger_append_log(l, STATEMENT_GENESIS, &office, buf_bytes(&payload), now_ms, &index);
    }
    buf_fini(&payload);
    return e;
}

/* The ledger in memory and its store, made if missing. *ret is set with an error too, to close. */
static enum ng_err ledger_create_begin(const char *folder, const char *head_path,
                                       const char *origin, struct ledger **ret)
{
    enum ng_err e = key_init();
    if (e != NG_OK) {
        return e;
    }
    if (!note_origin_valid(origin)) {
        return err_set(NG_ERR_INPUT,
                       _("\"%s\" cannot name a log: 1 to %d bytes without spaces or \"+\""), origin,
                       NOTE_ORIGIN_MAX);
    }
    struct ledger *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", folder);
    }
    l->mode = LEDGER_WRITE;
    l->lock_fd = -1;
    memcpy(l->origin, origin, strlen(origin) + 1);
    statement_log_id(origin, l->log_id);
    l->head_path = head_path == NULL ? file_join(folder, "head") : strdup(head_path);
    *ret = l;
    return l->head_path == NULL ? err_set(NG_ERR_NOMEM, "%s", folder)
                                : ledger_create_store(l, folder);
}

enum ng_err ledger_create(const char *folder, const char *head_path, const char *origin,
                          uint64_t now_ms)
{
    const struct previous none = {.vkey = ""};
    return ledger_create_after(folder, head_path, origin, &none, now_ms);
}

enum ng_err ledger_create_after(const char *folder, const char *head_path, const char *origin,
                                const struct previous *previous, uint64_t now_ms)
{
    struct ledger *l = NULL;
    enum ng_err e = ledger_create_begin(folder, head_path, origin, &l);
    if (e == NG_OK) {
        e = ledger_create_refuse_second(l, folder);
    }
    if (e == NG_OK) {
        e = ledger_create_key(l, folder);
    }
    if (e == NG_OK) {
        e = ledger_create_genesis(l, previous, now_ms);
    }
    if (e == NG_OK) {
        e = ledger_floor_write(l);
    }
    if (e == NG_OK) {
        e = ledger_accept_copy(l);
    }
    if (e != NG_OK && l != NULL) {
        ledger_state_stop(l, e);
    }
    ledger_close(&l);
    return e;
}

enum ng_err ledger_create_bare(const char *folder, const char *head_path, const char *origin,
                               struct ledger **ret)
{
    struct ledger *l = NULL;
    char *path = file_join(folder, "log.key");
    enum ng_err e = path == NULL         ? err_set(NG_ERR_NOMEM, "%s", folder)
                    : !file_exists(path) ? err_set(NG_ERR_NOT_FOUND,
                                                   _("%s: no log.key here: put the log's key back "
                                                     "first"),
                                                   folder)
                                         : ledger_create_begin(folder, head_path, origin, &l);
    free(path);
    if (e == NG_OK) {
        e = ledger_create_key(l, folder);
    }
    if (e != NG_OK) {
        if (l != NULL) {
            ledger_state_stop(l, e);
        }
        ledger_close(&l);
        return e;
    }
    *ret = l;
    return NG_OK;
}
