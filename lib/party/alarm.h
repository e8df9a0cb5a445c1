/* Alarms: what a person has to know and the program cannot mend. Kept in the store, each text once,
 * with its evidence. */
#ifndef NGANAM_PARTY_ALARM_H
#define NGANAM_PARTY_ALARM_H

#include "store/store.h"

#define ALARM_TEXT_MAX 1024
#define ALARM_EVIDENCE_MAX 65536
#define ALARM_COUNT_MAX 1000 /* a peer that lies in a thousand ways does not fill the disk */

/* A text that is there already is not added again. evidence: what proves it (signed notes, a
 * receipt), kept as it is. ret_added may be NULL. */
enum ng_err alarm_add(struct store_txn *t, int64_t at_ms, const char *text, struct bytes evidence,
                      bool *ret_added) NG_MUST_USE;
enum ng_err alarm_count(struct store_txn *t, uint32_t *ret_count) NG_MUST_USE;

struct alarm {
    int64_t at_ms;
    char text[ALARM_TEXT_MAX + 1];
    struct bytes evidence; /* borrowed from the transaction */
};
/* The n-th alarm from 0; NG_ERR_NOT_FOUND beyond the last. */
enum ng_err alarm_get(struct store_txn *t, uint64_t n, struct alarm *ret) NG_MUST_USE;

#endif
