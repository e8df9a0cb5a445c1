/* A log as its users see it: closing, the head, and reads that never answer wrongly.
 *
 * The idea of the reads: LMDB keeps no check sums, so nothing that was stored is believed by
 * itself. The head carries a signature. A leaf is hashed again and compared with the tree. A proof
 * is verified against the signed head of its own snapshot before it is handed out. What an index
 * says is compared with the leaf it names. A flipped bit therefore ends in NG_ERR_CORRUPT, whatever
 * it hit.
 */
#include "ledger/ledger.h"

#include "base/check.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/log.h"
#include "ledger/ledger_append.h"
#include "ledger/ledger_floor.h"
#include "ledger/ledger_index.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_offer.h"
#include "ledger/ledger_place.h"
#include "ledger/ledger_stream.h"
#include "ledger/ledger_table.h"

#include <stdlib.h>
#include <string.h>

void ledger_close(struct ledger **l)
{
    if (l == NULL || *l == NULL) {
        return;
    }
    struct ledger *it = *l;
    enum ng_err e = ledger_write_floor(it);
    if (e != NG_OK) {
        log_error("log_floor_not_written", e); /* the log itself is whole; the floor stays lower */
    }
    ledger_offer_drop(it);
    store_close(&it->store);
    file_unlock(&it->lock_fd);
    key_wipe(&it->pair);
    key_wipe(&it->old);
    free(it->head_path);
    free(it);
    *l = NULL;
}

/* ---- What it is ---- */

const char *ledger_origin(const struct ledger *l)
{
    return l->origin;
}

const uint8_t *ledger_log_id(const struct ledger *l)
{
    return l->log_id;
}

const struct key_public *ledger_log_key(const struct ledger *l)
{
    return log_keys_newest(&l->keys);
}

const struct log_keys *ledger_log_keys(const struct ledger *l)
{
    return &l->keys;
}

enum ng_err ledger_previous(struct ledger *l, struct previous *ret)
{
    struct store_txn *t = NULL;
    struct bytes encoded;
    struct leaf leaf;
    struct statement s;
    enum ng_err e = store_begin_read(l->store, &t);
    if (e != NG_OK) {
        return e;
    }
    e = ledger_leaf(l, t, 0, &encoded);
    if (e == NG_OK) {
        e = leaf_decode(encoded, &leaf);
    }
    if (e == NG_OK) {
        e = statement_decode(leaf.statement, &s);
    }
    if (e == NG_OK) {
        e = previous_of(&s, ret);
    }
    store_end_read(&t);
    return e;
}

bool ledger_sign(const struct ledger *l, struct bytes message,
                 uint8_t ret_signature[KEY_SIGNATURE_SIZE])
{
    CHECK(l->mode == LEDGER_WRITE);
    if (l->read_only[0] != '\0') {
        return false;
    }
    key_sign(&l->pair, message, ret_signature);
    return true;
}

const char *ledger_read_only(const struct ledger *l)
{
    return l->read_only[0] == '\0' ? NULL : l->read_only;
}

const char *ledger_head_path(const struct ledger *l)
{
    return l->head_path;
}

bool ledger_has_floor(const struct ledger *l)
{
    return l->floor_size > 0;
}

bool ledger_is_copy(const struct ledger *l)
{
    return l->copied;
}

enum ng_err ledger_accept_copy(struct ledger *l)
{
    enum ng_err e = ledger_place_mark(store_path(l->store));
    l->copied = l->copied && e != NG_OK;
    return e;
}

struct store *ledger_store(struct ledger *l)
{
    return l->store;
}

void ledger_use_workers(struct ledger *l, struct workers *workers)
{
    l->workers = workers;
}

uint64_t ledger_last_received_at(const struct ledger *l)
{
    return l->last_received_at;
}

enum ng_err ledger_author_log(struct ledger *l, uint32_t kind, const struct party_code *to,
                              struct bytes payload, uint64_t now_ms, uint64_t *ret_index)
{
    if (kind == STATEMENT_LOG_KEY) { /* only ledger_rotate has the private key that goes with it */
        return err_set(NG_ERR_REFUSED, "%s", refusal_text(REFUSAL_KIND));
    }
    return ledger_append_log(l, kind, to, payload, now_ms, ret_index);
}

void ledger_stop(struct ledger *l, enum ng_err why)
{
    ledger_state_stop(l, why);
}

