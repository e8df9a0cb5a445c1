/* Two indexes beside the log: an author's statements by number, a party's mail by leaf. Neither is
 * believed: whoever reads an index from here compares the leaf with what was asked for. For
 * lib/ledger alone. */
#ifndef NGANAM_LEDGER_LEDGER_INDEX_H
#define NGANAM_LEDGER_LEDGER_INDEX_H

#include "ledger/ledger_overlay.h"

/* The newest statements of an author, up to 31, are in his row of the registry, which each commit
 * writes anyway; the 32nd moves them into a row of the authors' table, written once. So a commit
 * touches one table for its authors and not two, and an index costs its 8 bytes. The last block of
 * an epoch moves when the next epoch begins. */

/* The author's statement, now leaf `index`, has been applied to the registry; `before` is his row
 * as it stood before that. */
enum ng_err ledger_index_add_author(struct ledger_overlay *o, const struct registry_party *before,
                                    const struct statement *s, uint64_t index) NG_MUST_USE;
/* The leaf of a seq; NG_ERR_NOT_FOUND. */
enum ng_err ledger_index_find(struct ledger_overlay *o, const char *author, uint32_t epoch,
                              uint64_t seq, uint64_t *ret_index) NG_MUST_USE;

/* Mail for a party or "*". */
enum ng_err ledger_index_add_inbox(struct store_txn *t, const char *to, uint64_t index) NG_MUST_USE;
/* The first index ≥ from; NG_ERR_NOT_FOUND. */
enum ng_err ledger_index_next_inbox(struct store_txn *t, const char *to, uint64_t from,
                                    uint64_t *ret_index) NG_MUST_USE;

#endif
