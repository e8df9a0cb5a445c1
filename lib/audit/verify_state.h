/* One verification's running state: what verify.c and verify_export.c share. */
#ifndef NGANAM_AUDIT_VERIFY_STATE_H
#define NGANAM_AUDIT_VERIFY_STATE_H

#include "audit/source.h"
#include "ledger/history.h"

struct verify_state {
    ledger_fault_fn fault;
    void *context;
    struct ledger_check *ret;
    struct history *history;
    const struct log_keys *log_keys; /* borrowed: the head was verified by them */
    struct tree_edge edge;
    uint64_t received_at; /* of the last leaf that held */
};

enum ng_err verify_state_init(struct verify_state *v, const struct source *s, ledger_fault_fn fault,
                              void *context, struct ledger_check *ret) NG_MUST_USE;
void verify_state_fini(struct verify_state *v);

/* The kind as ledger_fault_fn has it. */
void verify_state_fault(struct verify_state *v, uint64_t index, const char *kind, const char *what);
/* One leaf by itself and in its place. Not its hash. signature_holds: as verify_state_signature
 * said of it. Errors are of memory. */
enum ng_err verify_state_leaf(struct verify_state *v, uint64_t index, struct bytes encoded,
                              bool signature_holds) NG_MUST_USE;
/* By far the most of the work, and it needs no state: threads may share it. False for what is no
 * leaf, too. */
bool verify_state_signature(struct bytes encoded);
/* A leaf that is not to be had: the history has a hole. */
void verify_state_hole(struct verify_state *v);
/* Whether the edge is the head's; NG_ERR_VERIFY if there was any fault. */
enum ng_err verify_state_end(struct verify_state *v, const struct note_head *head) NG_MUST_USE;

#endif
