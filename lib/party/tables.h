/* DATA/party: the tables of a party's store, their keys, and the few single values.
 *
 *     epochs    epoch                 marks of one key epoch (outbox.h)
 *     own       epoch || seq          signature || statement
 *     receipts  epoch || seq          index || received_at || receipt text
 *     causes    cause                 epoch || seq
 *     to        epoch || party code   how many statements went to that party, or "*"
 *     from      author || epoch || "*" or zero   how many came, to everyone or to us (to_seq.h)
 *     inbox     index                 encoded leaf
 *     alarms    number                at || read at || text size || text || evidence
 *     witnesses size                  the note of a witness head
 *               size || party code    the key, and its cosignature of that head under it
 *     cosigners a row's key in the registry   the registry's row (cosigners.h)
 *     seen      "p" or "w" || author  the newest head he said he saw: proved, or waiting (seen.h)
 *     meta      name                  value
 *
 * Keys are per epoch, so that enrolling again keeps every old receipt. Integers are big-endian. */
#ifndef NGANAM_PARTY_TABLES_H
#define NGANAM_PARTY_TABLES_H

#include "ledger/statement.h"
#include "store/store.h"

enum tables {
    TABLES_META,
    TABLES_EPOCHS,
    TABLES_OWN,
    TABLES_RECEIPTS,
    TABLES_CAUSES,
    TABLES_TO,
    TABLES_INBOX,
    TABLES_ALARMS,
    TABLES_WITNESSES,
    TABLES_COSIGNERS,
    TABLES_FROM,
    TABLES_SEEN
};

/* Single values: all u64 but the head, a signed note, and the log's keys (kept_head.h). */
#define TABLES_INBOX_NEXT "inbox_next"     /* index to ask the broker for next */
#define TABLES_LOG_NEXT "log_next"         /* the same for a log reader, for the status only */
#define TABLES_SYNC_WANTED "sync_wanted"   /* newest wish for a read to the head … */
#define TABLES_SYNC_DONE "sync_done"       /* … and newest one granted */
#define TABLES_ROLE "role"                 /* as the broker last said: enum wire_role */
#define TABLES_LAST_CONTACT "last_contact" /* wall ms */
#define TABLES_LEFT_EPOCH "left_epoch"     /* newest key epoch that a later enrolment ended */
#define TABLES_TOLD_EPOCH "told_epoch"     /* newest whose undelivered ones a person was told of */
#define TABLES_RECEIPT_HOURS                                                                       \
    "receipt_hours" /* an alarm when a receipt takes longer; 0: overdue.h */
#define TABLES_HEAD "head"
#define TABLES_LOG_KEYS "log_keys"

/* folder/party. create: make it when it is missing. Errors as store_open. */
enum ng_err tables_open(const char *folder, bool create, struct store **ret_store) NG_MUST_USE;

struct tables_key_seq {
    uint8_t bytes[12];
};
struct tables_key_seq tables_key_seq(uint32_t epoch, uint64_t seq);

/* A row that does not parse: NG_ERR_CORRUPT, with what its owner can do. */
enum ng_err tables_damaged(const char *table, uint64_t row) NG_MUST_USE;

/* 0 when it was never put. */
enum ng_err tables_get_u64(struct store_txn *t, const char *name, uint64_t *ret_value) NG_MUST_USE;
enum ng_err tables_put_u64(struct store_txn *t, const char *name, uint64_t value) NG_MUST_USE;

/* Empty when it was never put. Borrowed. */
enum ng_err tables_get_bytes(struct store_txn *t, const char *name,
                             struct bytes *ret_value) NG_MUST_USE;
enum ng_err tables_put_bytes(struct store_txn *t, const char *name, struct bytes value) NG_MUST_USE;

#endif
