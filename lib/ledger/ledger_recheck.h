/* The log read again after a start, in slices between other work. Opening it looks at the root, the
 * head floor and the tail; damage in the rest would show only when somebody reads there. Here each
 * leaf is held against the hash stored for it, and all of these against the root signed last.
 * Signatures and the rules of the history are log verify's. */
#ifndef NGANAM_LEDGER_LEDGER_RECHECK_H
#define NGANAM_LEDGER_LEDGER_RECHECK_H

#include "ledger/ledger.h"
#include "ledger/tree.h"

struct ledger_recheck {
    uint64_t next, size; /* leaves read again, of so many */
    struct hash root;    /* of all of them, as signed */
    struct tree_edge edge;
};

/* Of what the log holds now. */
void ledger_recheck_begin(struct ledger_recheck *r, struct ledger *l);
bool ledger_recheck_is_done(const struct ledger_recheck *r);

/* The next leaves, about so many bytes of them. NG_ERR_NOMEM, AGAIN and BUSY say nothing of the
 * log: again later. After any other error the log is read-only for that reason, and there is
 * nothing more to do. */
enum ng_err ledger_recheck_some(struct ledger_recheck *r, struct ledger *l,
                                size_t bytes) NG_MUST_USE;

#endif
