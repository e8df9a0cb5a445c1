/* The log: statements appended in one order, once, with their Merkle tree, signed tree head,
 * per-author high-water marks and inbox index, all in one synced transaction (group commit).
 *
 * Happy path: the broker gathers what came in one turn of its loop, calls ledger_append once, and
 * then answers from the results with proofs against the one new head. What fails: a refused item
 * does not harm its neighbours; a storage error refuses the whole batch and is final for writing.
 */
#ifndef NGANAM_LEDGER_LEDGER_H
#define NGANAM_LEDGER_LEDGER_H

#include "ledger/leaf.h"
#include "ledger/note.h"
#include "ledger/previous.h"
#include "ledger/receipt.h"
#include "ledger/refusal.h"
#include "ledger/registry.h"
#include "ledger/tree.h"

struct workers; /* base/workers.h */

/* An Entries frame has room for the largest leaf with its proof, the head and its proof. */
_Static_assert(LEAF_HEADER_SIZE + STATEMENT_LOG_SIZE_MAX + KEY_SIGNATURE_SIZE +
                       TREE_PROOF_MAX * HASH_SIZE + NOTE_SIZE_MAX + 256 <=
                   WIRE_FRAME_MAX,
               "the largest leaf fits a frame");

struct ledger;

/* Makes a log: store in folder/log, key in folder/log.key (0600), genesis as leaf 0, the head floor
 * in folder/head or at head_path. NG_ERR_BUSY / NG_ERR_REFUSED if one is there already. */
enum ng_err ledger_create(const char *folder, const char *head_path, const char *origin,
                          uint64_t now_ms) NG_MUST_USE;

/* The same, with the log in its first leaf that it follows. */
enum ng_err ledger_create_after(const char *folder, const char *head_path, const char *origin,
                                const struct previous *previous, uint64_t now_ms) NG_MUST_USE;

enum ledger_mode { LEDGER_READ, LEDGER_WRITE };
/* WRITE checks the last signed root against the nodes, the tail of the log, and the head floor
 * (folder/head unless head_path is given): below the floor, or different at its size, the ledger is
 * read-only (ledger_read_only says why) and signs nothing. */
enum ng_err ledger_open(const char *folder, const char *head_path, enum ledger_mode mode,
                        struct ledger **ret) NG_MUST_USE;
/* Writes the head floor when it is behind. */
void ledger_close(struct ledger **l);

const char *ledger_origin(const struct ledger *l);
const uint8_t *ledger_log_id(const struct ledger *l); /* LOG_ID_SIZE bytes */
/* The present key, and all there were: of what was read last. */
const struct key_public *ledger_log_key(const struct ledger *l);
const struct log_keys *ledger_log_keys(const struct ledger *l);
/* The statements that changed it, the oldest first, as a Welcome carries them. Borrowed from the
 * transaction. */
enum ng_err ledger_key_changes(struct ledger *l, struct store_txn *t,
                               struct wire_signed ret[WIRE_KEY_CHANGES_MAX],
                               size_t *ret_count) NG_MUST_USE;
/* The log that it follows; size 0: none. */
enum ng_err ledger_previous(struct ledger *l, struct previous *ret) NG_MUST_USE;
const char *ledger_read_only(const struct ledger *l); /* reason, or NULL */
const char *ledger_head_path(const struct ledger *l); /* of the head floor */
/* WRITE mode: a head floor was there when the log was opened, or has been written since. */
bool ledger_has_floor(const struct ledger *l);
/* WRITE mode: the log's file is not the one this folder last had: a copy was put back, and may lack
 * the newest leaves, whatever the floor says (it may be a copy too). */
bool ledger_is_copy(const struct ledger *l);
/* From now on this file is the log. */
enum ng_err ledger_accept_copy(struct ledger *l) NG_MUST_USE;
/* WRITE mode: the newest leaf's time, as far as the tail could be read when it was opened. */
uint64_t ledger_last_received_at(const struct ledger *l);
struct store *ledger_store(struct ledger *l); /* for a transaction of several reads */
/* Signatures of a batch are checked by these threads too; borrowed until the ledger is closed. NULL
 * (as it begins): by the caller alone. */
