/* Full verification: everything the log claims, from its bytes alone.
 *
 * Each leaf is judged where it stands: its bytes against its hash, its hash against the hashes
 * stored above it, its signature against the key in it. So one damaged place names its own index
 * and not all that follow. Beside that the history is judged in the order of the log (history.h).
 * From the first damaged leaf on it has a hole and is no longer judged, the rest still is. At the
 * end the folded rows must be those in the store.
 *
 * Leaves are read in windows of a few hundred, each in a transaction of its own, so that a running
 * writer can reuse pages; the last window and the comparison share one, in which nothing moves. The
 * head floor is read before all of them, so a running writer that raises it is no contradiction.
 */
#include "base/lang.h"
#include "base/omap.h"
#include "ledger/history.h"
#include "ledger/ledger_floor.h"
#include "ledger/ledger_index.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_overlay.h"
#include "ledger/ledger_state.h"
#include "ledger/ledger_stream.h"
#include "ledger/ledger_table.h"
#include "ledger/registry_row.h"

#include <stdio.h>
#include <string.h>

enum { WINDOW = 256 };

struct ledger_verify_run {
    struct ledger *ledger;
    struct store_txn *txn;
    ledger_fault_fn fault;
    void *context;
    uint64_t faults;
    struct history *history;
    uint64_t received_at; /* of the last leaf that held */
    uint64_t inbox_count;
    uint64_t end;      /* of the stream so far */
    enum ng_err error; /* why it cannot go on */
    struct ledger_check *progress;
    struct note_head floor;              /* size 0: there is none */
    char floor_fault[LEDGER_REASON_MAX]; /* the file is no head of this log */
};

/* Reports what the stored bytes are to blame for; anything else (memory) ends the verification, for
 * it says nothing about the log. */
static bool ledger_verify_blames(struct ledger_verify_run *r, enum ng_err e)
{
    bool blames = e == NG_ERR_CORRUPT || e == NG_ERR_PROTO || e == NG_ERR_LIMIT ||
                  e == NG_ERR_NOT_FOUND || e == NG_ERR_VERIFY;
    if (!blames) {
        r->error = e;
    }
    return blames;
}

static void ledger_verify_fault(struct ledger_verify_run *r, uint64_t index, const char *kind,
                                const char *what)
{
    r->faults++;
    r->fault(r->context, index, kind, what);
}

/* ---- One leaf by itself ---- */

/* Every hash stored with the leaf above its own is made of the two below it. */
static void ledger_verify_nodes(struct ledger_verify_run *r, uint64_t index,
                                const struct ledger_nodes *nodes)
{
    for (unsigned level = 1; level < nodes->count; level++) {
        struct hash left;
        const enum ng_err e =
            ledger_nodes_read(r->txn, level - 1, ((index + 1) >> (level - 1)) - 2, &left);
        if (e != NG_OK) {
            (void)ledger_verify_blames(r, e); /* a damaged record is named at its own index */
            continue;
        }
        struct hash node = tree_node(&left, &nodes->hashes[level - 1]);
        if (!hash_equal(&node, &nodes->hashes[level])) {
            ledger_verify_fault(r, index, "tree",
                                _("a hash of the tree stored with this leaf is damaged"));
        }
    }
}

/* The leaf's bytes if they have the stored hash and form; every fault is reported. */
static bool ledger_verify_bytes(struct ledger_verify_run *r, uint64_t index, struct leaf *ret)
{
    struct ledger_nodes nodes;
    struct ledger_nodes_place place;
    struct bytes encoded;
    enum ng_err e = ledger_nodes_get(r->txn, index, &nodes);
    if (e == NG_OK) {
        ledger_verify_nodes(r, index, &nodes);
        r->end = nodes.end;
        e = ledger_nodes_place(r->txn, index, &place);
    }
    if (e == NG_OK) {
        e = ledger_stream_read(r->txn, place.at, place.size, &encoded);
    }
    if (e != NG_OK) {
        if (ledger_verify_blames(r, e)) {
            ledger_verify_fault(r, index, "unreadable", err_explain(e));
        }
        return false;
    }
    struct hash hash = leaf_hash(encoded);
    if (!hash_equal(&hash, &place.hash)) {
        ledger_verify_fault(r, index, "hash", _("its bytes do not have its hash"));
        return false;
    }
    if (leaf_decode(encoded, ret) != NG_OK || ret->index != index) {
        ledger_verify_fault(r, index, "form", _("it is no leaf, or has another index"));
        return false;
    }
    if (leaf_verify(ret) != NG_OK) {
        ledger_verify_fault(r, index, "signature", _("its signature does not hold"));
        return false;
    }
    return true;
}

