/* Changing the log's own key:
 *
 *     log.key.new    the new private key                    } on the disk before
 *     log.key.old    a copy of the present one              } anything is said
 *     the entry      signed by the present key; its own head by the new one and the present one
 *     log.key        log.key.new takes its place
 *
 * Happy path: as drawn. Failures: before the commit nothing has changed, and the next change writes
 * both files anew. After it the log itself says which key is its own, and that lies in log.key.new
 * or log.key: whoever opens the log for writing looks into both and ends what was begun. At no
 * moment does neither of them match. */
#include "ledger/ledger_keys.h"

#include "base/file.h"
#include "base/lang.h"
#include "base/log.h"
#include "ledger/ledger_admit.h"
#include "ledger/ledger_append.h"
#include "ledger/ledger_keyfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEDGER_KEYS_FILE_MAX = 4096 };

#define LEDGER_KEYS_NEW ".new"
#define LEDGER_KEYS_OLD ".old"

/* folder/log.key and what stands beside it: the store is folder/log. */
static enum ng_err ledger_keys_path(const struct ledger *l, const char *ending, char **ret)
{
    char *path = NULL;
    if (asprintf(&path, "%s.key%s", store_path(l->store), ending) < 0) {
        return err_set(NG_ERR_NOMEM, "%s", store_path(l->store));
    }
    *ret = path;
    return NG_OK;
}

static bool ledger_keys_same(const struct key_public *a, const struct key_public *b)
{
    return memcmp(a->bytes, b->bytes, KEY_PUBLIC_SIZE) == 0;
}

static enum ng_err ledger_keys_read(const struct ledger *l, const char *ending,
                                    struct key_pair *ret, bool *ret_locked)
{
    char *path = NULL;
    enum ng_err e = ledger_keys_path(l, ending, &path);
    if (e == NG_OK) {
        e = ledger_keyfile_read(path, l->origin, ret, ret_locked);
    }
    free(path);
    return e;
}

/* ---- What the log says ---- */

enum ng_err ledger_keys_load(struct ledger *l, struct store_txn *t)
{
    static const struct key_public none;
    struct log_keys keys;
    enum ng_err e = registry_log_keys(t, &keys);
    if (e == NG_ERR_NOT_FOUND) {
        return err_set(NG_ERR_CORRUPT, _("%s: the log's name or key is damaged"),
                       store_path(l->store));
    }
    if (e != NG_OK) {
        return e;
    }
    log_keys_expect(&keys, &l->founded);
    if (!ledger_keys_same(&l->pair.public_key, &none)) {
        log_keys_expect(&keys, &l->pair.public_key);
    }
    l->keys = keys;
    return NG_OK;
}

enum ng_err ledger_key_changes(struct ledger *l, struct store_txn *t,
                               struct wire_signed ret[WIRE_KEY_CHANGES_MAX], size_t *ret_count)
{
    struct log_keys keys;
    size_t count = 0;
    enum ng_err e = registry_log_keys(t, &keys);
    for (; e == NG_OK && count + 1 < keys.count; count++) {
        struct bytes encoded;
        struct leaf leaf;
        e = ledger_leaf(l, t, keys.links[count + 1].index, &encoded);
        if (e == NG_OK) {
            e = leaf_decode(encoded, &leaf);
        }
        if (e == NG_OK) {
            ret[count] = (struct wire_signed){leaf.statement, {leaf.signature, KEY_SIGNATURE_SIZE}};
        }
    }
    *ret_count = count;
    return e == NG_ERR_NOT_FOUND
               ? err_set(NG_ERR_CORRUPT, _("%s: the log's name or key is damaged"),
                         store_path(l->store))
               : e;
}

/* ---- What lies beside it ---- */

/* log.key.new is the log's key by now: it takes its place. */
static enum ng_err ledger_keys_install(const struct ledger *l)
{
    char *from = NULL;
    char *to = NULL;
    enum ng_err e = ledger_keys_path(l, LEDGER_KEYS_NEW, &from);
    if (e == NG_OK) {
        e = ledger_keys_path(l, "", &to);
    }
    if (e == NG_OK && rename(from, to) != 0) {
        e = err_set_errno(errno, "%s", to);
    }
    if (e == NG_OK) {
        *strrchr(to, '/') = '\0';
        e = file_sync_folder(to);
    }
    free(from);
    free(to);
    return e;
}

