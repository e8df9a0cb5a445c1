/* The idea: hash first, write later. The leaves of the source are hashed on top of the tree that is
 * here; only if that gives the root which the log's own key signed are they the original ones, and
 * only then is any of them written. The writing judges each of them by the registry's rules as if
 * it had just come in, but with the time it had, and commits some at a time. The heads that are
 * signed on the way are of prefixes of that one log.
 *
 * Possible failures: a source that changes between the two readings (the roots differ at the end:
 * nothing is signed on it, the ledger stops); a full disk (what was put back stands, run it again);
 * a source that ends below the head floor (what it has is put back, the rest is still missing, and
 * the floor keeps the log read-only). */
#include "ledger/ledger_restore.h"

#include "base/file.h"
#include "base/lang.h"
#include "ledger/ledger_admit.h"
#include "ledger/ledger_append.h"
#include "ledger/ledger_create.h"
#include "ledger/ledger_floor.h"
#include "ledger/ledger_keys.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_open.h"

#include <stdlib.h>
#include <string.h>

enum { LEDGER_RESTORE_BATCH = 1024 }; /* leaves a commit */

/* ---- First: is it this log, whole? ---- */

static enum ng_err ledger_restore_edge(struct ledger *l, struct tree_edge *ret)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(l->store, &t);
    if (e == NG_OK) {
        e = tree_edge_read(l->head.head.size, ledger_nodes_read, t, ret);
    }
    store_end_read(&t);
    return e;
}

/* The leaf takes the log's key away from the one that is here. */
static bool ledger_restore_ends_key(const struct ledger *l, struct bytes encoded)
{
    struct leaf leaf;
    struct statement s;
    struct wire_log_key m;
    return leaf_decode(encoded, &leaf) == NG_OK && statement_decode(leaf.statement, &s) == NG_OK &&
           s.kind == STATEMENT_LOG_KEY && wire_log_key_decode(s.payload, &m) == NG_OK &&
           memcmp(m.previous, l->pair.public_key.bytes, sizeof(m.previous)) == 0;
}

static enum ng_err ledger_restore_prove(struct ledger *l, const struct ledger_source *source,
                                        const struct note_head *target)
{
    struct tree_edge edge = {.size = 0};
    uint64_t ended = 0; /* 0: it is not */
    enum ng_err e = ledger_restore_edge(l, &edge);
    for (uint64_t i = edge.size; e == NG_OK && i < target->size; i++) {
        struct bytes leaf;
        e = source->leaf(source->context, i, &leaf);
        if (e == NG_OK) {
            struct hash hash = leaf_hash(leaf);
            ended = ledger_restore_ends_key(l, leaf) ? i : ended;
            e = tree_edge_add(&edge, &hash, NULL, NULL);
        }
    }
    if (e != NG_OK) {
        return e;
    }
    struct hash root = tree_edge_root(&edge);
    if (ended > 0 && hash_equal(&root, &target->root)) {
        return err_set(
            NG_ERR_REFUSED,
            _("log.key is the key that this log had before entry %llu: put the newer one "
              "back; without it nothing can be added to this log any more"),
            (unsigned long long)ended);
    }
    return hash_equal(&root, &target->root)
               ? NG_OK
               : err_set(NG_ERR_VERIFY,
                         _("the entries given do not continue this log of %llu entries up to their "
                           "signed head of %llu: one of the two is damaged or another log; to put "
                           "everything back, move log/ out of the folder and restore again"),
                         (unsigned long long)l->head.head.size, (unsigned long long)target->size);
}

/* ---- Then: the same leaves again ---- */

/* A change of the log's key may have come back. */
static enum ng_err ledger_restore_keys(struct ledger *l)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(l->store, &t);
    if (e == NG_OK) {
        e = ledger_keys_load(l, t);
    }
    store_end_read(&t);
    return e;
}

static enum ng_err ledger_restore_batch(struct ledger *l, const struct ledger_source *source,
                                        uint64_t end)
{
    struct ledger_admit a;
    struct store_txn *txn = NULL;
    enum ng_err e = store_begin_read(l->store, &txn);
    if (e != NG_OK) {
        return e;
    }
    e = ledger_admit_init(&a, l, txn, LEDGER_RESTORE_BATCH, 0);
    for (uint64_t i = a.first_index; e == NG_OK && i < end; i++) {
        struct bytes encoded;
        e = source->leaf(source->context, i, &encoded);
        if (e == NG_OK) {
            e = err_wrap(ledger_admit_original(&a, i, encoded), _("message %llu"),
                         (unsigned long long)i);
        }
    }
    store_end_read(&txn);
    if (e == NG_OK) {
        e = ledger_append_admitted(l, &a);
    }
    ledger_admit_fini(&a);
    return e == NG_OK ? ledger_restore_keys(l) : e;
}