/* ---- One leaf in its place ---- */

static void ledger_verify_inbox(struct ledger_verify_run *r, uint64_t index,
                                const struct statement *s)
{
    struct registry_fold_rows rows = ledger_overlay_registry(history_rows(r->history));
    struct party_code inbox;
    uint64_t found = UINT64_MAX;
    enum ng_err e = registry_fold_inbox(&rows, s, &inbox);
    if (e != NG_OK) {
        r->error = e;
    } else if (inbox.text[0] != '\0') {
        r->inbox_count++;
        e = ledger_index_next_inbox(r->txn, inbox.text, index, &found);
        if ((e == NG_OK && found != index) || (e != NG_OK && ledger_verify_blames(r, e))) {
            ledger_verify_fault(r, index, "index", _("it is missing in its addressee's inbox"));
        }
    }
}

static void ledger_verify_leaf(struct ledger_verify_run *r, uint64_t index)
{
    struct leaf leaf;
    struct statement s;
    if (!ledger_verify_bytes(r, index, &leaf)) {
        history_break(r->history);
        return;
    }
    if (leaf.received_at < r->received_at) {
        ledger_verify_fault(r, index, "clock", _("it was received before the leaf in front of it"));
    }
    r->received_at = leaf.received_at;
    const char *wrong = NULL;
    if (statement_decode(leaf.statement, &s) != NG_OK) {
        history_break(r->history);
        wrong = _("it holds no statement");
    } else if (r->error == NG_OK) {
        r->error = history_take(r->history, &leaf, &s, &wrong);
    }
    if (r->error != NG_OK) {
        return;
    }
    if (wrong != NULL) {
        ledger_verify_fault(r, index, "history", wrong);
        return;
    }
    ledger_verify_inbox(r, index, &s);
}

/* ---- The whole ---- */

/* The folded rows against the stored ones of the same tables. */
static enum ng_err ledger_verify_rows(struct ledger_verify_run *r, uint64_t size)
{
    uint64_t counts[LEDGER_TABLE_COUNT] = {0};
    struct bytes key;
    struct bytes value;
    for (size_t i = 0; omap_at(history_rows(r->history)->changes, i, &key, &value); i++) {
        unsigned table = key.data[0];
        struct bytes stored;
        key = (struct bytes){key.data + 1, key.size - 1};
        enum ng_err e = store_get(r->txn, table, key, &stored);
        if (e == NG_OK && table == LEDGER_TABLE_REGISTRY) {
            e = registry_row_open(key, stored, &stored);
        }
        if (e != NG_OK && !ledger_verify_blames(r, e)) {
            return e;
        }
        if (e != NG_OK || stored.size != value.size ||
            memcmp(stored.data, value.data, value.size) != 0) {
            ledger_verify_fault(r, size, "index",
                                table == LEDGER_TABLE_REGISTRY
                                    ? _("a row of the registry is not what the log says")
                                    : _("a row of the index of authors is not what the log says"));
        }
        counts[table]++;
    }
    for (unsigned table = LEDGER_TABLE_AUTHORS; table <= LEDGER_TABLE_REGISTRY; table++) {
        uint64_t stored = 0;
        enum ng_err e = store_count(r->txn, table, &stored);
        if (e != NG_OK) {
            return e;
        }
        if (stored != (table == LEDGER_TABLE_INBOX ? r->inbox_count : counts[table])) {
            ledger_verify_fault(r, size, "index",
                                _("an index has more or fewer rows than the log says"));
        }
    }
    return NG_OK;
}

