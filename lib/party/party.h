/* A party: keys, a durable outbox, an uplink to the broker, a durable inbox, kept receipts.
 * ward-agent and office-service are both built on it.
 *
 *     author ──> outbox ──(uplink)──> broker            the receipt is verified, and only then is
 * the └── receipt kept, statement delivered <── answer        statement out of the outbox inbox <──
 * verified leaves, each head consistent with the last
 *
 * Several processes use one data directory: any may author and read; whoever holds the uplink lock
 * talks to the broker. A process that authored without holding it wakes the holder (DATA/wake) and
 * waits on the store; if nobody holds it, it takes the lock and runs the uplink itself.
 */
#ifndef NGANAM_PARTY_PARTY_H
#define NGANAM_PARTY_PARTY_H

#include "base/clock.h"
#include "ledger/leaf.h"
#include "ledger/note.h"
#include "ledger/receipt.h"
#include "ledger/tree.h"
#include "party/identity.h"

struct party;

/* NG_ERR_NOT_FOUND when the folder holds no identity ("enrol first"), ACCESS, VERSION, FULL … */
enum ng_err party_open(const char *folder, struct party **ret) NG_MUST_USE;
void party_close(struct party **p);
const struct identity *party_identity(const struct party *p);
const char *party_folder(const struct party *p);
struct store *party_store(struct party *p);

/* One statement to write. cause: up to 64 bytes that name why it is written; a cause is authored
 * once for ever (empty: no such check). What goes to one party or to everyone gets to_seq appended
 * here (to_seq.h: protobuf lets a field be added behind what is encoded); like seq it counts from 1
 * in each epoch. */
struct party_draft {
    uint32_t kind;
    struct party_code to;     /* "" the office, "*" everyone */
    struct party_code copied; /* an invite's party if that has a key: it is in that inbox too */
    struct bytes payload;
    struct bytes cause;
    /* Adds the payload's end, once the statement's place is known: of `place` all but the payload
     * is set. NULL: nothing is added. Called while the folder is locked for writing. */
    enum ng_err (*finish)(void *context, const struct statement *place, struct buf *payload);
    void *finish_context;
};
/* Signs and stores all of them in one synced transaction; ret_seqs[i] is 0 for a cause that was
 * authored before. NG_ERR_REFUSED: this is an old copy, or frozen: author nothing, enrol again. */
enum ng_err party_author(struct party *p, const struct party_draft *drafts, size_t count,
                         int64_t now_ms, uint64_t *ret_seqs) NG_MUST_USE;

struct party_status {
    uint32_t epoch;
    uint64_t authored;   /* newest own seq in this epoch */
    uint64_t delivered;  /* all up to here have a verified receipt */
    uint64_t outbox;     /* authored − delivered */
    uint64_t last_index; /* of the newest leaf read (inbox, or log for the office) */
    bool last_index_known;
    uint64_t inbox_next;     /* next index to ask the broker for */
    struct note_head head;   /* newest verified; size 0: none yet */
    uint64_t log_key_index;  /* of the entry that brought the log's present key; 0: the first */
    uint32_t alarm_count;    /* not read yet */
    int64_t last_contact_ms; /* wall; 0: never */
    uint64_t role;           /* enum wire_role, as the broker says; 0: not told yet */
};
enum ng_err party_status(struct party *p, struct party_status *ret) NG_MUST_USE;

/* Alarms are raised until they are read by a person, and never dropped: those not read yet … */
typedef enum ng_err (*party_alarm_fn)(void *context, int64_t at_ms, const char *text);
enum ng_err party_alarms(struct party *p, party_alarm_fn fn, void *context) NG_MUST_USE;
/* … and any of them, by its number from 1; NG_ERR_NOT_FOUND. evidence may be NULL. */
struct party_alarm {
    uint64_t number;
    int64_t at_ms;
    int64_t read_ms; /* 0: not read yet */
    size_t evidence_size;
    const char *text; /* in `text` of the call */
};
enum ng_err party_alarm_get(struct party *p, uint64_t number, struct party_alarm *ret,
                            struct buf *text, struct buf *evidence) NG_MUST_USE;
