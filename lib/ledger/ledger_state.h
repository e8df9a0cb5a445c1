/* The insides of a ledger, for lib/ledger alone. */
#ifndef NGANAM_LEDGER_LEDGER_STATE_H
#define NGANAM_LEDGER_LEDGER_STATE_H

#include "ledger/ledger.h"

enum { LEDGER_REASON_MAX = 512 };

struct ledger {
    enum ledger_mode mode;
    struct store *store;
    struct workers *workers; /* borrowed; NULL: none */
    char *head_path;
    int lock_fd; /* WRITE: held on folder/log/writer.lock */
    char origin[NOTE_ORIGIN_MAX + 1];
    uint8_t log_id[LOG_ID_SIZE];
    struct key_public founded;         /* the key that this store was begun with */
    struct log_keys keys;              /* all the log has had; what is to come behind them */
    struct key_pair pair;              /* WRITE: signs */
    bool key_locked;                   /* WRITE: its file is under a passphrase */
    struct key_pair old;               /* WRITE: the key before it, signs heads too … */
    uint64_t old_until;                /* … of leaves received before then; 0: not */
    struct ledger_head head;           /* the newest verified; size 0: none */
    uint64_t last_received_at;         /* WRITE: the last leaf's */
    bool copied;                       /* WRITE: the file is not where it was made */
    uint64_t floor_size;               /* WRITE: of the head in the floor file; 0: none */
    char read_only[LEDGER_REASON_MAX]; /* WRITE: why nothing is written; "": it is */
    struct note_head wanted; /* … and that is only because this head lies beyond the end; size 0:
                                there is another reason, or none */
    struct ledger_offers *offers; /* ledger_offer.c: leaves on their way back; NULL: none */
};

/* From now on nothing is written or signed; the reason is the error's detail. It takes the place of
 * being behind: what was lost may come back, this needs a person. */
void ledger_state_stop(struct ledger *l, enum ng_err why);
/* Stops too: this log's key signed `head`, which the log does not have. Beyond the end it is wanted
 * from now on, unless another of its size is. */
void ledger_state_stop_below(struct ledger *l, enum ng_err why, const struct note_head *head);

/* The head as it lies in the transaction's snapshot, verified. NG_ERR_NOT_FOUND: an empty store. */
enum ng_err ledger_state_head(struct ledger *l, struct store_txn *t,
                              struct ledger_head *ret) NG_MUST_USE;

#endif