static enum ng_err ledger_verify_whole(struct ledger_verify_run *r, const struct note_head *head)
{
    struct hash root;
    uint64_t chunks = 0;
    uint64_t leaves = 0;
    enum ng_err e = tree_root(head->size, ledger_nodes_read, r->txn, &root);
    if (e != NG_OK && !ledger_verify_blames(r, e)) {
        return e;
    }
    if (e != NG_OK || !hash_equal(&root, &head->root)) {
        ledger_verify_fault(r, head->size, "root",
                            _("the tree does not have the root that was signed"));
    }
    e = store_count(r->txn, LEDGER_TABLE_STREAM, &chunks);
    if (e == NG_OK) {
        e = store_count(r->txn, LEDGER_TABLE_NODES, &leaves);
    }
    if (e != NG_OK) {
        return e;
    }
    if (leaves != head->size ||
        chunks != (r->end + LEDGER_STREAM_CHUNK - 1) / LEDGER_STREAM_CHUNK) {
        ledger_verify_fault(r, head->size, "rows",
                            _("the log has more or fewer rows than its head says"));
    }
    if (!history_whole(r->history)) {
        return NG_OK;
    }
    bool agree = false;
    e = history_check_keys(r->history, &r->ledger->keys, head->size, &agree);
    if (e == NG_OK && (!agree || log_keys_lacks(&r->ledger->keys))) {
        ledger_verify_fault(r, head->size, "keys", _("the log's name or key is damaged"));
    }
    return e == NG_OK ? ledger_verify_rows(r, head->size) : e;
}

/* The log may be above its floor; below it, or different there, it is an old or another copy. */
static enum ng_err ledger_verify_floor(struct ledger_verify_run *r, const struct note_head *head)
{
    if (r->floor_fault[0] != '\0') {
        ledger_verify_fault(r, head->size, "head_file", r->floor_fault);
        return NG_OK;
    }
    enum ng_err e =
        r->floor.size > 0 ? ledger_floor_compare(r->ledger, r->txn, head, &r->floor) : NG_OK;
    if (e == NG_OK || !ledger_verify_blames(r, e)) {
        return e;
    }
    ledger_verify_fault(r, head->size, "head_file", err_explain(e));
    return NG_OK;
}

/* Before the first transaction: what the file says is in the log by now. */
static enum ng_err ledger_verify_read_floor(struct ledger_verify_run *r)
{
    enum ng_err e = ledger_floor_read(r->ledger, &r->floor);
    if (e == NG_ERR_CORRUPT) {
        (void)snprintf(r->floor_fault, sizeof(r->floor_fault), "%s", err_explain(e));
    }
    return e == NG_ERR_CORRUPT || e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

/* One transaction: leaves from `from` on, a window of them or, once the end is near, all. */
static enum ng_err ledger_verify_window(struct ledger_verify_run *r, uint64_t *from,
                                        struct note_head *ret_head, bool *ret_done)
{
    struct ledger_head head;
    enum ng_err e = store_begin_read(r->ledger->store, &r->txn);
    if (e != NG_OK) {
        return e;
    }
    e = ledger_head_in(r->ledger, r->txn, &head);
    if (e == NG_OK) {
        bool last = head.head.size - *from <= WINDOW;
        uint64_t end = last ? head.head.size : *from + WINDOW;
        for (; *from < end && r->error == NG_OK; ++*from) {
            r->progress->leaves = *from; /* for whoever survives this process */
            ledger_verify_leaf(r, *from);
        }
        *ret_head = head.head;
        *ret_done = last;
        e = r->error;
        if (last && e == NG_OK) {
            e = ledger_verify_whole(r, &head.head);
        }
        if (last && e == NG_OK) {
            e = ledger_verify_floor(r, &head.head);
        }
    }
    store_end_read(&r->txn);
    return e;
}

enum ng_err ledger_verify(struct ledger *l, ledger_fault_fn fault, void *context,
                          struct ledger_check *ret)
{
    struct ledger_verify_run r = {.ledger = l, .fault = fault, .context = context, .progress = ret};
    struct note_head head = {.size = 0};
    uint64_t from = 0;
    bool done = false;
    *ret = (struct ledger_check){0};
    enum ng_err e = ledger_verify_read_floor(&r);
    if (e == NG_OK) {
        e = history_new(l->origin, &l->keys, &r.history);
    }
    while (e == NG_OK && !done) {
        e = ledger_verify_window(&r, &from, &head, &done);
    }
    if (e == NG_OK) {
        *ret = (struct ledger_check){.leaves = head.size,
                                     .faults = r.faults,
                                     .head = head,
                                     .floor_size = r.floor.size,
                                     .previous = *history_previous(r.history)};
    }
    history_destroy(&r.history);
    if (e != NG_OK) {
        return e;
    }
    if (r.faults > 0) {
        return err_set(NG_ERR_VERIFY, _("%s: damage in %llu places of %llu leaves"),
                       store_path(l->store), (unsigned long long)r.faults,
                       (unsigned long long)head.size);
    }
    return NG_OK;
}