static enum ng_err ledger_restore_leaves(struct ledger *l, const struct ledger_source *source,
                                         const struct note_head *target)
{
    enum ng_err e = NG_OK;
    while (e == NG_OK && l->head.head.size < target->size) {
        const uint64_t left = target->size - l->head.head.size;
        e = ledger_restore_batch(l, source,
                                 l->head.head.size +
                                     (left < LEDGER_RESTORE_BATCH ? left : LEDGER_RESTORE_BATCH));
    }
    if (e == NG_OK && !hash_equal(&l->head.head.root, &target->root)) {
        e = err_set(NG_ERR_VERIFY, _("the entries changed while they were read"));
    }
    return e;
}

enum ng_err ledger_restore_onto(struct ledger *l, const struct ledger_source *source,
                                const struct note_head *target)
{
    enum ng_err e = ledger_restore_prove(l, source, target);
    return e == NG_OK ? ledger_restore_leaves(l, source, target) : e;
}

/* ---- The whole ---- */

/* Another origin or key: said apart from damage, for the way on is another one. */
static enum ng_err ledger_restore_target(const struct ledger *l, const struct ledger_source *source,
                                         struct note_head *ret)
{
    enum ng_err e = log_keys_verify(&l->keys, l->origin, source->note, ret);
    if (e == NG_ERR_PROTO || e == NG_ERR_VERIFY) {
        return err_set(NG_ERR_VERIFY,
                       _("the head of the entries given is not signed by the key of this log (%s): "
                         "they belong to another log, or log.key does"),
                       l->origin);
    }
    if (e == NG_OK && ret->size <= l->head.head.size) {
        return err_set(NG_ERR_REFUSED,
                       _("nothing to put back: the entries given end at %llu, the log here at "
                         "%llu"),
                       (unsigned long long)ret->size, (unsigned long long)l->head.head.size);
    }
    return e;
}

static enum ng_err ledger_restore_open(const char *folder, const char *head_path,
                                       const char *origin, struct ledger **ret)
{
    char *data = file_join(folder, "log/data.mdb");
    if (data == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", folder);
    }
    const bool there = file_exists(data);
    free(data);
    enum ng_err e =
        there ? ledger_open_below_floor(folder, head_path, ret) : err_plain(NG_ERR_NOT_FOUND);
    /* Also one that has no leaf yet: an earlier restore was refused, or broken off. */
    return e == NG_ERR_NOT_FOUND ? ledger_create_bare(folder, head_path, origin, ret) : e;
}

/* The floor judges the result like at any start. */
static enum ng_err ledger_restore_floor(struct ledger *l, struct ledger_restored *ret)
{
    struct note_head floor = {.size = 0};
    struct store_txn *t = NULL;
    enum ng_err e = ledger_floor_read(l, &floor);
    if (e == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    ret->floor_size = e == NG_OK ? floor.size : 0;
    if (e != NG_OK || floor.size > l->head.head.size) {
        return e;
    }
    e = store_begin_read(l->store, &t);
    if (e == NG_OK) {
        e = ledger_floor_compare(l, t, &l->head.head, &floor);
    }
    store_end_read(&t);
    return e;
}

enum ng_err ledger_restore(const char *folder, const char *head_path, const char *origin,
                           const struct ledger_source *source, struct ledger_restored *ret)
{
    struct ledger *l = NULL;
    struct note_head target = {.size = 0};
    enum ng_err e = ledger_restore_open(folder, head_path, origin, &l);
    if (e != NG_OK) {
        return e;
    }
    *ret = (struct ledger_restored){.size_before = l->head.head.size};
    e = ledger_restore_target(l, source, &target);
    if (e == NG_OK) {
        e = ledger_restore_onto(l, source, &target);
    }
    ret->size = l->head.head.size;
    if (e == NG_OK) {
        e = ledger_restore_floor(l, ret);
    }
    if (e != NG_OK || ret->floor_size > ret->size) {
        ledger_state_stop(l, e != NG_OK ? e : NG_ERR_CORRUPT); /* closing leaves the floor alone */
    }
    ledger_close(&l);
    return e;
}
