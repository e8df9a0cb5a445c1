/* Alarms: what a person has to know and the program cannot mend. Kept in the store, each text once,
 * with its evidence. */
#ifndef NGANAM_PARTY_ALARM_H
#define NGANAM_PARTY_ALARM_H

#include "store/store.h"

#define ALARM_TEXT_MAX 1024
#define ALARM_EVIDENCE_MAX 65536
#define ALARM_COUNT_MAX 1000 /* a peer that lies in a thousand ways does not fill the disk */

/* A text that was read for this long and comes again is unread again: what goes on for weeks is not
 * told each minute, and what comes back after a year is not passed over. */
#define ALARM_AGAIN_MS (24 * 3600 * 1000LL)

/* A text that is there already is not added again. evidence: what proves it (signed notes, a
 * receipt), kept as it is. ret_added (new, or unread again) may be NULL. */
enum ng_err alarm_add(struct store_txn *t, int64_t at_ms, const char *text, struct bytes evidence,
                      bool *ret_added) NG_MUST_USE;
/* Those that no person has read yet. */
enum ng_err alarm_count_unread(struct store_txn *t, uint32_t *ret_count) NG_MUST_USE;

struct alarm {
    int64_t at_ms;   /* when it was raised last */
    int64_t read_ms; /* when a person said to have read it; 0: not yet */
    char text[ALARM_TEXT_MAX + 1];
    struct bytes evidence; /* borrowed from the transaction */
};
/* The n-th alarm from 0; NG_ERR_NOT_FOUND beyond the last. */
enum ng_err alarm_get(struct store_txn *t, uint64_t n, struct alarm *ret) NG_MUST_USE;
/* One that was read before keeps its moment. NG_ERR_NOT_FOUND. */
enum ng_err alarm_mark_read(struct store_txn *t, uint64_t n, int64_t at_ms) NG_MUST_USE;

#endif
