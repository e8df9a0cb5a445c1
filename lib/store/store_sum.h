/* Sums: of each table of a sealed store one number, made of the seals of all its rows.
 *
 * A seal vouches for a row that is found. It cannot tell of rows that a damaged page hides (its row
 * count, a pointer to another page, the record of a table), nor that a sound row is an old one,
 * from a page that was given up long ago. The sum is of just the rows the last commit left, so a
 * walk that comes to another saw another table. It stands in LMDB's main table, on the page that
 * every commit writes anyway. For lib/store alone; all give LMDB's codes. */
#ifndef NGANAM_STORE_STORE_SUM_H
#define NGANAM_STORE_STORE_SUM_H

#include "store/store_env.h"

/* Between the transaction's file and s->sums, which belong to whoever writes. save notes the
 * transaction too, so that sums of another commit are found out. */
int store_sum_load(struct store *s, MDB_txn *txn);
int store_sum_save(const struct store *s, MDB_txn *txn);

/* MDB_CORRUPTED unless the table holds, in order, the rows whose sum was saved. */
int store_sum_check(const struct store_txn *t, unsigned table);

#endif