void ledger_use_workers(struct ledger *l, struct workers *workers);
/* Signs a message of the log itself (the office's first invite at init). WRITE mode only. */
enum ng_err ledger_author_log(struct ledger *l, uint32_t kind, const struct party_code *to,
                              struct bytes payload, uint64_t now_ms,
                              uint64_t *ret_index) NG_MUST_USE;

/* For so long after a change every head carries the line of the key before it, too. */
#define LEDGER_BOTH_KEYS_MS (UINT64_C(30) * 86400000)
/* Gives the log a new key; WRITE mode only. The new private key is in folder/log.key.new before its
 * entry is logged, the present one in log.key.old; then log.key is replaced. Cut off anywhere, the
 * next opening finds the key that the log says is its own. NG_ERR_LIMIT: it was changed too often.
 */
enum ng_err ledger_rotate(struct ledger *l, uint64_t now_ms, uint64_t *ret_index) NG_MUST_USE;
/* Signs with the log's key what is neither head nor statement; the message begins with a domain of
 * its own. WRITE mode only; false: the log is read-only, and its key signs nothing. */
bool ledger_sign(const struct ledger *l, struct bytes message,
                 uint8_t ret_signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;

/* One statement on its way in. The caller fills statement and signature (borrowed until the call
 * returns), everything else with zeros; the ledger fills the rest. */
struct ledger_item {
    struct bytes statement;
    struct bytes signature;
    struct key_public key;        /* out: the author's key */
    struct party_code invited_as; /* in: set when the connection holds only an invite */
    enum refusal refusal;         /* out: REFUSAL_OK: logged, now or before */
    bool duplicate;               /* out: was logged before */
    uint64_t seq;                 /* out, as far as it could be read */
    uint64_t index;               /* out, when logged */
    uint64_t received_at;         /* out, when logged */
    uint64_t expected_seq;        /* out, with REFUSAL_GAP */
    struct party_code author;     /* out, as far as it could be read */
    uint32_t kind;                /* out */
    bool signature_checked;       /* the ledger's own: checked ahead, under `key`, … */
    bool signature_holds;         /* … with this result */
};

/* Checks signatures of items before they go, with others or alone, into the next ledger_append.
 * Decides nothing and may be left out: ledger_append checks what is left. What was found counts for
 * one append, of the very same bytes. */
void ledger_signatures_check(struct ledger *l, struct store_txn *t, struct ledger_item *items,
                             size_t count);

/* Checks, cheapest first: size, domain, log_id, author and epoch known and not frozen, kind and
 * addressee allowed, signature, seq and prev. Appends all that pass in one transaction with one
 * signed head, and returns after the sync. received_at is max(now_ms, the last leaf's). Nothing to
 * append: no transaction. A fork is logged once as evidence by `log` and freezes the epoch.
 * NG_ERR_FULL, NOMEM, BUSY: nothing was written, may be tried again; other errors are final for
 * writing. With an error every item is refused (FULL or READ_ONLY), and so are all that come to a
 * ledger that is read-only (NG_OK, READ_ONLY). */
enum ng_err ledger_append(struct ledger *l, struct ledger_item *items, size_t count,
                          uint64_t now_ms) NG_MUST_USE;

/* The newest committed head, as signed. Gives a copy. */
struct ledger_head {
    struct note_head head;
    char note[NOTE_SIZE_MAX];
    size_t note_size;
};
enum ng_err ledger_head(struct ledger *l, struct ledger_head *ret) NG_MUST_USE;

/* The reads below take a store transaction (store_begin_read(ledger_store(l), …)), so that proofs
 * and head come from one snapshot: ledger_head_in gives the head of that snapshot. */
enum ng_err ledger_head_in(struct ledger *l, struct store_txn *t,
                           struct ledger_head *ret) NG_MUST_USE;
/* The leaf's bytes, re-hashed against the tree: NG_ERR_CORRUPT (naming the index) if they differ,
 * NG_ERR_NOT_FOUND beyond the end. Borrowed from the transaction, which grows by leaves that lie
 * across a chunk's end: whoever walks the log takes a new one now and then. */
enum ng_err ledger_leaf(struct ledger *l, struct store_txn *t, uint64_t index,
                        struct bytes *ret_leaf) NG_MUST_USE;
/* A complete subtree's hash as it is stored: proved by nothing but the root it leads to. */
enum ng_err ledger_node(struct store_txn *t, unsigned level, uint64_t index,
                        struct hash *ret) NG_MUST_USE;
enum ng_err ledger_inclusion(struct ledger *l, struct store_txn *t, uint64_t index, uint64_t size,
                             struct tree_proof *ret) NG_MUST_USE;
enum ng_err ledger_consistency(struct ledger *l, struct store_txn *t, uint64_t old_size,
                               uint64_t new_size, struct tree_proof *ret) NG_MUST_USE;
/* The first index ≥ from that is addressed to this party or to everyone; NG_ERR_NOT_FOUND. */
enum ng_err ledger_inbox_next(struct ledger *l, struct store_txn *t, const char *party,
                              uint64_t from, uint64_t *ret_index) NG_MUST_USE;
/* The index of an author's statement; NG_ERR_NOT_FOUND. */
enum ng_err ledger_find(struct ledger *l, struct store_txn *t, const char *author, uint32_t epoch,
                        uint64_t seq, uint64_t *ret_index) NG_MUST_USE;

/* A head with this log's signature that the log contradicts: somebody has seen entries that are
 * lost here. From now on nothing is written or signed, and the note becomes the head floor, so that
 * every later start stops the same way until the newest log is put back. `why` is the reason that
 * ledger_read_only gives. Safe in memory at once; an error says that the file was not written.
 * NG_ERR_VERIFY: no such signature, nothing was done. */
enum ng_err ledger_stop_at(struct ledger *l, struct bytes note, const char *why) NG_MUST_USE;

/* Nothing is written or signed from now on, for the reason last given to err_set: what a read found
 * damaged must not be built upon. */
void ledger_stop(struct ledger *l, enum ng_err why);

/* Writes the head floor file if the newest head is not in it yet; call at most once a second. */
enum ng_err ledger_write_floor(struct ledger *l) NG_MUST_USE;

/* Re-reads everything: every leaf's form, hash, signature, author key (registry folded anew), seq
 * and prev, received_at order, every node, the signed head, the indexes, and that the log is not
 * below the head floor or different at its size. Calls `fault` for each damaged index; what
 * concerns the log as a whole comes with its size as index. NG_ERR_VERIFY when there was any;
 * ret->leaves counts up meanwhile. A floor that cannot be read is an error of its own, no file no
 * objection. A suspect file can raise SIGBUS: callers run it in a child. */
/* kind: one of few English words for a program (docs/files.md); what: for a person. */
typedef void (*ledger_fault_fn)(void *context, uint64_t index, const char *kind, const char *what);
/* The newest cosigned head that came with an export, and how many of those that count hold it. */
struct ledger_cosigned {
    uint64_t size; /* 0: none came */
    size_t count, parties, needed;
};
struct ledger_check {
    uint64_t leaves;
    uint64_t faults;
    struct note_head head;
    uint64_t floor_size; /* of the head floor; 0: there is none, or it is no head of this log */
    struct previous previous; /* the log that it follows */
    struct ledger_cosigned cosigned;
    uint64_t known_size; /* of a head brought from elsewhere (audit/verify.h); 0: none was */
};
enum ng_err ledger_verify(struct ledger *l, ledger_fault_fn fault, void *context,
                          struct ledger_check *ret) NG_MUST_USE;

#endif