enum ng_err ledger_stop_at(struct ledger *l, struct bytes note, const char *why)
{
    struct note_head head;
    enum ng_err e = log_keys_verify(&l->keys, l->origin, note, &head);
    if (e != NG_OK) {
        return e;
    }
    ledger_state_stop_below(l, err_set(NG_ERR_CORRUPT, "%s", why), &head);
    return ledger_floor_raise(l, &head, note);
}

enum ng_err ledger_write_floor(struct ledger *l)
{
    bool writes = l->mode == LEDGER_WRITE && l->read_only[0] == '\0';
    return writes ? ledger_floor_write(l) : NG_OK;
}

/* ---- Reads ---- */

enum ng_err ledger_head(struct ledger *l, struct ledger_head *ret)
{
    if (l->mode == LEDGER_WRITE) {
        *ret = l->head;
        return NG_OK;
    }
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(l->store, &t);
    if (e == NG_OK) {
        e = ledger_head_in(l, t, ret);
        store_end_read(&t);
    }
    return e;
}

enum ng_err ledger_head_in(struct ledger *l, struct store_txn *t, struct ledger_head *ret)
{
    enum ng_err e = ledger_state_head(l, t, ret);
    return e == NG_ERR_NOT_FOUND ? err_set(NG_ERR_CORRUPT, _("%s: the signed tree head is missing"),
                                           store_path(l->store))
                                 : e;
}

enum ng_err ledger_leaf(struct ledger *l, struct store_txn *t, uint64_t index,
                        struct bytes *ret_leaf)
{
    struct ledger_head head;
    struct ledger_nodes_place place;
    struct bytes encoded;
    enum ng_err e = ledger_head_in(l, t, &head);
    if (e == NG_OK && index >= head.head.size) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    if (e == NG_OK) {
        e = ledger_nodes_place(t, index, &place);
    }
    if (e == NG_OK) {
        e = ledger_stream_read(t, place.at, place.size, &encoded);
    }
    if (e != NG_OK) {
        return e;
    }
    struct hash hash = leaf_hash(encoded);
    struct leaf leaf;
    if (!hash_equal(&hash, &place.hash) || leaf_decode(encoded, &leaf) != NG_OK ||
        leaf.index != index) {
        return err_set(NG_ERR_CORRUPT, _("leaf %llu is damaged: its bytes do not have its hash"),
                       (unsigned long long)index);
    }
    *ret_leaf = encoded;
    return NG_OK;
}

enum ng_err ledger_node(struct store_txn *t, unsigned level, uint64_t index, struct hash *ret)
{
    return ledger_nodes_read(t, level, index, ret);
}

static enum ng_err ledger_unsound(const char *what, uint64_t a, uint64_t b)
{
    return err_set(NG_ERR_CORRUPT, _("the tree is damaged: %s of %llu and %llu does not hold"),
                   what, (unsigned long long)a, (unsigned long long)b);
}

/* The root at a size, tied to the signed head by a consistency proof unless it is the head's own.
 */
static enum ng_err ledger_root_at(struct store_txn *t, const struct note_head *head, uint64_t size,
                                  struct hash *ret)
{
    if (size == head->size) {
        *ret = head->root;
        return NG_OK;
    }
    struct tree_proof proof;
    struct hash root;
    enum ng_err e = tree_root(size, ledger_nodes_read, t, &root);
    if (e == NG_OK) {
        e = tree_consistency(size, head->size, ledger_nodes_read, t, &proof);
    }
    if (e == NG_OK && tree_verify_consistency(size, head->size, &root, &head->root, proof.hashes,
                                              proof.count) != NG_OK) {
        e = ledger_unsound("the consistency", size, head->size);
    }
    if (e == NG_OK) {
        *ret = root;
    }
    return e;
}

enum ng_err ledger_inclusion(struct ledger *l, struct store_txn *t, uint64_t index, uint64_t size,
                             struct tree_proof *ret)
{
    struct ledger_head head;
    struct tree_proof proof;
    struct hash root;
    struct hash leaf;
    enum ng_err e = ledger_head_in(l, t, &head);
    if (e == NG_OK && (size > head.head.size || index >= size)) {
        return err_set(NG_ERR_INPUT, _("there is no leaf %llu at size %llu in a log of %llu"),
                       (unsigned long long)index, (unsigned long long)size,
                       (unsigned long long)head.head.size);
    }
    if (e == NG_OK) {
        e = ledger_root_at(t, &head.head, size, &root);
    }
    if (e == NG_OK) {
        e = ledger_nodes_read(t, 0, index, &leaf);
    }
    if (e == NG_OK) {
        e = tree_inclusion(index, size, ledger_nodes_read, t, &proof);
    }
    if (e == NG_OK &&
        tree_verify_inclusion(index, size, &leaf, proof.hashes, proof.count, &root) != NG_OK) {
        e = ledger_unsound("the inclusion", index, size);
    }
    if (e == NG_OK) {
        *ret = proof;
    }
    return e;
}