/* The key in log.key is not this log's present one. */
static enum ng_err ledger_keys_open_new(struct ledger *l, bool restoring)
{
    bool locked = false;
    struct key_pair other;
    enum ng_err e = ledger_keys_read(l, LEDGER_KEYS_NEW, &other, &locked);
    const bool is_it = e == NG_OK && ledger_keys_same(&other.public_key, log_keys_newest(&l->keys));
    if (is_it) {
        l->pair = other;
        l->key_locked = locked;
        e = ledger_keys_install(l);
    } else if (e == NG_OK || e == NG_ERR_NOT_FOUND) {
        e = restoring ? NG_OK
                      : err_set(NG_ERR_INPUT,
                                _("%s.key: not the key that this log names as its own: it belongs "
                                  "to another log, or this is a copy of the log from before its "
                                  "key was changed (put the newest copy or an export back with "
                                  "\"nganam-broker restore\")"),
                                store_path(l->store));
    }
    key_wipe(&other);
    return e;
}

enum ng_err ledger_keys_open(struct ledger *l, bool restoring)
{
    enum ng_err e = ledger_keys_read(l, "", &l->pair, &l->key_locked);
    if (e == NG_OK && !ledger_keys_same(&l->pair.public_key, log_keys_newest(&l->keys))) {
        e = ledger_keys_open_new(l, restoring);
    }
    if (e == NG_OK) {
        log_keys_expect(&l->keys, &l->pair.public_key);
    }
    return e;
}

/* The change that brought the present key; NULL: it is the first. */
static const struct log_keys_link *ledger_keys_last_change(const struct ledger *l)
{
    const struct key_public *newest = log_keys_newest(&l->keys);
    for (size_t i = 1; i < l->keys.count; i++) {
        if (ledger_keys_same(&l->keys.links[i].key, newest)) {
            return &l->keys.links[i];
        }
    }
    return NULL;
}

static enum ng_err ledger_keys_remove_old(const struct ledger *l)
{
    char *path = NULL;
    enum ng_err e = ledger_keys_path(l, LEDGER_KEYS_OLD, &path);
    if (e == NG_OK && unlink(path) != 0 && errno != ENOENT) {
        e = err_set_errno(errno, "%s", path);
    }
    free(path);
    return e;
}

