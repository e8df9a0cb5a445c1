/* A ledger's own keys: which the log says it has, and which lie in files beside it. For lib/ledger
 * alone. */
#ifndef NGANAM_LEDGER_LEDGER_KEYS_H
#define NGANAM_LEDGER_LEDGER_KEYS_H

#include "ledger/ledger_state.h"

/* l->keys, as the snapshot says; behind them the key the store was begun with and the key at hand,
 * if the entries that brought them are not here (yet). NG_ERR_CORRUPT. */
enum ng_err ledger_keys_load(struct ledger *l, struct store_txn *t) NG_MUST_USE;
/* WRITE: the private key, in log.key or, after a change that was cut off, in log.key.new, which is
 * then put in its place. NG_ERR_INPUT: neither is the present key of this log; restoring: it may be
 * one that the entries still missing will bring. */
enum ng_err ledger_keys_open(struct ledger *l, bool restoring) NG_MUST_USE;
/* WRITE, once the last leaf's time is known: the key before it, as long as it signs too; then its
 * file is removed. */
enum ng_err ledger_keys_open_old(struct ledger *l) NG_MUST_USE;

#endif
