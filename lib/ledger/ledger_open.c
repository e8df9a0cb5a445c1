/* Opening a log.
 *
 * Happy path: take the writer's lock, open the store, read the log's name and key, verify the
 * signed head; a writer also reads the private key and looks at the root, the last leaves and the
 * head floor.
 *
 * What fails: no log, somebody else's lock, a head that does not verify: no ledger. A root, leaf or
 * floor that does not hold: a ledger that is read-only with a reason, so that the broker can still
 * serve what is sound and its operator learns why.
 */
#include "ledger/ledger_open.h"

#include "base/file.h"
#include "base/lang.h"
#include "ledger/ledger_floor.h"
#include "ledger/ledger_keys.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_place.h"
#include "ledger/ledger_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL_LEAVES = 16 }; /* looked at when a log is opened for writing */

static enum ng_err ledger_open_store(struct ledger *l, const char *folder)
{
    static const char *const tables[] = LEDGER_TABLE_NAMES;
    char *path = file_join(folder, "log");
    char *lock = path == NULL ? NULL : file_join(path, "writer.lock");
    enum ng_err e = lock == NULL ? err_set(NG_ERR_NOMEM, "%s", folder) : NG_OK;
    struct store_config config = {.path = path,
                                  .tables = tables,
                                  .format = LEDGER_TABLE_FORMAT,
                                  .format_version = LEDGER_TABLE_VERSION,
                                  .read_only = l->mode == LEDGER_READ};
    if (e == NG_OK && access(path, F_OK) != 0) {
        /* a folder that may not be looked into is no missing log */
        e = errno == ENOENT
                ? err_set(NG_ERR_NOT_FOUND,
                          _("%s: no log here: make one with \"nganam-broker init\""), folder)
                : err_set_errno(errno, "%s", path);
    }
    if (e == NG_OK && l->mode == LEDGER_WRITE) {
        e = file_lock(lock, false, &l->lock_fd);
    }
    if (e == NG_OK) {
        e = store_open(&config, &l->store);
    }
    free(lock);
    free(path);
    return e;
}

static enum ng_err ledger_open_meta(struct ledger *l, struct store_txn *t, bool below_floor)
{
    static const uint8_t origin_key[] = {'o', 'r', 'i', 'g', 'i', 'n'};
    static const uint8_t log_key[] = {'l', 'o', 'g', '_', 'k', 'e', 'y'};
    struct bytes value;
    enum ng_err e =
        store_get(t, LEDGER_TABLE_META, (struct bytes){origin_key, sizeof(origin_key)}, &value);
    /* With a head it is no broken-off init: cut short, or a restore that was broken off. */
    if (e == NG_ERR_NOT_FOUND && !below_floor && file_exists(l->head_path)) {
        return err_set(
            NG_ERR_CORRUPT,
            _("%s: the head of an earlier log, which is not here: bring that log back, or "
              "begin in an empty folder"),
            l->head_path);
    }
    if (e == NG_ERR_NOT_FOUND) {
        return err_set(NG_ERR_NOT_FOUND,
                       _("%s: the log has no beginning: run \"nganam-broker init\" again"),
                       store_path(l->store));
    }
    if (e == NG_OK && value.size < sizeof(l->origin)) {
        memcpy(l->origin, value.data, value.size);
        e = store_get(t, LEDGER_TABLE_META, (struct bytes){log_key, sizeof(log_key)}, &value);
    }
    if (e == NG_OK && value.size == KEY_PUBLIC_SIZE) {
        memcpy(l->founded.bytes, value.data, KEY_PUBLIC_SIZE);
        statement_log_id(l->origin, l->log_id);
        return ledger_keys_load(l, t);
    }
    return e == NG_OK || e == NG_ERR_NOT_FOUND
               ? err_set(NG_ERR_CORRUPT, _("%s: the log's name or key is damaged"),
                         store_path(l->store))
               : e;
}

