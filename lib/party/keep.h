/* What one frame of the broker leaves behind, written in one transaction: receipts and the
 * delivered mark, inbox leaves and the next index, the newest head, an alarm. Nothing counts before
 * it is here. */
#ifndef NGANAM_PARTY_KEEP_H
#define NGANAM_PARTY_KEEP_H

#include "ledger/receipt.h"
#include "party/cosigned.h"
#include "party/identity.h"
#include "party/seen.h"
#include "proto/wire_queue.h"
#include "store/store.h"

struct keep_receipt {
    uint64_t seq;
    struct receipt receipt;
    size_t text_at; /* in keep.texts */
    size_t text_size;
};

struct keep {
    const struct identity *identity;
    int64_t wall_ms;
    const struct log_keys *keys;   /* NULL: as before, and so is the head */
    struct bytes head;             /* the signed note; empty: as before */
    struct keep_receipt *receipts; /* borrowed, as all that follows */
    size_t receipt_count;
    struct bytes texts;
    const struct wire_entry *entries;
    size_t entry_count;
    const struct bytes *leaves; /* of the log, for its reader: what their authors say they saw */
    size_t leaf_count;
    const struct seen_head *proved;         /* NULL: none */
    uint64_t inbox_next;                    /* 0: as before; never moves back */
    uint64_t log_next;                      /* 0: as before */
    uint64_t sync_done;                     /* 0: as before */
    const struct cosigned_answer *cosigned; /* NULL: none */
    const char *alarm;                      /* NULL: none */
    struct bytes evidence;
    uint32_t role; /* of this party; 0: as before */
    bool set_mute;
    uint32_t mute;
    bool alarm_added;   /* out: it was not known yet */
    uint64_t delivered; /* out */
};

enum ng_err keep_commit(struct store *s, struct keep *k) NG_MUST_USE;

#endif