enum ng_err ledger_keys_open_old(struct ledger *l)
{
    const struct log_keys_link *change = ledger_keys_last_change(l);
    const uint64_t until = change == NULL ? 0 : change->at + LEDGER_BOTH_KEYS_MS;
    if (l->last_received_at >= until) {
        return ledger_keys_remove_old(l);
    }
    enum ng_err e = ledger_keys_read(l, LEDGER_KEYS_OLD, &l->old, NULL);
    if (e == NG_OK && ledger_keys_same(&l->old.public_key, &change[-1].key)) {
        l->old_until = until;
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e; /* taken away: the chain is what counts */
}

/* ---- A new one ---- */

static enum ng_err ledger_keys_copy_present(const struct ledger *l)
{
    struct buf text = BUF_INIT(LEDGER_KEYS_FILE_MAX);
    char *from = NULL;
    char *to = NULL;
    enum ng_err e = ledger_keys_path(l, "", &from);
    if (e == NG_OK) {
        e = ledger_keys_path(l, LEDGER_KEYS_OLD, &to);
    }
    if (e == NG_OK) {
        e = buf_reserve(&text, LEDGER_KEYS_FILE_MAX); /* never moved: no copies left behind */
    }
    if (e == NG_OK) {
        e = file_read(from, &text);
    }
    if (e == NG_OK) {
        e = file_write(to, text.data, text.size, 0600);
    }
    if (text.data != NULL) {
        key_forget(text.data, text.capacity);
    }
    buf_fini(&text);
    free(from);
    free(to);
    return e;
}

static enum ng_err ledger_keys_write(const struct ledger *l, struct key_pair *ret)
{
    uint8_t seed[32];
    char *path = NULL;
    enum ng_err e = ledger_keys_copy_present(l);
    if (e == NG_OK) {
        e = ledger_keys_path(l, LEDGER_KEYS_NEW, &path);
    }
    if (e == NG_OK) {
        key_random(seed, sizeof(seed));
        key_from_seed(seed, ret);
        e = ledger_keyfile_write(path, l->origin, seed, l->key_locked);
        key_forget(seed, sizeof(seed));
    }
    free(path);
    return e;
}

/* The new key signs from here on; given back what was, for a commit that fails. */
struct ledger_keys_before {
    struct log_keys keys;
    struct key_pair pair, old;
    uint64_t old_until;
};

static void ledger_keys_take(struct ledger *l, const struct key_pair *next,
                             const struct leaf *change, struct ledger_keys_before *before)
{
    *before = (struct ledger_keys_before){l->keys, l->pair, l->old, l->old_until};
    l->keys.links[l->keys.count++] =
        (struct log_keys_link){change->index, change->received_at, next->public_key};
    l->old = l->pair;
    l->old_until = change->received_at + LEDGER_BOTH_KEYS_MS;
    l->pair = *next;
}

static void ledger_keys_give_back(struct ledger *l, const struct ledger_keys_before *before)
{
    l->keys = before->keys;
    l->pair = before->pair;
    l->old = before->old;
    l->old_until = before->old_until;
}

/* The entry, signed by the present key, under a head of the new one. */
static enum ng_err ledger_keys_append(struct ledger *l, const struct key_pair *next,
                                      struct bytes payload, uint64_t now_ms, uint64_t *ret_index)
{
    static const struct party_code everyone = {"*"};
    struct ledger_keys_before before;
    struct ledger_admit a;
    struct store_txn *txn = NULL;
    enum ng_err e = store_begin_read(l->store, &txn);
    if (e != NG_OK) {
        return e;
    }
    e = ledger_admit_init(&a, l, txn, 1, now_ms);
    if (e == NG_OK) {
        e = ledger_admit_log(&a, STATEMENT_LOG_KEY, &everyone, payload);
    }
    store_end_read(&txn);
    if (e == NG_OK) {
        ledger_keys_take(l, next, &a.leaves[0].leaf, &before);
        e = ledger_append_admitted(l, &a);
        if (e != NG_OK) {
            ledger_keys_give_back(l, &before);
        }
        key_forget(&before, sizeof(before));
    }
    *ret_index = a.first_index;
    ledger_admit_fini(&a);
    if (e != NG_OK && e != NG_ERR_REFUSED && !ledger_append_may_try_again(e)) {
        ledger_state_stop(l, e);
    }
    return e;
}

enum ng_err ledger_rotate(struct ledger *l, uint64_t now_ms, uint64_t *ret_index)
{
    struct key_pair next;
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    if (l->mode != LEDGER_WRITE || l->read_only[0] != '\0') {
        return err_set(NG_ERR_REFUSED, _("the log is read-only: %s"), l->read_only);
    }
    if (l->keys.count == LOG_KEYS_MAX) {
        return err_set(NG_ERR_LIMIT, _("this log's key was changed %d times: no more is possible"),
                       (int)LOG_KEYS_MAX - 1);
    }
    enum ng_err e = ledger_keys_write(l, &next);
    if (e == NG_OK) {
        e = log_keys_payload(l->log_id, l->head.head.size, &l->pair.public_key, &next, &payload);
    }
    if (e == NG_OK) {
        e = ledger_keys_append(l, &next, buf_bytes(&payload), now_ms, ret_index);
    }
    key_wipe(&next);
    buf_fini(&payload);
    if (e != NG_OK) {
        return err_wrap(e, "%s", _("the log's key was not changed"));
    }
    e = ledger_keys_install(l);
    if (e != NG_OK) {
        log_error("log_key_not_in_place", e); /* the next start puts it there */
    }
    return NG_OK;
}
