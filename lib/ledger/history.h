/* The history that a row of leaves tells, judged leaf by leaf from the genesis on: whose key, which
 * epoch, kind, addressee, seq, prev. The registry is folded anew, into memory, by the rules the
 * broker admits by, so nothing is believed but the bytes. Whoever has all leaves can do it: the
 * broker's own verification, a mirror, a reader of an export. */
#ifndef NGANAM_LEDGER_HISTORY_H
#define NGANAM_LEDGER_HISTORY_H

#include "ledger/leaf.h"
#include "ledger/log_keys.h"
#include "ledger/previous.h"
#include "ledger/registry.h"

struct history;
struct ledger_overlay;

/* Of the log with this name, whose first key this is. NG_ERR_NOMEM. */
enum ng_err history_new(const char *origin, const struct log_keys *keys,
                        struct history **ret) NG_MUST_USE;
void history_destroy(struct history **h);

/* The next leaf, with the statement in it; its signature is the caller's to verify. *ret_wrong:
 * NULL, or what is wrong in a person's words (borrowed until the next call). From the first leaf
 * that is wrong on the history has a hole, and nothing more is judged. Errors are of memory. */
enum ng_err history_take(struct history *h, const struct leaf *leaf, const struct statement *s,
                         const char **ret_wrong) NG_MUST_USE;
/* A leaf that could not be read: a hole. */
void history_break(struct history *h);
bool history_whole(const struct history *h);
/* Of a whole history of `size` leaves: the log had the keys given, and no other. */
enum ng_err history_check_keys(struct history *h, const struct log_keys *keys, uint64_t size,
                               bool *ret_agree) NG_MUST_USE;

/* The log that this one follows, as its first leaf says; size 0: none, or not seen. Borrowed. */
const struct previous *history_previous(const struct history *h);

/* Each party in order of code, without the log itself, as it is after the leaves so far; stops at
 * the first error. Of a history without a hole. */
enum ng_err history_each_party(struct history *h, registry_each_fn fn, void *context) NG_MUST_USE;

/* The folded rows (registry, authors), for lib/ledger alone. */
struct ledger_overlay *history_rows(struct history *h);

#endif
