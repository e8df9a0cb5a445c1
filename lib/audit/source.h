/* A log to be read, wherever it lies: the broker's own store, a mirror of it, an exported folder.
 * Whatever lists, shows, proves, exports or verifies is written over this and nothing else.
 *
 * Reads happen between source_begin and source_end, in which the log does not move. Hold none for
 * long: walk in pieces (source_walk). */
#ifndef NGANAM_AUDIT_SOURCE_H
#define NGANAM_AUDIT_SOURCE_H

#include "ledger/ledger.h"
#include "ledger/registry.h"

struct source;

enum source_receipt { SOURCE_RECEIPT_UNKNOWN, SOURCE_RECEIPT_HELD, SOURCE_RECEIPT_MISSING };

struct source_ops {
    /* Begins a snapshot. ret_head: the newest signed head that all leaves are there for. note_size
     * 0: leaves are there, a signed head of exactly them is not (a mirror that is catching up). */
    enum ng_err (*begin)(struct source *s, struct ledger_head *ret_head);
    void (*end)(struct source *s);
    /* NG_ERR_CORRUPT or NG_ERR_VERIFY where the stored bytes are damaged: the detail says how.
     * NG_ERR_NOT_FOUND beyond the end. Borrowed until the next call. */
    enum ng_err (*leaf)(struct source *s, uint64_t index, struct bytes *ret);
    /* A complete subtree's hash, as tree_read_fn. */
    enum ng_err (*node)(struct source *s, unsigned level, uint64_t index, struct hash *ret);
    /* Whether a receipt is held here for this statement. NULL: nobody here would know. */
    enum ng_err (*receipt)(struct source *s, const struct statement *statement,
                           enum source_receipt *ret);
    /* Who vouches for the log beside its own key, within a snapshot and as of it; each NULL where
     * nothing is known of it. parties: the registry's, in order of their codes. cosigned: the
     * newest final head, or the newest that anybody has cosigned, of at most the snapshot's size, a
     * whole note with the lines of the parties that count. NG_ERR_AGAIN: known of another moment
     * just now. */
    enum ng_err (*parties)(struct source *s, registry_each_fn fn, void *context);
    enum ng_err (*cosigned)(struct source *s, struct buf *to);
    void (*close)(struct source *s);
};

struct source {
    const struct source_ops *ops;
    void *self;
    void *beside; /* for whoever gives cosigned; NULL */
    char origin[NOTE_ORIGIN_MAX + 1];
    struct log_keys log_keys; /* as of the newest source_begin */
};

/* The ledger is borrowed. */
enum ng_err source_of_ledger(struct ledger *l, struct source *ret) NG_MUST_USE;
/* Of such a source, within a snapshot. */
struct store_txn *source_ledger_txn(const struct source *s);
void source_close(struct source *s); /* a zeroed one is fine */

enum ng_err source_begin(struct source *s, struct ledger_head *ret_head) NG_MUST_USE;
void source_end(struct source *s);
enum ng_err source_leaf(struct source *s, uint64_t index, struct bytes *ret) NG_MUST_USE;
/* A tree_read_fn; the context is the struct source. */
enum ng_err source_node(void *source, unsigned level, uint64_t index, struct hash *ret) NG_MUST_USE;

/* Each leaf in [from, to), in short snapshots. A leaf that cannot be read for damage is given with
 * no bytes and the reason in err_explain(damage); any other error ends the walk. fn's NG_ERR_AGAIN
 * ends it with NG_OK. */
typedef enum ng_err (*source_walk_fn)(void *context, uint64_t index, struct bytes leaf,
                                      enum ng_err damage);
enum ng_err source_walk(struct source *s, uint64_t from, uint64_t to, source_walk_fn fn,
                        void *context) NG_MUST_USE;

#endif