enum ng_err ledger_consistency(struct ledger *l, struct store_txn *t, uint64_t old_size,
                               uint64_t new_size, struct tree_proof *ret)
{
    struct ledger_head head;
    struct tree_proof proof;
    struct hash old_root;
    struct hash new_root;
    enum ng_err e = ledger_head_in(l, t, &head);
    if (e == NG_OK && (new_size > head.head.size || old_size > new_size)) {
        return err_set(NG_ERR_INPUT, _("there is no way from size %llu to %llu in a log of %llu"),
                       (unsigned long long)old_size, (unsigned long long)new_size,
                       (unsigned long long)head.head.size);
    }
    if (e == NG_OK && old_size == 0) {
        ret->count = 0;
        return NG_OK;
    }
    if (e == NG_OK) {
        e = ledger_root_at(t, &head.head, new_size, &new_root);
    }
    if (e == NG_OK) {
        e = tree_root(old_size, ledger_nodes_read, t, &old_root);
    }
    if (e == NG_OK) {
        e = tree_consistency(old_size, new_size, ledger_nodes_read, t, &proof);
    }
    if (e == NG_OK && tree_verify_consistency(old_size, new_size, &old_root, &new_root,
                                              proof.hashes, proof.count) != NG_OK) {
        e = ledger_unsound("the consistency", old_size, new_size);
    }
    if (e == NG_OK) {
        *ret = proof;
    }
    return e;
}

/* The statement at an index that an index table gave. */
static enum ng_err ledger_statement_at(struct ledger *l, struct store_txn *t, uint64_t index,
                                       struct statement *ret)
{
    struct bytes encoded;
    struct leaf leaf;
    enum ng_err e = ledger_leaf(l, t, index, &encoded);
    if (e != NG_OK && e != NG_ERR_NOT_FOUND) {
        return e; /* the leaf is at fault, not the index */
    }
    if (e == NG_OK) {
        e = leaf_decode(encoded, &leaf);
    }
    if (e == NG_OK) {
        e = statement_decode(leaf.statement, ret);
    }
    return e == NG_OK ? NG_OK
                      : err_set(NG_ERR_CORRUPT, _("an index names leaf %llu, which does not hold"),
                                (unsigned long long)index);
}

enum ng_err ledger_inbox_next(struct ledger *l, struct store_txn *t, const char *party,
                              uint64_t from, uint64_t *ret_index)
{
    uint64_t own = UINT64_MAX;
    uint64_t everyone = UINT64_MAX;
    enum ng_err e = ledger_index_next_inbox(t, party, from, &own);
    if (e == NG_OK || e == NG_ERR_NOT_FOUND) {
        e = ledger_index_next_inbox(t, "*", from, &everyone);
    }
    if (e != NG_OK && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    uint64_t next = own < everyone ? own : everyone;
    if (next == UINT64_MAX) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    struct statement s;
    struct party_code inbox;
    e = ledger_statement_at(l, t, next, &s);
    if (e == NG_OK) {
        e = registry_inbox_of(&s, &inbox);
    }
    if (e == NG_OK && strcmp(inbox.text, own < everyone ? party : "*") != 0) {
        e = err_set(NG_ERR_CORRUPT, _("the index of inboxes names leaf %llu for the wrong party"),
                    (unsigned long long)next);
    }
    if (e == NG_OK) {
        *ret_index = next;
    }
    return e;
}

enum ng_err ledger_find(struct ledger *l, struct store_txn *t, const char *author, uint32_t epoch,
                        uint64_t seq, uint64_t *ret_index)
{
    struct ledger_overlay rows;
    struct statement s;
    uint64_t index = 0;
    enum ng_err e = ledger_overlay_init(&rows, t);
    if (e == NG_OK) {
        e = ledger_index_find(&rows, author, epoch, seq, &index);
        ledger_overlay_fini(&rows);
    }
    if (e == NG_OK) {
        e = ledger_statement_at(l, t, index, &s);
    }
    if (e == NG_OK && (strcmp(s.author.text, author) != 0 || s.epoch != epoch || s.seq != seq)) {
        e = err_set(NG_ERR_CORRUPT, _("the index of authors names the wrong leaf %llu"),
                    (unsigned long long)index);
    }
    if (e == NG_OK) {
        *ret_index = index;
    }
    return e;
}