/* A person has read it (0: all of them). NG_ERR_NOT_FOUND. */
enum ng_err party_alarm_read(struct party *p, uint64_t number, int64_t now_ms) NG_MUST_USE;

/* An own statement, signature and receipt (receipt empty: not delivered yet). NG_ERR_NOT_FOUND. */
struct party_own {
    uint64_t seq;
    bool delivered;
    uint64_t index;       /* delivered */
    uint64_t received_at; /* delivered */
};
enum ng_err party_own_get(struct party *p, uint64_t seq, struct party_own *ret,
                          struct buf *statement, struct buf *receipt_text) NG_MUST_USE;
/* The same of any epoch, the party's earlier keys. */
enum ng_err party_own_of(struct party *p, uint32_t epoch, uint64_t seq, struct party_own *ret,
                         struct buf *statement, struct buf *receipt_text) NG_MUST_USE;

/* The public key of an epoch, the present or an earlier one; NG_ERR_NOT_FOUND: this folder wrote
 * nothing in it. */
enum ng_err party_key_of(struct party *p, uint32_t epoch, struct key_public *ret) NG_MUST_USE;

/* The first epoch ≥ from that this folder has statements of; NG_ERR_NOT_FOUND. */
enum ng_err party_next_epoch(struct party *p, uint32_t from, uint32_t *ret_epoch) NG_MUST_USE;

/* The inbox's first leaf with index ≥ from; NG_ERR_NOT_FOUND at the end. Copies the encoded leaf.
 */
enum ng_err party_inbox_next(struct party *p, uint64_t from, uint64_t *ret_index,
                             struct buf *leaf) NG_MUST_USE;

/* ---- Talking to the broker ---- */

/* A log reader's sink (the office): where it stands, and what to do with a verified batch, which it
 * must store durably in one transaction together with the edge. */
struct party_reader {
    void *context;
    enum ng_err (*position)(void *context, struct tree_edge *ret_edge);
    enum ng_err (*apply)(void *context, const struct bytes *leaves, size_t count,
                         const struct tree_edge *edge_after, const struct note_head *head);
    /* After apply gave NG_ERR_VERIFY: which of its leaves the broker may not have put into the log
     * (the error's words say why); SIZE_MAX: it was not the broker. NULL: never it. */
    size_t (*accused)(void *context);
};

struct party_run {
    const struct party_reader *reader; /* NULL: read the inbox */
    int64_t timeout_ms;                /* −1: none. Reached: NG_ERR_PEER */
    int stop_fd;                       /* readable: end with NG_OK; −1: none */
    /* Called after every turn and at least as often as done_ms says; true: end with NG_OK. */
    bool (*done)(void *context);
    void *done_context;
    /* How soon `done` wants to be called again; NULL: within a second. */
    int64_t (*done_ms)(void *context);
    /* Once, when the lock is held and before the broker is tried; may be NULL. */
    void (*started)(void *context);
    /* First time connected and welcomed; may be NULL. */
    void (*ready)(void *context);
};

/* Takes the uplink lock (NG_ERR_BUSY if another process has it), connects, delivers the outbox,
 * reads the inbox or the log, reconnects for as long as it takes. With a time limit also:
 * NG_ERR_REFUSED as soon as it is known that what is in the outbox will not be taken (old copy,
 * frozen, void, key not admitted: the detail is the alarm's text), and at the limit NG_ERR_VERIFY
 * instead of PEER when the broker lied on the way. Errors of the reader's functions are returned.
 */
enum ng_err party_run(struct party *p, const struct party_run *options) NG_MUST_USE;

/* Delivers everything authored so far and reads the inbox to the head, by itself or by waking the
 * process that holds the uplink. NG_ERR_PEER after the timeout; what is undelivered stays safe. */
enum ng_err party_send(struct party *p, int64_t timeout_ms) NG_MUST_USE;

/* Nudges the process that holds the uplink (no error if there is none). */
void party_wake(const char *folder);

#endif
