/* Two indexes beside the log: an author's statements by number, a party's mail by leaf. Neither is
 * believed: whoever reads an index from here compares the leaf with what was asked for. For
 * lib/ledger alone. */
#ifndef NGANAM_LEDGER_LEDGER_INDEX_H
#define NGANAM_LEDGER_LEDGER_INDEX_H

#include "ledger/ledger_overlay.h"

/* Seqs of one author and epoch that share a row: one by one, a row's key and LMDB's 10 bytes would
 * cost five times the 8 bytes of the index itself. */
#define LEDGER_INDEX_BLOCK 32u

/* author (16, zero-padded) || epoch (4) || (seq − 1) / 32 (8) */
struct ledger_index_author_key {
    uint8_t bytes[28];
};
struct ledger_index_author_key ledger_index_author_key(const char *author, uint32_t epoch,
                                                       uint64_t seq);
/* The seq's leaf index in its row; NG_ERR_NOT_FOUND. */
enum ng_err ledger_index_in_row(struct bytes row, uint64_t seq, uint64_t *ret_index) NG_MUST_USE;

/* Adds the author's next seq. */
enum ng_err ledger_index_add_author(struct ledger_overlay *o, const char *author, uint32_t epoch,
                                    uint64_t seq, uint64_t index) NG_MUST_USE;

/* Mail for a party or "*". */
enum ng_err ledger_index_add_inbox(struct store_txn *t, const char *to, uint64_t index) NG_MUST_USE;
/* The first index ≥ from; NG_ERR_NOT_FOUND. */
enum ng_err ledger_index_next_inbox(struct store_txn *t, const char *to, uint64_t from,
                                    uint64_t *ret_index) NG_MUST_USE;

#endif