/* What a writer must know to be sound before it writes; sets last_received_at. */
static enum ng_err ledger_open_check(struct ledger *l, struct store_txn *t)
{
    uint64_t size = l->head.head.size;
    struct hash root;
    enum ng_err e = tree_root(size, ledger_nodes_read, t, &root);
    if (e == NG_OK && !hash_equal(&root, &l->head.head.root)) {
        e = err_set(NG_ERR_CORRUPT,
                    _("%s: the stored tree does not have the root that was signed: find the damage "
                      "with \"nganam-broker log verify\""),
                    store_path(l->store));
    }
    uint64_t first = size > TAIL_LEAVES ? size - TAIL_LEAVES : 0;
    for (uint64_t i = first; i < size && e == NG_OK; i++) {
        struct bytes encoded;
        struct leaf leaf;
        e = ledger_leaf(l, t, i, &encoded);
        if (e == NG_OK) {
            e = leaf_decode(encoded, &leaf);
        }
        if (e == NG_OK) {
            l->last_received_at = leaf.received_at;
        }
    }
    return e;
}

static enum ng_err ledger_open_state(struct ledger *l, bool below_floor)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(l->store, &t);
    if (e != NG_OK) {
        return e;
    }
    e = ledger_open_meta(l, t, below_floor);
    if (e == NG_OK && l->mode == LEDGER_WRITE) {
        e = ledger_keys_open(l, below_floor);
    }
    if (e == NG_OK) {
        e = ledger_state_head(l, t, &l->head);
        e = e == NG_ERR_NOT_FOUND
                ? err_set(NG_ERR_CORRUPT, _("%s: the signed tree head is missing"),
                          store_path(l->store))
                : e;
    }
    if (e == NG_OK && l->mode == LEDGER_WRITE) {
        struct note_head floor = {.size = 0};
        enum ng_err unsound = ledger_open_check(l, t);
        if (unsound == NG_OK && !below_floor) {
            unsound = ledger_floor_check(l, t, &floor);
        }
        if (unsound == NG_ERR_NOMEM) {
            e = err_wrap(unsound, "%s", store_path(l->store)); /* says nothing of the log */
        } else if (unsound != NG_OK) {
            ledger_state_stop_below(l, unsound, &floor);
        }
        if (e == NG_OK) {
            e = ledger_keys_open_old(l);
        }
    }
    store_end_read(&t);
    return e;
}

static enum ng_err ledger_open_as(const char *folder, const char *head_path, enum ledger_mode mode,
                                  bool below_floor, struct ledger **ret)
{
    enum ng_err e = key_init();
    struct ledger *l = e == NG_OK ? calloc(1, sizeof(*l)) : NULL;
    if (l == NULL) {
        return e == NG_OK ? err_set(NG_ERR_NOMEM, "%s", folder) : e;
    }
    l->mode = mode;
    l->lock_fd = -1;
    l->head_path = head_path == NULL ? file_join(folder, "head") : strdup(head_path);
    e = l->head_path == NULL ? err_set(NG_ERR_NOMEM, "%s", folder) : ledger_open_store(l, folder);
    if (e == NG_OK) {
        e = ledger_open_state(l, below_floor);
    }
    if (e == NG_OK && mode == LEDGER_WRITE) {
        bool same = false;
        e = ledger_place_holds(store_path(l->store), &same);
        l->copied = !same;
    }
    if (e != NG_OK) {
        ledger_state_stop(l, e); /* closing must not touch the floor */
        ledger_close(&l);
        return e;
    }
    *ret = l;
    return NG_OK;
}

enum ng_err ledger_open(const char *folder, const char *head_path, enum ledger_mode mode,
                        struct ledger **ret)
{
    return ledger_open_as(folder, head_path, mode, false, ret);
}

enum ng_err ledger_open_below_floor(const char *folder, const char *head_path, struct ledger **ret)
{
    struct ledger *l = NULL;
    enum ng_err e = ledger_open_as(folder, head_path, LEDGER_WRITE, true, &l);
    if (e == NG_OK && l->read_only[0] != '\0') {
        e = err_set(NG_ERR_CORRUPT, "%s", l->read_only);
        ledger_close(&l);
        return e;
    }
    *ret = l;
    return e;
}
