/* Whether a log holds, from its leaves alone, wherever it lies: what ledger_verify is for the
 * broker's own store, for a mirror and for an export. */
#ifndef NGANAM_AUDIT_VERIFY_H
#define NGANAM_AUDIT_VERIFY_H

#include "audit/source.h"

/* Every leaf's form, index, signature and clock, the history that they tell (history.h), and that
 * they make the signed root; that there is one is asked too: a mirror that is read on is waited for
 * as long as it moves. Faults and results as ledger_verify gives them; there is no floor. */
enum ng_err verify_source(struct source *s, ledger_fault_fn fault, void *context,
                          struct ledger_check *ret) NG_MUST_USE;

/* The same of an export (export_open), and every hash of every tile, entries.ndjson, and who
 * vouches for the head: vkeys, policy and cosigned as far as they are there. */
enum ng_err verify_export(struct source *s, ledger_fault_fn fault, void *context,
                          struct ledger_check *ret) NG_MUST_USE;

/* Whether the log went through a head that is known from elsewhere: else a fault and NG_ERR_VERIFY.
 * Sets known_size. Within no snapshot. */
enum ng_err verify_known_head(struct source *s, const struct note_head *known,
                              ledger_fault_fn fault, void *context,
                              struct ledger_check *ret) NG_MUST_USE;
/* The head in this file, a note: a checkpoint, a `cosigned`, what log head --json has as "note".
 * NG_ERR_VERIFY, NG_ERR_PROTO: it is no head of this log. */
enum ng_err verify_known(struct source *s, const char *file, ledger_fault_fn fault, void *context,
                         struct ledger_check *ret) NG_MUST_USE;

/* ---- In a child process (verify_child.c) ---- */

/* What the child does: opens and verifies. A store may be so damaged that reading it ends the
 * process (store_guard.h): the parent lives and says how far the child came. */
typedef enum ng_err (*verify_fn)(void *context, ledger_fault_fn fault, void *fault_context,
                                 struct ledger_check *ret);

/* For people: what is said below a whole log, and what to do with one that is not. */
struct verify_words {
    void (*tail)(const struct ledger_check *result); /* may be NULL */
    const char *advice;
    const char *key; /* whose key the head is verified by: "given", or the "export"'s own; NULL */
};

/* Runs it, prints each fault and the outcome, as text or as one JSON document. Ends quietly with
 * NG_ERR_VERIFY after faults; other errors are of the reading. */
enum ng_err verify_in_child(verify_fn fn, void *context, bool as_json,
                            const struct verify_words *words) NG_MUST_USE;

/* log verify --export: opens the export and verifies it, in a child. vkey as export_open takes it;
 * without one the words say that nobody has said whose log it should be. known: a file as
 * verify_known takes it, or NULL. */
enum ng_err verify_folder(const char *folder, const char *vkey, const char *known,
                          bool as_json) NG_MUST_USE;

#endif
